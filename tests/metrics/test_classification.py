from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest

from textrnn.errors import UserError
from textrnn.metrics.classification import FLOOR, Classification, LabelFigures, accuracy_and_macro_f1

sklearn = pytest.importorskip("sklearn.metrics")


def random_rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows of 1 to 60 texts and 2 to 6 labels, many of which never occur or are never given."""
    num_rows, num_labels = int(rng.integers(1, 60)) if rng.random() < 0.9 else 1, int(rng.integers(2, 7))
    there, given = (rng.random(num_labels) < 0.7 for _ in range(2))
    there[rng.integers(num_labels)] = True
    truth = rng.choice(np.flatnonzero(there), num_rows)
    logits = rng.normal(0, 3, (num_rows, num_labels)) - 8 * ~given
    logits[rng.random(num_rows) < 0.1] = 0.0  # ties go to the first label
    chances = np.exp(logits)
    return chances / chances.sum(axis=1, keepdims=True), truth


def names(num_labels: int) -> list[str]:
    return [f"label {id}" for id in range(num_labels)]


@pytest.mark.parametrize("seed", range(300))
def test_equal_to_scikit_learn(seed: int) -> None:
    chances, truth = random_rows(np.random.default_rng(seed))
    num_labels = chances.shape[1]
    found = Classification.of(chances, truth, names(num_labels))
    predicted, every = chances.argmax(axis=1), list(range(num_labels))
    arguments: dict[str, Any] = {"zero_division": 0}
    precision, recall, f1, support = sklearn.precision_recall_fscore_support(
        truth, predicted, labels=every, **arguments
    )
    macro = sklearn.precision_recall_fscore_support(truth, predicted, average="macro", **arguments)
    micro = sklearn.precision_recall_fscore_support(truth, predicted, average="micro", **arguments)
    occurs = {*truth.tolist(), *predicted.tolist()}
    for id, figures in enumerate(found.labels.values()):
        if id not in occurs:
            assert figures == LabelFigures(precision=None, recall=None, f1=None, support=0)
        else:
            assert (figures.precision, figures.recall, figures.f1) == pytest.approx(
                (precision[id], recall[id], f1[id]), abs=1e-12
            )
        assert figures.support == support[id]
    assert (found.macro_precision, found.macro_recall, found.macro_f1) == pytest.approx(macro[:3], abs=1e-12)
    assert (found.micro_f1,) * 3 == pytest.approx(micro[:3], abs=1e-12)
    assert found.accuracy == pytest.approx(sklearn.accuracy_score(truth, predicted), abs=1e-12)
    assert accuracy_and_macro_f1(predicted, truth, num_labels) == (found.accuracy, found.macro_f1)
    assert np.array_equal(found.confusion, sklearn.confusion_matrix(truth, predicted, labels=every))
    assert found.log_loss == pytest.approx(sklearn.log_loss(truth, chances, labels=every), abs=1e-12)
    assert found.log_loss == pytest.approx(
        Classification.of(chances, truth, names(num_labels), log_probabilities=np.log(chances)).log_loss, abs=1e-12
    )


def test_the_json_holds_the_promised_keys_in_order_and_no_nan() -> None:
    value = Classification.of(np.array([[0.2, 0.7, 0.1]]), np.array([1]), ["neg", "pos", "so-so"]).to_json()
    json.dumps(value, allow_nan=False)
    assert " ".join(value) == (
        "examples accuracy macro_precision macro_recall macro_f1 log_loss ece ece_expected labels label_order confusion"
    )
    assert value["labels"]["pos"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    assert value["labels"]["so-so"] == {"precision": None, "recall": None, "f1": None, "support": 0}
    assert value["label_order"] == ["neg", "pos", "so-so"]
    assert value["confusion"] == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_a_label_never_given_has_precision_0_and_counts_in_the_macro_figures() -> None:
    found = Classification.of(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 1]), ["neg", "pos"])
    assert found.labels["pos"] == LabelFigures(precision=0.0, recall=0.0, f1=0.0, support=1)
    assert found.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert found.notes == ("label 'pos' never given: precision and F1 count as 0",)


def test_a_label_that_is_not_there_is_said() -> None:
    chances = np.full((2, 9), 0.01)
    chances[:, 8] = 0.92
    found = Classification.of(chances, np.array([7, 7]), [f"l\x1b{id}" for id in range(9)])
    assert found.notes == (
        "label 'l\\x1b7' never given: precision and F1 count as 0",
        "label 'l\\x1b8' not among the true labels: recall and F1 count as 0",
        "labels 'l\\x1b0', 'l\\x1b1', 'l\\x1b2', 'l\\x1b3', 'l\\x1b4' and 2 more neither among the true labels nor "
        "given: undefined, and left out of the macro figures",
    )
    assert found.macro_f1 == 0.0


def test_one_row_has_figures_and_no_interval() -> None:
    found = Classification.of(np.array([[0.25, 0.75]]), np.array([1]), ["neg", "pos"])
    assert (found.accuracy, found.macro_f1) == (1.0, 1.0)
    assert found.log_loss == pytest.approx(-np.log(0.75))
    assert found.notes[-1] == "one row shows no spread: there are no 95 % intervals"


def test_a_label_the_model_does_not_know_is_wrong_and_said() -> None:
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]])
    truth = np.array([0, 1, -1, -1])
    found = Classification.of(chances, truth, ["neg", "pos"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = sklearn.precision_recall_fscore_support(truth, chances.argmax(axis=1), labels=[0, 1])
    assert found.accuracy == 0.5
    assert found.labels["neg"] == LabelFigures(precision=0.5, recall=1.0, f1=pytest.approx(2 / 3), support=1)
    assert [figures.f1 for figures in found.labels.values()] == pytest.approx(reference[2])
    assert found.confusion == ((1, 0), (0, 1))
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.8]).mean())
    assert found.examples == 4
    assert found.notes[0].startswith("2 of 4 rows have a label that the model does not know: they count as wrong")


def test_without_a_known_label_the_log_loss_is_undefined() -> None:
    found = Classification.of(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([-1, -1]), ["neg", "pos"])
    assert (found.accuracy, found.macro_f1, found.log_loss) == (0.0, 0.0, None)
    assert found.to_json()["log_loss"] is None
    assert any("the log loss is undefined" in note for note in found.notes)


def test_a_sure_mistake_has_its_true_loss_by_logs_and_a_floor_that_is_said_without() -> None:
    logits = np.array([[1000.0, 0.0], [0.0, 1000.0], [0.0, 2000.0]])
    logs = logits - logits.max(axis=1, keepdims=True)
    truth = np.array([0, 0, 0])
    by_logs = Classification.of(np.exp(logs), truth, ["neg", "pos"], log_probabilities=logs)
    assert by_logs.log_loss == pytest.approx(1000)
    assert not [note for note in by_logs.notes if "log loss" in note]
    floored = Classification.of(np.exp(logs), truth, ["neg", "pos"])
    assert floored.log_loss == pytest.approx(-2 * np.log(FLOOR) / 3)
    assert floored.log_loss == pytest.approx(sklearn.log_loss(truth, np.exp(logs), labels=[0, 1]), abs=1e-12)
    assert "2 rows give the true label a probability of 0: it counts as 2.2e-16 in the log loss" in floored.notes


def test_figures_that_are_no_numbers_are_null() -> None:
    found = Classification.of(np.full((2, 2), np.nan), np.array([0, 1]), ["neg", "pos"])
    json.dumps(found.to_json(), allow_nan=False)
    assert (found.log_loss, found.ece) == (None, None)


def test_nothing_to_measure_is_the_users_to_mend() -> None:
    with pytest.raises(UserError, match="no rows to measure"):
        Classification.of(np.zeros((0, 2)), np.zeros(0, int), ["neg", "pos"])


def test_the_figures_are_of_all_rows_in_any_order() -> None:
    rng = np.random.default_rng(5)
    chances = rng.dirichlet(np.ones(4), 500)
    truth, order = rng.integers(-1, 4, 500), rng.permutation(500)
    one, other = (Classification.of(chances[rows], truth[rows], names(4)) for rows in (np.arange(500), order))
    assert (one.log_loss, one.macro_f1, one.confusion) == (other.log_loss, other.macro_f1, other.confusion)
    assert one.ece == pytest.approx(other.ece, abs=1e-15)
    assert one.ece_expected == other.ece_expected

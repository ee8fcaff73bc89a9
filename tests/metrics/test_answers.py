from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from textrnn.errors import UserError
from textrnn.metrics import answers
from textrnn.metrics.answers import answer_figures
from textrnn.metrics.bootstrap import bootstrap_intervals

LABELS = ["pos", "neg", "neutral", "нет", "猫", "a b"]


def random_rows(rng: np.random.Generator) -> tuple[list[str], list[str]]:
    size = int(rng.integers(1, 40))
    known, answered = (rng.choice(LABELS, rng.integers(1, 6), replace=False) for _ in range(2))
    true, given = rng.choice(known, size), rng.choice(answered, size)
    right = rng.random(size) < 0.5
    return np.where(right, true, given).tolist(), true.tolist()


def test_equal_to_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    for _ in range(150):
        given, true = random_rows(rng)
        found, order = answer_figures(given, true), sorted({*given, *true})
        assert list(found.label_order) == order
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            matrix = sklearn.confusion_matrix(true, given, labels=order)
            columns = sklearn.precision_recall_fscore_support(true, given, labels=order, zero_division=0)
            mcc = sklearn.matthews_corrcoef(true, given)
        assert np.array_equal(found.confusion, matrix)
        for label, *row in zip(order, *columns, strict=True):
            own = found.labels[label]
            assert [own.precision, own.recall, own.f1, own.support] == pytest.approx(row, abs=1e-12)
        macro = [found.macro_precision, found.macro_recall, found.macro_f1]
        assert macro == pytest.approx([column.mean() for column in columns[:3]], abs=1e-12)
        assert found.accuracy == pytest.approx(sklearn.accuracy_score(true, given), abs=1e-12)
        assert found.mcc == pytest.approx(mcc, abs=1e-12)


def test_json_is_finite_and_has_the_names_that_evaluate_has() -> None:
    value = json.loads(json.dumps(answer_figures(["a", "b", "b"], ["a", "a", "b"]).to_json(), allow_nan=False))
    assert value["labels"]["a"] == {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 2}
    assert value["label_order"] == ["a", "b"] and value["confusion"] == [[1, 1], [0, 1]]
    intervals = bootstrap_intervals(np.array([0, 1, 1]), np.array([0, 0, 1]), 2, seed=0)
    assert value["interval_95"] == {name: list(pair or ()) for name, pair in intervals.items()}


def test_labels_that_are_missing_are_notes() -> None:
    notes = answer_figures(["a", "c"], ["a", "b"]).notes
    assert notes == (
        "label 'b' never given: precision and F1 count as 0",
        "label 'c' not among the true labels: recall and F1 count as 0",
    )


def test_one_row_has_no_interval_and_says_so() -> None:
    found = answer_figures(["a"], ["a"])
    assert found.interval_95 == {"accuracy": None, "macro_f1": None} and found.mcc == 0
    assert found.notes == ("one row shows no spread: there are no 95 % intervals",)


def test_what_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="1 hypotheses but 2 references"):
        answer_figures(["a"], ["a", "b"])
    with pytest.raises(TypeError, match="hypotheses is one string"):
        answer_figures("a", ["a"])
    monkeypatch.setattr(answers, "MOST_LABELS", 2)
    with pytest.raises(UserError, match="3 different labels: give labels, at most 2 of them"):
        answer_figures(["a", "b"], ["c", "b"])

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from textrnn.metrics import bootstrap
from textrnn.metrics.bootstrap import bootstrap_intervals, mcnemar, paired_test
from textrnn.metrics.classification import accuracy_and_macro_f1


def rows(seed: int, num_rows: int, num_labels: int, accuracy: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.choice(num_labels, num_rows, p=rng.dirichlet(np.full(num_labels, 2.0)))
    return np.where(rng.random(num_rows) < accuracy, truth, rng.integers(0, num_labels, num_rows)), truth


@pytest.mark.parametrize(("num_rows", "num_labels"), [(2, 2), (9, 4), (40, 3), (25, 8)])
def test_equal_to_resampling_row_by_row(num_rows: int, num_labels: int) -> None:
    """The oracle draws kinds of rows by the same rng, writes each resample out as rows, and asks scikit-learn."""
    sklearn = pytest.importorskip("sklearn.metrics")
    predicted, truth = rows(num_rows, num_rows, num_labels, 0.6)
    truth[::7] = -1
    order = sorted({*zip(predicted.tolist(), truth.tolist(), strict=True)})
    pairs = [*zip(predicted.tolist(), truth.tolist(), strict=True)]
    rng = np.random.default_rng(11)
    accuracy, macro_f1 = [], []
    for _ in range(150):
        drawn = rng.multinomial(num_rows, [pairs.count(pair) / num_rows for pair in order])
        written = [pair for pair, count in zip(order, drawn, strict=True) for _ in range(count)]
        given, true = (np.array(column) for column in zip(*written, strict=True))
        accuracy.append(sklearn.accuracy_score(true, given))
        occurs = sorted({*given.tolist(), *true.tolist()} - {-1})
        macro_f1.append(sklearn.f1_score(true, given, labels=occurs, average="macro", zero_division=0))
    found = bootstrap_intervals(predicted, truth, num_labels, seed=11, resamples=150)
    assert found["accuracy"] == pytest.approx(np.quantile(accuracy, [0.025, 0.975]), abs=1e-12)
    assert found["macro_f1"] == pytest.approx(np.quantile(macro_f1, [0.025, 0.975]), abs=1e-12)


def test_the_intervals_are_those_of_rows_drawn_with_replacement() -> None:
    predicted, truth = rows(0, 800, 4, 0.7)
    found = bootstrap_intervals(predicted, truth, 4, seed=0, resamples=4000)
    rng = np.random.default_rng(1)
    picks = rng.integers(0, 800, (4000, 800))
    figures = np.array([accuracy_and_macro_f1(predicted[pick], truth[pick], 4) for pick in picks])
    # an end of such an interval is known to about 0.03 of its width from 4,000 resamples
    for column, name in enumerate(("accuracy", "macro_f1")):
        assert found[name] == pytest.approx(np.quantile(figures[:, column], [0.025, 0.975]), abs=0.004)


def test_19_of_20_intervals_hold_the_true_accuracy() -> None:
    rng = np.random.default_rng(7)
    num_rows, accuracy, truth = 400, 0.8, np.arange(400) % 2
    held = 0
    for trial in range(1000):
        predicted = np.where(rng.random(num_rows) < accuracy, truth, 1 - truth)
        interval = bootstrap_intervals(predicted, truth, 2, seed=trial, resamples=500)["accuracy"]
        assert interval is not None
        held += interval[0] <= accuracy <= interval[1]
    assert 930 <= held <= 970


def test_19_of_20_intervals_hold_the_true_difference() -> None:
    rng = np.random.default_rng(8)
    held = 0
    for trial in range(1000):
        a, b = rng.random(500) < 0.85, rng.random(500) < 0.80
        interval = paired_test(a, b, seed=trial, resamples=500).interval_95
        assert interval is not None
        held += interval[0] <= 0.05 <= interval[1]
    assert 930 <= held <= 970


def test_the_seed_decides_and_the_pieces_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    predicted, truth = rows(3, 500, 5, 0.8)
    whole = bootstrap_intervals(predicted, truth, 5, seed=1)
    assert bootstrap_intervals(predicted, truth, 5, seed=2) != whole
    shuffled = np.random.default_rng(0).permutation(500)
    assert bootstrap_intervals(predicted[shuffled], truth[shuffled], 5, seed=1) == whole
    monkeypatch.setattr(bootstrap, "_CELLS_AT_ONCE", 700)
    assert bootstrap_intervals(predicted, truth, 5, seed=1) == whole


def test_one_row_has_no_interval() -> None:
    assert bootstrap_intervals(np.array([1]), np.array([1]), 2, seed=0) == {"accuracy": None, "macro_f1": None}
    assert paired_test(np.array([True]), np.array([False]), seed=0).interval_95 is None


def test_all_right_is_certain() -> None:
    truth = np.arange(30) % 3
    assert bootstrap_intervals(truth, truth, 3, seed=0) == {"accuracy": (1.0, 1.0), "macro_f1": (1.0, 1.0)}


def test_only_unknown_labels() -> None:
    found = bootstrap_intervals(np.array([0, 1, 1]), np.array([-1, -1, -1]), 2, seed=0)
    assert found == {"accuracy": (0.0, 0.0), "macro_f1": (0.0, 0.0)}


@pytest.mark.parametrize("only_a", [0, 1, 5, 40, 700])
@pytest.mark.parametrize("only_b", [0, 1, 6, 41, 900])
def test_mcnemar_is_the_exact_test(only_a: int, only_b: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    tosses = only_a + only_b
    expected = stats.binomtest(only_a, tosses, 0.5).pvalue if tosses else 1.0
    assert mcnemar(only_a, only_b) == pytest.approx(expected, rel=1e-9)
    by_definition = min(1.0, 2 * sum(math.comb(tosses, k) for k in range(min(only_a, only_b) + 1)) / 2**tosses)
    assert mcnemar(only_a, only_b) == pytest.approx(by_definition, rel=1e-9)


def test_mcnemar_of_very_many_rows_is_a_number() -> None:
    assert mcnemar(0, 100_000) == 0.0
    assert 0 < mcnemar(500_000, 501_000) < 1


def test_two_classifiers_on_the_same_rows() -> None:
    a = np.array([True] * 80 + [False] * 20)
    b = np.array([True] * 70 + [False] * 10 + [True] * 4 + [False] * 16)
    found = paired_test(a, b, seed=0)
    assert (found.only_a, found.only_b, found.examples) == (10, 4, 100)
    assert found.difference == pytest.approx(0.06)
    assert found.p_value == pytest.approx(0.179565, abs=1e-6)
    assert found.interval_95 is not None
    # the difference of two counts of a multinomial: its spread is known
    spread = math.sqrt((0.14 - 0.06**2) / 100)
    assert found.interval_95 == pytest.approx((0.06 - 1.96 * spread, 0.06 + 1.96 * spread), abs=0.015)
    reverse = paired_test(b, a, seed=0)
    assert (reverse.difference, reverse.p_value) == (pytest.approx(-0.06), found.p_value)
    json.dumps(found.to_json(), allow_nan=False)


def test_equal_answers_are_no_difference() -> None:
    found = paired_test(np.array([True, False, True]), np.array([True, False, True]), seed=0)
    assert (found.difference, found.interval_95, found.p_value) == (0.0, (0.0, 0.0), 1.0)

"""How far a figure could be off by the luck of the rows: bootstrap intervals, and a test of two classifiers.

In go answers and the truth, out come intervals and a probability. What was classified is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.metrics.classification import LabelCounts

# R resamples, K kinds of rows (pairs of a true and a given label), C labels
Floats = npt.NDArray[np.floating]
Ids = npt.NDArray[np.integer]
Interval = tuple[float, float]

RESAMPLES = 2000
_LEVELS = (0.025, 0.975)
_CELLS_AT_ONCE = 1 << 22


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """How classifier A compares with B on the same rows.

    difference: accuracy of A less that of B, with its bootstrap interval (None for one row). only_a, only_b: rows that
    one of them alone got right. p_value: of McNemar's exact two-sided test, the chance of at least so uneven a split of
    those rows if A and B were equally good.
    """

    examples: int
    difference: float
    interval_95: Interval | None
    p_value: float
    only_a: int
    only_b: int

    def to_json(self) -> dict[str, Any]:
        return {
            "examples": self.examples,
            "difference": self.difference,
            "interval_95": None if self.interval_95 is None else list(self.interval_95),
            "p_value": self.p_value,
            "only_a": self.only_a,
            "only_b": self.only_b,
        }


def bootstrap_intervals(
    predicted: Ids, truth: Ids, num_labels: int, *, seed: int, resamples: int = RESAMPLES
) -> dict[str, Interval | None]:
    """Return the 95 % percentile intervals (Efron 1979) of accuracy and macro-F1; None where there is only one row.

    predicted, truth: (N,) ids, -1 in `truth` for a label that the model does not know. A resample of N rows is a draw
    of N from the kinds of rows there are, so its cost depends on the number of labels, not of rows.
    """
    predicted, truth = np.asarray(predicted, np.int64), np.asarray(truth, np.int64)
    assert len(truth)
    if len(truth) == 1:
        return {"accuracy": None, "macro_f1": None}
    kinds, counts = np.unique(predicted * (num_labels + 1) + truth + 1, return_counts=True)
    given, true = kinds // (num_labels + 1), kinds % (num_labels + 1) - 1

    def figures(drawn: Ids) -> Floats:
        """Return accuracy and macro-F1 of each resample, (R, 2); drawn: (R, K) rows of each kind."""
        hits = np.where(given == true, drawn, 0)
        sums = LabelCounts(
            right=_sum_by(hits, given, num_labels),
            given=_sum_by(drawn, given, num_labels),
            true=_sum_by(drawn, true, num_labels),
        )
        return np.stack([hits.sum(axis=1) / len(truth), sums.macro(sums.f1)], axis=1)

    accuracy, macro_f1 = _intervals(counts, figures, width=len(kinds) + 3 * num_labels, seed=seed, resamples=resamples)
    return {"accuracy": accuracy, "macro_f1": macro_f1}


def paired_test(
    correct_a: npt.NDArray[np.bool_], correct_b: npt.NDArray[np.bool_], *, seed: int, resamples: int = RESAMPLES
) -> PairedTest:
    """Compare two classifiers by which of the same rows each got right; correct_a, correct_b: (N,)."""
    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    assert a.shape == b.shape and len(a)
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    counts = np.array([only_a, only_b, len(a) - only_a - only_b])
    interval = None
    if len(a) > 1:
        (interval,) = _intervals(
            counts, lambda drawn: (drawn[:, :1] - drawn[:, 1:2]) / len(a), width=3, seed=seed, resamples=resamples
        )
    return PairedTest(
        examples=len(a),
        difference=(only_a - only_b) / len(a),
        interval_95=interval,
        p_value=mcnemar(only_a, only_b),
        only_a=only_a,
        only_b=only_b,
    )


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the exact two-sided p-value: of `only_a + only_b` tosses of a coin, at least so uneven a split."""
    tosses, fewer = only_a + only_b, min(only_a, only_b)
    # log of the binomial coefficients (tosses choose k), k = 0 to fewer
    k = np.arange(1, fewer + 1)
    logs = np.concatenate(([0.0], np.cumsum(np.log((tosses - k + 1) / k)))) - tosses * np.log(2)
    return min(1.0, 2 * float(np.exp(logs).sum()))


def _intervals(
    counts: Ids, figures: Callable[[Ids], Floats], *, width: int, seed: int, resamples: int
) -> list[Interval]:
    """Return the interval of each figure over resamples of the rows; counts: (K,); width: numbers held a resample."""
    rng = np.random.default_rng(seed)
    num_rows, at_once = int(counts.sum()), max(1, _CELLS_AT_ONCE // width)
    parts = [
        figures(rng.multinomial(num_rows, counts / num_rows, size=min(at_once, resamples - start)))
        for start in range(0, resamples, at_once)
    ]
    low, high = np.quantile(np.concatenate(parts), _LEVELS, axis=0).tolist()
    return list(zip(low, high, strict=True))


def _sum_by(drawn: Ids, labels: Ids, num_labels: int) -> Ids:
    """Return (R, C) sums of (R, K) counts by the label of each kind; kinds of label -1 are left out."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    result = np.zeros((len(drawn), num_labels), np.int64)
    if len(starts):
        result[:, labels[order][starts]] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return result

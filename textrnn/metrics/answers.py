"""How good labels are that somebody or something gave: accuracy, precision, recall, F1, MCC, confusion, intervals.

In go given and true labels, as text, in the same order; out come the figures that scikit-learn gives for them, and
notes. For answers that come with probabilities, classification.py has log loss and calibration besides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import textrnn
from textrnn.errors import UserError
from textrnn.metrics.bootstrap import Interval, bootstrap_intervals
from textrnn.metrics.classification import (
    LabelCounts,
    LabelFigures,
    confusion_matrix,
    label_figures,
    label_notes,
)
from textrnn.metrics.pairs import check_pairs
from textrnn.metrics.signature import signature

# a confusion matrix of more labels fills memory, and a file of so many holds texts, not labels
MOST_LABELS = 4096


@dataclass(frozen=True, kw_only=True)
class AnswerFigures:
    """The figures of `examples` answers; macro figures are means over all labels that are given or true.

    mcc: Matthews' correlation coefficient (Gorodkin 2004), -1 to 1, 0 where all answers or all truths are one label.
    confusion: rows true, columns given, in `label_order`.
    """

    examples: int
    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    mcc: float
    labels: Mapping[str, LabelFigures]
    label_order: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    interval_95: Mapping[str, Interval | None]
    signature: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the figures under the names that every report of labels has."""
        return {
            "examples": self.examples,
            "accuracy": self.accuracy,
            "macro_precision": self.macro_precision,
            "macro_recall": self.macro_recall,
            "macro_f1": self.macro_f1,
            "mcc": self.mcc,
            "labels": {label: figures.to_json() for label, figures in self.labels.items()},
            "label_order": list(self.label_order),
            "confusion": [list(row) for row in self.confusion],
            "interval_95": {name: None if pair is None else list(pair) for name, pair in self.interval_95.items()},
            "signature": self.signature,
        }


def answer_figures(given: Sequence[str], true: Sequence[str], *, seed: int = 0) -> AnswerFigures:
    """Return the figures of `given` labels, one true label each; seed: of the resampling for the intervals.

    Raises UserError where there is nothing to compare or the numbers differ, TypeError for one string in the place of a
    list.
    """
    check_pairs(given, true)
    labels = sorted({*given, *true})
    if len(labels) > MOST_LABELS:
        raise UserError(f"{len(labels):,} different labels", mend=f"give labels, at most {MOST_LABELS:,} of them")
    ids = {label: id for id, label in enumerate(labels)}
    answers, truth = (np.array([ids[label] for label in column]) for column in (given, true))
    counts = LabelCounts.of(answers, truth, len(labels))
    return AnswerFigures(
        examples=len(truth),
        accuracy=int(counts.right.sum()) / len(truth),
        macro_precision=float(counts.macro(counts.precision)),
        macro_recall=float(counts.macro(counts.recall)),
        macro_f1=float(counts.macro(counts.f1)),
        mcc=_mcc(counts, len(truth)),
        labels=label_figures(counts, labels),
        label_order=tuple(labels),
        confusion=confusion_matrix(answers, truth, len(labels)),
        interval_95=bootstrap_intervals(answers, truth, len(labels), seed=seed),
        signature=signature(average="macro", zero_division=0, seed=seed, textrnn=textrnn.__version__),
        notes=tuple(label_notes(counts, truth, labels)),
    )


def _mcc(counts: LabelCounts, examples: int) -> float:
    # in Python's integers: products of counts of a large file leave 64 bits
    right, given, true = (list(map(int, column)) for column in (counts.right, counts.given, counts.true))
    together = sum(right) * examples - sum(g * t for g, t in zip(given, true, strict=True))
    spreads = [examples**2 - sum(count**2 for count in column) for column in (given, true)]
    return together / math.sqrt(spreads[0] * spreads[1]) if all(spreads) else 0.0

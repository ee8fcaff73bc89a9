"""How good a classifier's answers are: accuracy, precision, recall, F1, confusion, log loss and calibration.

In go probabilities and the true labels, out come the figures that every labelled evaluation reports, and notes on the
traps that make one of them mean less than it seems. What was classified, and by what, is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError
from textrnn.metrics.calibration import expected_calibration_error, expected_if_calibrated
from textrnn.text.display import printable

# N rows, C labels
Floats = npt.NDArray[np.floating]
Ids = npt.NDArray[np.integer]

# What a probability of 0 counts as in the log loss where only probabilities are known: scikit-learn's choice.
FLOOR = float(np.finfo(np.float64).eps)
_NAMED = 5


@dataclass(frozen=True)
class LabelCounts:
    """What precision, recall and F1 are made of, for each label; the shape before the last axis is free.

    right: (..., C) rows of the label that were given it. given: (..., C) rows that were given it. true: (..., C) rows
    of it.
    """

    right: Ids
    given: Ids
    true: Ids

    @classmethod
    def of(cls, predicted: Ids, truth: Ids, num_labels: int) -> LabelCounts:
        """Count (N,) answers against (N,) true ids; a true id of -1 is a label that the model does not know."""
        return cls(
            right=np.bincount(predicted[predicted == truth], minlength=num_labels),
            given=np.bincount(predicted, minlength=num_labels),
            true=np.bincount(truth[truth >= 0], minlength=num_labels),
        )

    @property
    def occurs(self) -> npt.NDArray[np.bool_]:
        """Whether a label stands among the truth or the answers; else its figures are undefined."""
        return (self.given > 0) | (self.true > 0)

    @property
    def precision(self) -> Floats:
        return _share(self.right, self.given)

    @property
    def recall(self) -> Floats:
        return _share(self.right, self.true)

    @property
    def f1(self) -> Floats:
        return _share(2 * self.right, self.given + self.true)

    def macro(self, figures: Floats) -> Floats:
        """Return the mean of (..., C) figures over the labels that occur."""
        return _share(np.where(self.occurs, figures, 0.0).sum(axis=-1), self.occurs.sum(axis=-1))


@dataclass(frozen=True, kw_only=True)
class LabelFigures:
    """The figures of one label; None where it stands neither among the truth nor among the answers."""

    precision: float | None
    recall: float | None
    f1: float | None
    support: int

    def to_json(self) -> dict[str, float | int | None]:
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, "support": self.support}


@dataclass(frozen=True, kw_only=True)
class Classification:
    """The figures of `examples` answers.

    Macro figures are means over the labels of the model that occur among the truth or the answers; a figure of such a
    label that would be 0/0 counts as 0, as in scikit-learn. confusion: rows true, columns given, in `label_order`.
    """

    examples: int
    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    log_loss: float | None
    ece: float | None
    ece_expected: float | None
    labels: Mapping[str, LabelFigures]
    label_order: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        probabilities: Floats,
        truth: Ids,
        labels: Sequence[str],
        *,
        log_probabilities: Floats | None = None,
        seed: int = 0,
    ) -> Classification:
        """Return the figures of `probabilities` (N, C) against `truth` (N,), ids into `labels`, -1 for none of them.

        log_probabilities: (N, C), by log-softmax: with them the log loss is right however sure a wrong answer was. Of
        probabilities alone one of 0 counts as FLOOR, and a note says so. seed: of the simulation for `ece_expected`.
        """
        chances, truth = np.asarray(probabilities, np.float64), np.asarray(truth, np.int64)
        assert chances.shape == (len(truth), len(labels))
        if not len(truth):
            raise UserError("no rows to measure", mend="give at least one labelled text")
        predicted = chances.argmax(axis=1)
        counts, confidences = LabelCounts.of(predicted, truth, len(labels)), chances.max(axis=1)
        loss, loss_notes = _log_loss(chances, truth, log_probabilities)
        return cls(
            examples=len(truth),
            accuracy=int(counts.right.sum()) / len(truth),
            macro_precision=float(counts.macro(counts.precision)),
            macro_recall=float(counts.macro(counts.recall)),
            macro_f1=float(counts.macro(counts.f1)),
            log_loss=loss,
            ece=_finite(expected_calibration_error(confidences, predicted == truth)),
            ece_expected=_finite(expected_if_calibrated(confidences, seed=seed)),
            labels=label_figures(counts, labels),
            label_order=tuple(labels),
            confusion=confusion_matrix(predicted, truth, len(labels)),
            notes=(*label_notes(counts, truth, labels), *loss_notes),
        )

    @property
    def micro_f1(self) -> float:
        """Micro-averaged F1, and precision and recall: the accuracy, for each row has one label and gets one."""
        return self.accuracy

    def to_json(self) -> dict[str, Any]:
        """Return the figures under the keys that every report of a classifier has; no value is NaN or infinite."""
        return {
            "examples": self.examples,
            "accuracy": self.accuracy,
            "macro_precision": self.macro_precision,
            "macro_recall": self.macro_recall,
            "macro_f1": self.macro_f1,
            "log_loss": self.log_loss,
            "ece": self.ece,
            "ece_expected": self.ece_expected,
            "labels": {label: figures.to_json() for label, figures in self.labels.items()},
            "label_order": list(self.label_order),
            "confusion": [list(row) for row in self.confusion],
        }


def accuracy_and_macro_f1(predicted: Ids, truth: Ids, num_labels: int) -> tuple[float, float]:
    """Return the two figures of answers without probabilities, such as a baseline's; predicted, truth: (N,) ids."""
    counts = LabelCounts.of(np.asarray(predicted), np.asarray(truth), num_labels)
    return int(counts.right.sum()) / len(truth), float(counts.macro(counts.f1))


def _share(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    """Return part / whole, 0 where the whole is 0."""
    result: Floats = np.divide(part, whole, out=np.zeros(np.shape(whole)), where=np.asarray(whole) > 0)
    return result


def label_figures(counts: LabelCounts, labels: Sequence[str]) -> dict[str, LabelFigures]:
    """Return the figures of each label, by its name."""
    columns = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
    return {
        label: LabelFigures(
            **{name: float(figures[id]) if counts.occurs[id] else None for name, figures in columns.items()},
            support=int(counts.true[id]),
        )
        for id, label in enumerate(labels)
    }


def confusion_matrix(predicted: Ids, truth: Ids, num_labels: int) -> tuple[tuple[int, ...], ...]:
    """Return how many rows of each true label (down) were given each label (across); unknown ones are left out."""
    known = truth >= 0
    cells = np.bincount(truth[known] * num_labels + predicted[known], minlength=num_labels**2)
    return tuple(tuple(row) for row in cells.reshape(num_labels, num_labels).tolist())


def _log_loss(chances: Floats, truth: Ids, log_probabilities: Floats | None) -> tuple[float | None, tuple[str, ...]]:
    """Return the mean of -log P(true label) over the rows whose label the model knows, and notes."""
    rows = np.flatnonzero(truth >= 0)
    if not len(rows):
        return None, ("the log loss is undefined: no row has a label that the model knows",)
    if log_probabilities is not None:
        logs = np.asarray(log_probabilities, np.float64)[rows, truth[rows]]
        return _finite(-math.fsum(logs.tolist()) / len(rows)), ()
    true_chances = chances[rows, truth[rows]]
    floored = int((true_chances < FLOOR).sum())
    loss = -math.fsum(np.log(np.maximum(true_chances, FLOOR)).tolist()) / len(rows)
    many = "1 row gives" if floored == 1 else f"{floored:,} rows give"
    note = f"{many} the true label a probability of 0: it counts as {FLOOR:.1e} in the log loss"
    return _finite(loss), ((note,) if floored else ())


def label_notes(counts: LabelCounts, truth: Ids, labels: Sequence[str]) -> list[str]:
    """Return notes on labels that are missing somewhere, and on what can't be said of one row."""
    notes = []
    given, true = counts.given > 0, counts.true > 0
    for which, what in (
        (true & ~given, "never given: precision and F1 count as 0"),
        (given & ~true, "not among the true labels: recall and F1 count as 0"),
        (~counts.occurs, "neither among the true labels nor given: undefined, and left out of the macro figures"),
    ):
        if which.any():
            notes.append(f"{_named([labels[id] for id in np.flatnonzero(which).tolist()])} {what}")
    unknown = int((truth < 0).sum())
    if unknown:
        notes.append(
            f"{unknown:,} of {len(truth):,} rows have a label that the model does not know: they count as wrong, and "
            "are left out of the confusion matrix and the log loss"
        )
    if len(truth) == 1:
        notes.append("one row shows no spread: there are no 95 % intervals")
    return notes


def _named(labels: Sequence[str]) -> str:
    shown = ", ".join(f"'{printable(label)}'" for label in labels[:_NAMED])
    more = f" and {len(labels) - _NAMED:,} more" if len(labels) > _NAMED else ""
    return f"{'label' if len(labels) == 1 else 'labels'} {shown}{more}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

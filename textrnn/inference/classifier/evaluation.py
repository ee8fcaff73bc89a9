"""The figures of a classifier on labelled texts it has not seen, beside those of simple methods on the same texts.

In: a model, rows. Out: figures with their conditions. For two models on the same rows: a paired test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from textrnn.baselines.bag_of_words import BagOfWords
from textrnn.baselines.known_texts import KnownTexts
from textrnn.baselines.majority import Majority
from textrnn.data.labelled import LabelledRows
from textrnn.data.labels import check_known_labels, doubts
from textrnn.inference.making import figures_signature
from textrnn.metrics.bootstrap import PairedTest, bootstrap_intervals, paired_test
from textrnn.metrics.classification import Classification, accuracy_and_macro_f1


class Classifier(Protocol):
    """What measuring asks of a model."""

    @property
    def name(self) -> str:
        """The run's name."""
        ...

    @property
    def classes_(self) -> tuple[str, ...]:
        """The labels."""
        ...

    @property
    def baselines(self) -> tuple[Majority | BagOfWords, ...]:
        """What to compare with."""
        ...

    @property
    def known_texts(self) -> KnownTexts | None:
        """What it was trained and calibrated on, where the run remembers it."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """What the run says of its making."""
        ...

    def log_probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return (B, C)."""
        ...


@dataclass(frozen=True, kw_only=True)
class LabelledEvaluation:
    """figures: of the model. intervals: 95 %, by name. baselines: name, accuracy and macro-F1 of each.

    predicted: (N,) the ids of the answers.
    """

    model: str
    figures: Classification
    intervals: Mapping[str, tuple[float, float] | None]
    baselines: tuple[Mapping[str, Any], ...]
    signature: str
    predicted: npt.NDArray[np.integer]
    notes: tuple[str, ...] = ()

    @property
    def accuracy(self) -> float:
        return self.figures.accuracy

    @property
    def macro_f1(self) -> float:
        return self.figures.macro_f1

    def to_json(self) -> dict[str, Any]:
        """Return the figures under the keys that `evaluate --json` prints."""
        return {"model": self.model, "task": "classifier", **measured_json(self), "signature": self.signature}


def measured_json(evaluation: LabelledEvaluation) -> dict[str, Any]:
    """Return the figures alone, without whose they are."""
    return {
        **evaluation.figures.to_json(),
        "interval_95": {name: None if pair is None else list(pair) for name, pair in evaluation.intervals.items()},
        "baselines": [dict(baseline) for baseline in evaluation.baselines],
    }


def evaluate_classifier(model: Classifier, rows: LabelledRows, *, seed: int) -> LabelledEvaluation:
    """Measure `model` on `rows`; a label that it does not know counts as wrong. seed: of resampling."""
    ids = {label: id for id, label in enumerate(model.classes_)}
    truth = np.array([ids.get(label, -1) for label in rows.labels], np.int64)
    return measured(
        model.name,
        model.log_probabilities(rows.texts),
        truth,
        model.classes_,
        baselines=[(baseline.name, baseline.predict(rows.texts)) for baseline in model.baselines],
        signature=figures_signature(rows.sha256, seed=seed, resamples=2000),
        notes=(*check_known_labels(rows, model.classes_), *doubts(rows), *_seen(model, rows)),
        seed=seed,
    )


def _seen(model: Classifier, rows: LabelledRows) -> Sequence[str]:
    """Return a note where the model knows these very rows, or many of their texts, from its training."""
    data = model.config.get("data") or {}
    if data.get("sha256") == rows.sha256:
        return ["the model was trained on these very rows, but for what it held out: the figures flatter"]
    if data.get("valid_sha256") == rows.sha256:
        return ["the probabilities were calibrated on these very rows, held out in training: the figures flatter"]
    return () if model.known_texts is None else model.known_texts.notes(rows.texts)


def compared(evaluation: LabelledEvaluation, other: LabelledEvaluation, rows: LabelledRows, *, seed: int) -> PairedTest:
    """Return how two models compare by which of the same `rows` each got right."""
    return paired_test(_right(evaluation, rows), _right(other, rows), seed=seed)


def _right(evaluation: LabelledEvaluation, rows: LabelledRows) -> npt.NDArray[np.bool_]:
    # each model has its own order of labels, so that it is names that are compared
    answers = (evaluation.figures.label_order[id] for id in evaluation.predicted.tolist())
    return np.array([answer == label for answer, label in zip(answers, rows.labels, strict=True)], bool)


def measured(
    name: str,
    log_probabilities: npt.NDArray[np.float64],
    truth: npt.NDArray[np.integer],
    labels: Sequence[str],
    *,
    baselines: Sequence[tuple[str, npt.NDArray[np.integer]]],
    signature: str,
    notes: tuple[str, ...] = (),
    seed: int = 0,
) -> LabelledEvaluation:
    """Return all figures of answers (N, C) to `truth` (N,)."""
    figures = Classification.of(
        np.exp(log_probabilities), truth, labels, log_probabilities=log_probabilities, seed=seed
    )
    predicted = log_probabilities.argmax(axis=1)
    beside = []
    for baseline, answers in baselines:
        accuracy, macro_f1 = accuracy_and_macro_f1(answers, truth, len(labels))
        beside.append({"name": baseline, "accuracy": accuracy, "macro_f1": macro_f1})
    return LabelledEvaluation(
        model=name,
        figures=figures,
        intervals=bootstrap_intervals(predicted, truth, len(labels), seed=seed),
        baselines=tuple(beside),
        signature=signature,
        predicted=predicted,
        notes=(*notes, *figures.notes),
    )

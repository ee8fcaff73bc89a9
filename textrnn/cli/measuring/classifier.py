"""Figures of a classifier on labelled texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textrnn.cli import streams
from textrnn.cli.choosing import chosen_run
from textrnn.config.classifier import LabelledSettings
from textrnn.config.text import ReadingSettings

if TYPE_CHECKING:
    from textrnn.inference.classifier.evaluation import LabelledEvaluation
    from textrnn.runs.folder import Run


def figures_of_classifier(
    run: Run,
    files: Sequence[str],
    labelled: LabelledSettings,
    reading: ReadingSettings,
    against: str | None,
    runs_dir: Path,
    *,
    seed: int,
) -> dict[str, Any]:
    """Return the figures, beside those of the run `against` where one is named."""
    from textrnn.data.labelled import read_labelled
    from textrnn.inference.classifier.evaluation import compared
    from textrnn.inference.classifier.loading import classifier_from_run

    # a run that is not there is refused before the texts are read
    other_run = None if against is None else chosen_run(against, runs_dir, "classifier")
    rows = read_labelled(files, **labelled.model_dump(), encoding=reading.encoding, errors=reading.errors)
    evaluation = classifier_from_run(run).evaluate(rows, seed=seed)
    streams.notes((*rows.notes, *evaluation.notes))
    figures = evaluation.to_json()
    if other_run is None:
        return figures
    other = classifier_from_run(other_run).evaluate(rows, seed=seed)
    streams.notes(f"{other.model}: {note}" for note in other.notes if note not in evaluation.notes)
    return {**figures, "against": _against(other, compared(evaluation, other, rows, seed=seed).to_json())}


def _against(other: LabelledEvaluation, test: dict[str, Any]) -> dict[str, Any]:
    shown = ("difference", "interval_95", "p_value")
    return {"model": other.model, "accuracy": other.accuracy, **{name: test[name] for name in shown}}

"""Figures of a language model on held-out text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textrnn.cli import streams
from textrnn.cli.choosing import chosen_run
from textrnn.config.language_model import EvaluateSettings
from textrnn.config.text import ReadingSettings

if TYPE_CHECKING:
    from textrnn.inference.language_model.evaluation import LanguageModelEvaluation
    from textrnn.inference.language_model.model import LanguageModel
    from textrnn.runs.folder import Run
    from textrnn.text.corpus import Corpus


def figures_of_language_model(
    run: Run,
    files: Sequence[str],
    settings: EvaluateSettings,
    columns: Mapping[str, Any],
    reading: ReadingSettings,
    against: str | None,
    runs_dir: Path,
    *,
    seed: int,
) -> dict[str, Any]:
    """Return the figures, beside those of the run `against` where one is named.

    columns: where texts and conditions stand in a table, as far as that is another place than in training.
    """
    from textrnn.inference.language_model.against import check_comparable, difference_from
    from textrnn.inference.language_model.loading import model_from_run

    language_model = model_from_run(run)
    # a run that is not there is refused before the text is read
    other = None if against is None else model_from_run(chosen_run(against, runs_dir, "language-model"))
    if other is not None:
        check_comparable(language_model, other)
    corpus = language_model.read(files, **columns, **reading.model_dump())
    evaluation = _measured(language_model, corpus, settings, other, seed)
    streams.notes(evaluation.notes)
    if other is None:
        return evaluation.to_json()
    difference = difference_from(language_model, other, corpus, settings, seed=seed)
    return {**evaluation.to_json(), "against": difference.to_json()}


def _measured(
    model: LanguageModel, corpus: Corpus, settings: EvaluateSettings, judge: LanguageModel | None, seed: int
) -> LanguageModelEvaluation:
    from textrnn.inference.language_model.evaluation import evaluate_language_model

    if not settings.dynamic:
        return evaluate_language_model(model, corpus, settings, seed=seed, judge=judge)
    from textrnn.training.language_model.dynamic import evaluate_dynamic

    return evaluate_dynamic(model, corpus, settings)

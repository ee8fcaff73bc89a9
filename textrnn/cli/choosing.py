"""Which run a command works with: `--model`, `--runs-dir`, and what is said about a run that was chosen by default."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textrnn.cli import streams

if TYPE_CHECKING:
    from textrnn.inference.classifier.model import TextClassifier
    from textrnn.inference.forecaster.model import Forecaster
    from textrnn.inference.language_model.model import LanguageModel
    from textrnn.inference.load import Model as AnyModel
    from textrnn.inference.seq2seq.model import Translator
    from textrnn.inference.tagger.model import Tagger
    from textrnn.runs.folder import Run

Model = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="RUN", rich_help_panel="Run",
        help="a run folder, or a name under --runs-dir or of a model that ships (default: the newest that fits)",
    ),
]  # fmt: skip
RunsDir = Annotated[
    Path,
    typer.Option(
        "--runs-dir", metavar="FOLDER", rich_help_panel="Run", help="where runs lie", show_default="checkpoints"
    ),
]
RUNS_DIR = Path("checkpoints")


def open_language_model(model: str | None, runs_dir: Path) -> LanguageModel:
    """Return the language model that was asked for; stderr says which when none was."""
    from textrnn.inference.language_model.loading import model_from_run
    from textrnn.inference.language_model.model import TASK

    return model_from_run(chosen_run(model, runs_dir, TASK))


def open_classifier(model: str | None, runs_dir: Path) -> TextClassifier:
    """Return the classifier that was asked for; stderr says which when none was."""
    from textrnn.inference.classifier.loading import classifier_from_run
    from textrnn.inference.classifier.model import TASK

    return classifier_from_run(chosen_run(model, runs_dir, TASK))


def open_tagger(model: str | None, runs_dir: Path) -> Tagger:
    """Return the tagger that was asked for; stderr says which when none was."""
    from textrnn.inference.tagger.loading import tagger_from_run
    from textrnn.inference.tagger.model import TASK

    return tagger_from_run(chosen_run(model, runs_dir, TASK))


def open_forecaster(model: str | None, runs_dir: Path) -> Forecaster:
    """Return the forecaster that was asked for; stderr says which when none was."""
    from textrnn.inference.forecaster.loading import forecaster_from_run
    from textrnn.inference.forecaster.model import TASK

    return forecaster_from_run(chosen_run(model, runs_dir, TASK))


def open_translator(model: str | None, runs_dir: Path) -> Translator:
    """Return the encoder-decoder that was asked for; stderr says which when none was."""
    from textrnn.inference.seq2seq.loading import translator_from_run
    from textrnn.inference.seq2seq.model import TASK

    return translator_from_run(chosen_run(model, runs_dir, TASK))


def open_model(model: str | None, runs_dir: Path) -> AnyModel:
    """Return the model that was asked for, of any kind; a language model, named on stderr, where none was."""
    if model is None:
        return open_language_model(None, runs_dir)
    from textrnn.inference.load import load

    return load(model, runs_dir=runs_dir)


def chosen_run(model: str | None, runs_dir: Path, task: str) -> Run:
    """Return the run of a kind that was asked for; stderr says which when none was."""
    from textrnn.runs.find import choose_run

    choice = choose_run(model, runs_dir=runs_dir, task=task)
    streams.notes(choice.notes)
    if choice.by_default:
        streams.note(f"model {choice.run.folder} (--model names another)")
    return choice.run

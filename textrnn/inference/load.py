"""From a run to the model in it, of whatever kind it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from textrnn.runs.find import open_named
from textrnn.runs.folder import Run

if TYPE_CHECKING:
    from textrnn.inference.classifier.model import TextClassifier
    from textrnn.inference.forecaster.model import Forecaster
    from textrnn.inference.language_model.model import LanguageModel
    from textrnn.inference.seq2seq.model import Translator
    from textrnn.inference.tagger.model import Tagger

    Model: TypeAlias = LanguageModel | TextClassifier | Tagger | Translator | Forecaster

RUNS_DIR = Path("checkpoints")
# where a model of a kind is made of its run; imported when asked for, as whoever runs one kind starts sooner without
# the others
_LOADERS = {
    "language-model": ("language_model", "model_from_run"),
    "classifier": ("classifier", "classifier_from_run"),
    "tagger": ("tagger", "tagger_from_run"),
    "forecaster": ("forecaster", "forecaster_from_run"),
    "seq2seq": ("seq2seq", "translator_from_run"),
}


def load(model: str | os.PathLike[str], *, runs_dir: Path = RUNS_DIR) -> Model:
    """Return the model of a run: a folder, or a name under `runs_dir` or among the models that ship with the package.

    Raises UserError where there is none, or it is damaged or of another kind.
    """
    name = os.fspath(model)
    if not isinstance(name, str):
        raise TypeError(f"a run is named by text or a path, not {type(model).__name__}")
    return any_model(open_named(name, runs_dir=runs_dir))


def any_model(run: Run) -> Model:
    """Return the model in `run`, of whatever kind it is."""
    folder, name = _LOADERS[run.task]
    loader: Callable[[Run], Model] = getattr(import_module(f"textrnn.inference.{folder}.loading"), name)
    return loader(run)

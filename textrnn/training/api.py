"""What Python users call to train; each function is one training from beginning to end."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.corpora import resolve_text
from textrnn.inference.language_model import TASK, LanguageModel
from textrnn.inference.load import model_from_run
from textrnn.runs.folder import open_run
from textrnn.text.corpus import Corpus
from textrnn.training.beginning import settings_to_go_on
from textrnn.training.language_model import LanguageModelTraining
from textrnn.training.training import has_commit


def train_lm(
    source: str | PathLike[str] | Sequence[str | PathLike[str]] | Corpus = "shakespeare",
    *,
    out: str | PathLike[str] | None = None,
    valid: str | PathLike[str] | Corpus | None = None,
    resume: bool = False,
    overwrite: bool = False,
    init_from: str | PathLike[str] | None = None,
    **settings: Any,
) -> LanguageModel:
    """Train a language model and return it.

    source: a text file, several, a folder, the name of a built-in corpus, or a `Corpus`. out: the run folder; nothing
    is written without. resume: go on with the run in `out`, whose settings hold where none is given here; a finished
    one is returned as it is. settings: fields of `TrainLanguageModelSettings`, such as budget="3m" or cell="gru".
    Raises UserError for what the caller can mend, WorldError when training diverged or the disk failed.
    """
    folder = None if out is None else Path(out)
    begun = open_run(folder, task=TASK) if resume and folder is not None and has_commit(folder) else None
    if begun is not None and begun.finished:
        return model_from_run(begun)
    checked = (
        TrainLanguageModelSettings.check(settings)
        if begun is None
        else settings_to_go_on(begun, settings, TrainLanguageModelSettings)
    )

    def corpus_of(given: Any) -> Corpus:
        if isinstance(given, Corpus):
            return given
        sources = [given] if isinstance(given, str | PathLike) else list(given)
        return resolve_text(
            sources, encoding=checked.encoding, errors=checked.errors, allow_binary=checked.allow_binary
        )

    training = LanguageModelTraining(
        corpus_of(source),
        checked,
        folder=folder,
        overwrite=overwrite,
        resume=resume,
        init_from=None if init_from is None else open_run(init_from, task=TASK),
        valid=None if valid is None else corpus_of(valid),
    )
    for _ in training.records():
        pass
    return training.model()

"""What Python users call to train a language model."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.run import check_held_out
from textrnn.data.corpora import resolve_text
from textrnn.inference.language_model.loading import model_from_run
from textrnn.inference.language_model.model import TASK, LanguageModel
from textrnn.inference.load import RUNS_DIR
from textrnn.runs.find import choose_run
from textrnn.text.corpus import Corpus
from textrnn.training.beginning import settings_to_go_on
from textrnn.training.calls import begun_run, run
from textrnn.training.language_model.training import LanguageModelTraining


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
    one is returned as it is. init_from: a run's folder, or its name as in `load`.
    settings: fields of `TrainLanguageModelSettings`, such as budget="3m" or cell="gru".
    Raises UserError for what the caller can mend, WorldError when training diverged or the disk failed.
    """
    check_held_out(valid, settings)
    folder = None if out is None else Path(out)
    begun = begun_run(folder, TASK, resume=resume, overwrite=overwrite, has_donor=init_from is not None)
    if begun is not None and begun.finished:
        return model_from_run(begun)
    checked = (
        TrainLanguageModelSettings.check(settings)
        if begun is None
        else settings_to_go_on(begun, settings, TrainLanguageModelSettings)
    )

    donor = None if init_from is None else choose_run(fspath(init_from), runs_dir=RUNS_DIR, task=TASK).run

    def corpus_of(given: Any) -> Corpus:
        if isinstance(given, Corpus):
            return given
        if not isinstance(given, str | PathLike | Sequence) or isinstance(given, bytes | bytearray):
            raise TypeError(f"a text is named by text or a path, or is a Corpus, not {type(given).__name__}")
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
        init_from=donor,
        valid=None if valid is None else corpus_of(valid),
    )
    run(training)
    model = training.model()
    model.card = training.card()
    return model

"""What Python users call to train a language model."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

from textrnn.config.language_model import ConditionedSettings, TrainLanguageModelSettings
from textrnn.config.text import ReadingSettings
from textrnn.data.conditioned import read_texts
from textrnn.inference.language_model.model import TASK, LanguageModel
from textrnn.text.corpus import Corpus
from textrnn.training.calls import Call
from textrnn.training.language_model.training import LanguageModelTraining
from textrnn.training.start import Start


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

    def begin(checked: TrainLanguageModelSettings, start: Start) -> LanguageModelTraining:
        def corpus_of(given: Any) -> Corpus:
            if isinstance(given, Corpus):
                return given
            if not isinstance(given, str | PathLike | Sequence) or isinstance(given, bytes | bytearray):
                raise TypeError(f"a text is named by text or a path, or is a Corpus, not {type(given).__name__}")
            sources = [given] if isinstance(given, str | PathLike) else list(given)
            names = (*ReadingSettings.model_fields, *ConditionedSettings.model_fields)
            return read_texts(sources, **{name: getattr(checked, name) for name in names})

        held_out = None if valid is None else corpus_of(valid)
        return LanguageModelTraining(corpus_of(source), checked, start, valid=held_out)

    call = Call(out=out, resume=resume, overwrite=overwrite, init_from=init_from, settings=settings)
    model: LanguageModel = call.train(TASK, TrainLanguageModelSettings, begin, valid=valid, donor=TASK)
    return model

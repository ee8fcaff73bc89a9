"""What Python users call to train a tagger."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from textrnn.config.run import check_held_out
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.tagged import TaggedSentences, read_tagged, sentences_of
from textrnn.errors import UserError
from textrnn.inference.load import RUNS_DIR
from textrnn.inference.tagger.loading import tagger_from_run
from textrnn.inference.tagger.model import TASK, Tagger
from textrnn.runs.card import read_card
from textrnn.runs.find import open_named
from textrnn.training.beginning import settings_to_go_on
from textrnn.training.calls import begun_run, run
from textrnn.training.tagger.card import tagger_card
from textrnn.training.tagger.training import TaggerTraining


def train_tagger(
    words: Sequence[Sequence[str]] | str | PathLike[str],
    tags: Sequence[Sequence[str]] | None = None,
    *,
    out: str | PathLike[str] | None = None,
    valid: tuple[Sequence[Sequence[str]], Sequence[Sequence[str]]] | str | PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    init_from: str | PathLike[str] | None = None,
    **settings: Any,
) -> Tagger:
    """Train a tagger and return it.

    words, tags: of each sentence a list of words and one of as many tags; or, without tags, a CoNLL file. out, resume:
    as in `train_lm`. valid: held-out words and tags, or a file of them. init_from: a run whose weights to start from.
    settings: fields of `TrainTaggerSettings`.
    """
    check_held_out(valid, settings)
    folder = None if out is None else Path(out)
    begun = begun_run(folder, TASK, resume=resume, overwrite=overwrite, has_donor=init_from is not None)
    if begun is not None and begun.finished:
        return tagger_from_run(begun)
    kind = TrainTaggerSettings
    checked = kind.check(settings) if begun is None else settings_to_go_on(begun, settings, kind)

    def sentences_from(given: Any, own: Any) -> TaggedSentences:
        if own is not None:
            return sentences_of(given, own)
        if not isinstance(given, str | PathLike):
            raise UserError("words without tags", mend="give tags, a tag for each word, or the name of a CoNLL file")
        return read_tagged([given], skip_bad=checked.skip_bad, encoding=checked.encoding, errors=checked.errors)

    if isinstance(valid, tuple) and len(valid) != 2:
        raise UserError(f"a tuple of {len(valid)}", which="valid", mend="give two lists, words and tags, or a file")
    pair = valid if isinstance(valid, tuple) else (valid, None)
    training = TaggerTraining(
        sentences_from(words, tags),
        checked,
        folder=folder,
        overwrite=overwrite,
        resume=resume,
        valid=None if valid is None else sentences_from(*pair),
        init_from=None if init_from is None else open_named(fspath(init_from), runs_dir=RUNS_DIR),
    )
    run(training)
    tagger = training.model()
    saved = None if training.folder is None else read_card(training.folder)
    is_measured = "baselines" in (training.validation() or {})
    tagger.card = saved or (tagger_card(tagger, training.data.facts, training.result()) if is_measured else None)
    return tagger

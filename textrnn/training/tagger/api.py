"""What Python users call to train a tagger."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.tagged import TaggedSentences, read_tagged, sentences_of
from textrnn.errors import UserError
from textrnn.inference.tagger.model import TASK, Tagger
from textrnn.training.calls import Call, held_out_pair
from textrnn.training.start import Start
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

    def begin(checked: TrainTaggerSettings, start: Start) -> TaggerTraining:
        def sentences_from(given: Any, own: Any) -> TaggedSentences:
            if own is not None:
                return sentences_of(given, own)
            if not isinstance(given, str | PathLike):
                mend = "give tags, a tag for each word, or the name of a CoNLL file"
                raise UserError("words without tags", mend=mend)
            return read_tagged([given], skip_bad=checked.skip_bad, encoding=checked.encoding, errors=checked.errors)

        held_out = None if valid is None else sentences_from(*held_out_pair(valid, "words and tags"))
        return TaggerTraining(sentences_from(words, tags), checked, start, valid=held_out)

    call = Call(out=out, resume=resume, overwrite=overwrite, init_from=init_from, settings=settings)
    tagger: Tagger = call.train(TASK, TrainTaggerSettings, begin, valid=valid)
    return tagger

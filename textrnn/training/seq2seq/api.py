"""What Python users call to train an encoder-decoder."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.data.pairs import Pairs, pairs_of, read_pairs
from textrnn.errors import UserError
from textrnn.inference.seq2seq.model import TASK, Translator
from textrnn.training.calls import Call, held_out_pair
from textrnn.training.seq2seq.training import Seq2SeqTraining
from textrnn.training.start import Start


def train_seq2seq(
    sources: Sequence[str] | str | PathLike[str],
    targets: Sequence[str] | None = None,
    *,
    out: str | PathLike[str] | None = None,
    valid: tuple[Sequence[str], Sequence[str]] | str | PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    init_from: str | PathLike[str] | None = None,
    **settings: Any,
) -> Translator:
    """Train an encoder-decoder and return it.

    sources, targets: lists of as many texts; or, without targets, a file of pairs or the name of a toy task. out,
    resume: as in `train_lm`. valid: held-out sources and targets, or a file of them. init_from: a run whose weights to
    start from. settings: fields of `TrainSeq2SeqSettings`.
    """

    def begin(checked: TrainSeq2SeqSettings, start: Start) -> Seq2SeqTraining:
        def pairs_from(given: Any, own: Any) -> Pairs:
            if own is not None:
                return pairs_of(given, own)
            if not isinstance(given, str | PathLike):
                mend = "give targets, one for each, or the name of a file of pairs"
                raise UserError("sources without targets", mend=mend)
            names = ("source_column", "target_column", "skip_bad", "encoding", "errors")
            return read_pairs([given], **{name: getattr(checked, name) for name in names})

        held_out = None if valid is None else pairs_from(*held_out_pair(valid, "sources and targets"))
        return Seq2SeqTraining(pairs_from(sources, targets), checked, start, valid=held_out)

    call = Call(out=out, resume=resume, overwrite=overwrite, init_from=init_from, settings=settings)
    translator: Translator = call.train(TASK, TrainSeq2SeqSettings, begin, valid=valid, donor=TASK)
    return translator

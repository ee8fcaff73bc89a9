"""What Python users call to train a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.given import list_of_texts
from textrnn.data.labelled import LabelledRows, read_labelled, rows_of
from textrnn.errors import UserError
from textrnn.inference.classifier.model import TASK, TextClassifier
from textrnn.training.calls import Call, held_out_pair
from textrnn.training.classifier.training import ClassifierTraining
from textrnn.training.start import Start


def train_classifier(
    texts: Sequence[str] | str | PathLike[str] = "rotten-tomatoes",
    labels: Sequence[object] | None = None,
    *,
    out: str | PathLike[str] | None = None,
    valid: tuple[Sequence[str], Sequence[object]] | str | PathLike[str] | None = None,
    unlabelled: Sequence[str] = (),
    resume: bool = False,
    overwrite: bool = False,
    init_from: str | PathLike[str] | None = None,
    **settings: Any,
) -> TextClassifier:
    """Train a classifier and return it.

    texts, labels: a list of texts and one of as many labels; or, without labels, a file, a folder or the name of a
    built-in corpus. out, resume: as in `train_lm`. valid: held-out texts and labels, or a file of them. unlabelled:
    further texts, which teach what words mean. init_from: a run of a language model or a classifier, whose weights to
    start from. settings: fields of `TrainClassifierSettings`.
    """

    def begin(checked: TrainClassifierSettings, start: Start) -> ClassifierTraining:
        def rows_from(given: Any, own: Any) -> LabelledRows:
            if own is not None:
                return rows_of(given, own)
            if not isinstance(given, str | PathLike):
                mend = "give labels, a label for each text, or the name of a file"
                raise UserError("texts without labels", mend=mend)
            columns = {name: getattr(checked, name) for name in ("text_column", "label_column", "skip_bad")}
            return read_labelled([given], **columns, encoding=checked.encoding, errors=checked.errors)

        held_out = None if valid is None else rows_from(*held_out_pair(valid, "texts and labels"))
        further = list_of_texts(unlabelled, "unlabelled")
        return ClassifierTraining(rows_from(texts, labels), checked, start, valid=held_out, unlabelled=further)

    call = Call(out=out, resume=resume, overwrite=overwrite, init_from=init_from, settings=settings)
    classifier: TextClassifier = call.train(TASK, TrainClassifierSettings, begin, valid=valid)
    return classifier

"""What Python users call to train a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.run import check_held_out
from textrnn.data.labelled import LabelledRows, list_of_texts, read_labelled, rows_of
from textrnn.errors import UserError
from textrnn.inference.classifier.loading import classifier_from_run
from textrnn.inference.classifier.model import TASK, TextClassifier
from textrnn.inference.load import RUNS_DIR
from textrnn.runs.card import read_card
from textrnn.runs.find import open_named
from textrnn.training.beginning import settings_to_go_on
from textrnn.training.calls import begun_run, run
from textrnn.training.classifier.card import classifier_card
from textrnn.training.classifier.training import ClassifierTraining


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
    check_held_out(valid, settings)
    folder = None if out is None else Path(out)
    begun = begun_run(folder, TASK, resume=resume, overwrite=overwrite, has_donor=init_from is not None)
    if begun is not None and begun.finished:
        return classifier_from_run(begun)
    kind = TrainClassifierSettings
    checked = kind.check(settings) if begun is None else settings_to_go_on(begun, settings, kind)

    def rows_from(given: Any, own: Any) -> LabelledRows:
        if own is not None:
            return rows_of(given, own)
        if not isinstance(given, str | PathLike):
            raise UserError("texts without labels", mend="give labels, a label for each text, or the name of a file")
        columns = {name: getattr(checked, name) for name in ("text_column", "label_column", "skip_bad")}
        return read_labelled([given], **columns, encoding=checked.encoding, errors=checked.errors)

    if isinstance(valid, tuple) and len(valid) != 2:
        raise UserError(f"a tuple of {len(valid)}", which="valid", mend="give two lists, texts and labels, or a file")
    pair = valid if isinstance(valid, tuple) else (valid, None)
    training = ClassifierTraining(
        rows_from(texts, labels),
        checked,
        folder=folder,
        overwrite=overwrite,
        resume=resume,
        valid=None if valid is None else rows_from(*pair),
        unlabelled=list_of_texts(unlabelled, "unlabelled"),
        init_from=None if init_from is None else open_named(fspath(init_from), runs_dir=RUNS_DIR),
    )
    run(training)
    classifier = training.model()
    classifier.card = _card(classifier, training)
    return classifier


def _card(classifier: TextClassifier, training: ClassifierTraining) -> str | None:
    """Return the card of the run, or that of a classifier that has none; None before all held-out texts were read."""
    saved = None if training.folder is None else read_card(training.folder)
    if saved is not None or "interval_95" not in (training.validation() or {}):
        return saved
    return classifier_card(classifier, training.data.facts, training.result())

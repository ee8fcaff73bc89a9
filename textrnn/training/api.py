"""What Python users call to train; each function is one training from beginning to end."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.run import RunSettings, check_held_out
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.corpora import resolve_text
from textrnn.data.labelled import LabelledRows, list_of_texts, read_labelled, rows_of
from textrnn.data.tagged import TaggedSentences, read_tagged, sentences_of
from textrnn.errors import UserError
from textrnn.inference.classifier import TASK as CLASSIFIER
from textrnn.inference.classifier import TextClassifier
from textrnn.inference.language_model import TASK, LanguageModel
from textrnn.inference.load import RUNS_DIR, classifier_from_run, model_from_run, tagger_from_run
from textrnn.inference.tagger import TASK as TAGGER
from textrnn.inference.tagger import Tagger
from textrnn.runs.card import read_card
from textrnn.runs.find import choose_run, open_named
from textrnn.runs.folder import Run, open_run
from textrnn.text.corpus import Corpus
from textrnn.training.beginning import settings_to_go_on
from textrnn.training.classifier import ClassifierTraining
from textrnn.training.classifier_run import classifier_card
from textrnn.training.course import NO_STEP
from textrnn.training.language_model import LanguageModelTraining
from textrnn.training.tagger import TaggerTraining
from textrnn.training.tagger_run import tagger_card
from textrnn.training.training import Training, has_commit


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
    begun = _begun(folder, TASK, resume=resume, overwrite=overwrite, has_donor=init_from is not None)
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
    _run(training)
    model = training.model()
    model.card = training.card()
    return model


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
    begun = _begun(folder, CLASSIFIER, resume=resume, overwrite=overwrite, has_donor=init_from is not None)
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
    _run(training)
    classifier = training.model()
    classifier.card = _classifier_card(classifier, training)
    return classifier


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
    begun = _begun(folder, TAGGER, resume=resume, overwrite=overwrite, has_donor=init_from is not None)
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
    _run(training)
    tagger = training.model()
    saved = None if training.folder is None else read_card(training.folder)
    is_measured = "baselines" in (training.validation() or {})
    tagger.card = saved or (tagger_card(tagger, training.data.facts, training.result()) if is_measured else None)
    return tagger


def _classifier_card(classifier: TextClassifier, training: ClassifierTraining) -> str | None:
    """Return the card of the run, or that of a classifier that has none; None before all held-out texts were read."""
    saved = None if training.folder is None else read_card(training.folder)
    if saved is not None or "interval_95" not in (training.validation() or {}):
        return saved
    return classifier_card(classifier, training.data.facts, training.result())


def _begun(folder: Path | None, task: str, *, resume: bool, overwrite: bool, has_donor: bool) -> Run | None:
    """Return the run to go on with, None for a new one; refuse beginnings that contradict one another."""
    RunSettings.check({"resume": resume, "overwrite": overwrite, **({"init_from": "it"} if has_donor else {})})
    if resume and folder is None:
        raise UserError("resume=True without out", mend="name the run to go on with by out=")
    return open_run(folder, task=task) if resume and folder is not None and has_commit(folder) else None


def _run(training: Training[Any, Any]) -> None:
    """Train to the end; what is told of on a terminal is said as a warning where it leaves no model worth having."""
    for _ in training.records():
        pass
    if training.state.step == 0 and training.settings.budget is not None:
        warnings.warn(f"{NO_STEP}: give more --budget", RuntimeWarning, stacklevel=3)

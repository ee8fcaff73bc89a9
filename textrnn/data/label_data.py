"""Labelled rows, ready for training: split, checked, a vocabulary fitted on the training part, texts as ids.

In: rows and settings. Out: `LabelData`. Knows no network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.columns import shown
from textrnn.data.labelled import LabelledRows
from textrnn.data.labels import check_known_labels, check_training_rows, label_order
from textrnn.data.overlap import overlap
from textrnn.data.split import stratified_split
from textrnn.errors import UserError
from textrnn.text.corpus import corpus_from_documents
from textrnn.text.lexicon import Lexicon
from textrnn.text.passages import PASSAGES
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer

Ids = npt.NDArray[np.integer]

# words that get an id where neither --vocabulary-size nor --min-count says how many
DEFAULT_WORDS = 30_000
# with so many texts a word seen once is known by its subwords alone
MANY_TEXTS = 1_000


@dataclass(frozen=True)
class Examples:
    """texts, their units as the lexicon's ids, and the ids of their labels (N,), -1 for one that is not among them.

    sizes: of each text, (S,), how many of its units stand in each of its passages.
    """

    texts: tuple[str, ...]
    units: tuple[Ids, ...]
    sizes: tuple[Ids, ...]
    labels: Ids

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, kw_only=True)
class LabelData:
    """facts: what a run keeps of its data. notes: what the user should know."""

    lexicon: Lexicon
    labels: tuple[str, ...]
    train: Examples
    valid: Examples
    facts: Mapping[str, Any]
    notes: tuple[str, ...]

    @property
    def tokenizer(self) -> Tokenizer:
        return self.lexicon.tokenizer

    @property
    def counts(self) -> Ids:
        """(C,) training texts of each label."""
        return np.bincount(self.train.labels, minlength=len(self.labels))

    @property
    def prior(self) -> npt.NDArray[np.float64]:
        """(C,) the share of each label among the training texts: what is known of a text without words."""
        return self.counts / len(self.train)


def prepare_labelled(
    rows: LabelledRows,
    settings: TrainClassifierSettings,
    *,
    seed: int,
    valid: LabelledRows | None,
    unlabelled: Sequence[str] = (),
    tokenizer: Tokenizer | None = None,
) -> LabelData:
    """Split and encode. valid: held-out rows of their own. tokenizer: that of the run that goes on.

    unlabelled: further texts, whose words are in the vocabulary too.
    """
    notes = [*rows.notes, *check_training_rows(rows, is_split=valid is None)]
    if valid is None:
        training, held_out = stratified_split(rows.labels, settings.val_frac, seed=seed)
        train_texts, train_labels = _taken(rows.texts, training), _taken(rows.labels, training)
        valid_texts, valid_labels = _taken(rows.texts, held_out), _taken(rows.labels, held_out)
    else:
        train_texts, train_labels, valid_texts, valid_labels = rows.texts, rows.labels, valid.texts, valid.labels
        notes += [*valid.notes, *check_known_labels(valid, label_order(train_labels))]
    notes += overlap(train_texts, valid_texts).notes(len(valid_texts))
    _check_texts(train_texts, train_labels, rows.name)
    if tokenizer is None:
        tokenizer = _fitted((*train_texts, *unlabelled), settings)
        notes += tokenizer.notes
    lexicon, labels = Lexicon(tokenizer, settings.subwords), label_order(train_labels)
    cut = PASSAGES[settings.hierarchy]
    facts = {
        "name": rows.name,
        "sha256": rows.sha256,
        "valid_sha256": None if valid is None else valid.sha256,
        "rows": len(train_texts),
        "valid_rows": len(valid_texts),
        "labels": {label: train_labels.count(label) for label in labels},
    }
    return LabelData(
        lexicon=lexicon,
        labels=labels,
        train=_examples(lexicon, cut, labels, train_texts, train_labels),
        # in an order that says nothing, so that the first of them are a fair sample
        valid=_examples(lexicon, cut, labels, valid_texts, valid_labels, order=np.random.default_rng(seed)),
        facts=facts,
        notes=tuple(notes),
    )


def _taken(values: Sequence[str], places: Ids) -> tuple[str, ...]:
    return tuple(values[place] for place in places.tolist())


def _check_texts(texts: Sequence[str], own: Sequence[str], name: str) -> None:
    """Refuse a label of which nothing can be learned."""
    known = {label for text, label in zip(texts, own, strict=True) if text.strip()}
    if nothing := [label for label in label_order(own) if label not in known]:
        shorts = ", ".join(map(shown, nothing[:5]))
        what = f"no text that is not empty to train on with the label {shorts}"
        raise UserError(what, which=name, mend="give each label a text, or leave it out with --skip-bad")


def _fitted(texts: Sequence[str], settings: TrainClassifierSettings) -> Tokenizer:
    corpus = corpus_from_documents(((str(number), text) for number, text in enumerate(texts)), "texts")
    size = settings.vocabulary_size
    min_count = settings.min_count
    if settings.tokenizer == "word" and size is None and min_count is None:
        size = DEFAULT_WORDS
        if settings.subwords is not None and len(texts) >= MANY_TEXTS:
            min_count = 2
    return fit_tokenizer(
        settings.tokenizer,
        corpus.part(0, corpus.characters),
        vocabulary_size=size,
        min_count=min_count,
        lowercase=settings.lowercase,
    )


def _examples(
    lexicon: Lexicon,
    cut: Callable[[str], list[str]],
    labels: Sequence[str],
    texts: Sequence[str],
    own: Sequence[str],
    *,
    order: np.random.Generator | None = None,
) -> Examples:
    """Return the texts that have units, with their labels: of the others nothing can be learned."""
    ids = {label: id for id, label in enumerate(labels)}
    places = np.arange(len(texts)) if order is None else order.permutation(len(texts))
    read = [
        (texts[place], *lexicon.encode_passages(cut(texts[place])), ids.get(own[place], -1))
        for place in places.tolist()
    ]
    kept = [one for one in read if len(one[1]) or order is not None]
    return Examples(
        tuple(text for text, _, _, _ in kept),
        tuple(units for _, units, _, _ in kept),
        tuple(sizes for _, _, sizes, _ in kept),
        np.array([label for _, _, _, label in kept], np.int64),
    )

"""Tagged sentences, ready for training: checked, split, a vocabulary fitted on the training part, words as ids.

In: sentences and settings. Out: `TagData`. Knows no network.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.columns import shown
from textrnn.data.near_labels import near_labels
from textrnn.data.overlap import overlap
from textrnn.data.split import stratified_split
from textrnn.data.tagged import TaggedSentences
from textrnn.errors import UserError
from textrnn.text.display import counted
from textrnn.text.lexicon import Lexicon
from textrnn.text.tokenizers.word import WordTokenizer, of_words

Ids = npt.NDArray[np.integer]

# words that get an id where neither --vocabulary-size nor --min-count says how many
DEFAULT_WORDS = 30_000
# in so many sentences a word seen once is known by its subwords and its shape alone
MANY_SENTENCES = 1_000
# tags that a model does not know and that are told one by one
_UNKNOWN_TOLD = 5
_SIGN = re.compile("^[BIES]-")


@dataclass(frozen=True)
class TaggedExamples:
    """words: as they stand. units: their ids in the lexicon. tags: their ids (T,), -1 for one that is not known.

    names: the tags as they stand.
    """

    words: tuple[tuple[str, ...], ...]
    units: tuple[Ids, ...]
    tags: tuple[Ids, ...]
    names: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.words)

    @property
    def num_words(self) -> int:
        """Words of all sentences."""
        return sum(map(len, self.words))


@dataclass(frozen=True, kw_only=True)
class TagData:
    """tags: in the order of their ids. facts: what a run keeps of its data. notes: what the user should know."""

    lexicon: Lexicon
    tags: tuple[str, ...]
    train: TaggedExamples
    valid: TaggedExamples
    facts: Mapping[str, Any]
    notes: tuple[str, ...]

    @property
    def tokenizer(self) -> WordTokenizer:
        assert isinstance(self.lexicon.tokenizer, WordTokenizer)
        return self.lexicon.tokenizer


def check_tagged(sentences: TaggedSentences, *, is_split: bool = True) -> tuple[str, ...]:
    """Return what the user should know of sentences to train on; raise UserError where no tagger can come of them.

    is_split: a part of them is to be held out.
    """
    counts = Counter(tag for tags in sentences.tags for tag in tags)
    if len(counts) == 1:
        what = f"one tag alone, {shown(next(iter(counts)))} on all {counted(counts.total(), 'word')}"
        raise UserError(what, which=sentences.name, mend="give words with two tags at least")
    if is_split and len(sentences) < 2:
        mend = "give two at least, for one is held out (a blank line ends a sentence), or --valid FILE"
        raise UserError("one sentence alone", which=sentences.name, mend=mend)
    kinds: Counter[str] = Counter()
    for tag, count in counts.items():
        # I-place is one letter from B-place, and is meant
        kinds[_SIGN.sub("", tag)] += count
    return tuple(near_labels(kinds))


def check_known_tags(
    sentences: Sequence[Sequence[str]], places: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    """Return notes of the tags of `sentences` that a model does not know, the commonest first. places: of sentences."""
    known_tags = set(known)
    unknown: dict[str, list[str]] = {}
    for tags, place in zip(sentences, places, strict=True):
        for tag in tags:
            if tag not in known_tags:
                unknown.setdefault(tag, []).append(place)
    commonest = sorted(unknown.items(), key=lambda item: (-len(item[1]), item[0]))
    notes = [
        f"the model does not know the tag {shown(tag)}: {counted(len(found), 'word')} counted as wrong, first in the "
        f"sentence at {found[0]}"
        for tag, found in commonest[:_UNKNOWN_TOLD]
    ]
    if rest := commonest[_UNKNOWN_TOLD:]:
        words = sum(len(found) for _, found in rest)
        notes.append(f"nor {counted(len(rest), 'other tag')}, on {counted(words, 'word')}")
    return tuple(notes)


def prepare_tagged(
    sentences: TaggedSentences,
    settings: TrainTaggerSettings,
    *,
    seed: int,
    valid: TaggedSentences | None,
    tokenizer: WordTokenizer | None = None,
) -> TagData:
    """Split and encode. valid: held-out sentences of their own. tokenizer: that of the run that goes on."""
    notes = [*sentences.notes, *check_tagged(sentences, is_split=valid is None)]
    if valid is None:
        training, held_out = split_sentences(sentences, settings.val_frac, seed)
        train, rest = _taken(sentences, training), _taken(sentences, held_out)
        places = [sentences.places[place] for place in held_out.tolist()]
    else:
        train, rest = (sentences.words, sentences.tags), (valid.words, valid.tags)
        places = [*valid.places]
        notes += valid.notes
    tags = tuple(sorted({tag for own in train[1] for tag in own}))
    notes += check_known_tags(rest[1], places, tags)
    notes += overlap(list(map(" ".join, train[0])), list(map(" ".join, rest[0]))).notes(len(rest[0]))
    if tokenizer is None:
        tokenizer = _fitted(train[0], settings)
        notes += tokenizer.notes
    lexicon = Lexicon(tokenizer, settings.subwords, has_shapes=settings.shapes)
    counts = Counter(tag for own in train[1] for tag in own)
    facts = {
        "name": sentences.name,
        "sha256": sentences.sha256,
        "valid_sha256": None if valid is None else valid.sha256,
        "sentences": len(train[0]),
        "words": counts.total(),
        "longest": max(map(len, train[0])),
        "valid_sentences": len(rest[0]),
        "tags": {tag: counts[tag] for tag in tags},
    }
    # in an order that says nothing, so that the first of them are a fair sample
    order = np.random.default_rng(seed).permutation(len(rest[0])).tolist()
    return TagData(
        lexicon=lexicon,
        tags=tags,
        train=_examples(lexicon, tags, *train),
        valid=_examples(lexicon, tags, *(tuple(column[place] for place in order) for column in rest)),
        facts=facts,
        notes=tuple(notes),
    )


Columns = tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]


def split_sentences(sentences: TaggedSentences, fraction: float, seed: int) -> tuple[Ids, Ids]:
    """Return the places of the sentences to train on and of those held out, of plain ones as large a share as of all.

    A sentence is plain whose words all have the commonest tag.
    """
    commonest = Counter(tag for tags in sentences.tags for tag in tags).most_common(1)[0][0]
    kinds = ["plain" if set(tags) == {commonest} else "tagged" for tags in sentences.tags]
    if min(Counter(kinds).values()) < 2:
        kinds = ["any"] * len(kinds)
    return stratified_split(kinds, fraction, seed=seed)


def _taken(sentences: TaggedSentences, places: Ids) -> Columns:
    chosen = places.tolist()
    return tuple(sentences.words[place] for place in chosen), tuple(sentences.tags[place] for place in chosen)


def _fitted(sentences: Sequence[Sequence[str]], settings: TrainTaggerSettings) -> WordTokenizer:
    size, min_count = settings.vocabulary_size, settings.min_count
    if size is None and min_count is None:
        size = DEFAULT_WORDS
        min_count = 2 if settings.subwords is not None and len(sentences) >= MANY_SENTENCES else None
    words = (word for own in sentences for word in own)
    return of_words(words, vocabulary_size=size, min_count=min_count, lowercase=settings.lowercase)


def _examples(
    lexicon: Lexicon, tags: Sequence[str], words: tuple[tuple[str, ...], ...], names: tuple[tuple[str, ...], ...]
) -> TaggedExamples:
    ids = {tag: id for id, tag in enumerate(tags)}
    return TaggedExamples(
        words,
        tuple(map(lexicon.encode_words, words)),
        tuple(np.array([ids.get(tag, -1) for tag in own], np.int64) for own in names),
        names,
    )

"""What the words alone say, in whatever order: multinomial naive Bayes on the words and pairs of words of a text.

In go texts and label ids, out come label ids; the model can be taken apart into arrays and put together again. What the
ids stand for is not known here.

    P(c | text) ~ P(c) · product over the n-grams of the text of (n(g, c) + 1) / (n(c) + V)

with n(g, c) the training texts of label c that hold n-gram g, n(c) their sum over all n-grams, and V the number of
different n-grams. An n-gram counts once a text, however often it stands there, which is better for verdicts on texts
(Wang and Manning 2012).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import regex

from textrnn.errors import UserError
from textrnn.text.alphabet import UNSPACED

# N texts, G n-grams, P pairs of an n-gram and a label that it was seen with, C labels
Array = npt.NDArray[Any]
Ids = npt.NDArray[np.integer]

# More characters than this are not read: fitting takes seconds, and more texts make the figure little better.
MAX_CHARACTERS = 40_000_000
MAX_BYTES = 2_000_000
_TEXTS_AT_ONCE = 2_000
# How many texts are added to those that hold an n-gram before it is asked what it tells: with fewer, n-grams seen once
# crowd out better ones; with as many as there are labels, no n-gram of a rare label gets in.
_IMAGINED = 2

# A word is a run of letters and digits, with the apostrophes inside; any other mark is one by itself. Where words are
# written without spaces each character is one: pairs of them are words often enough.
_ASCII_WORDS = re.compile(r"\w+(?:'\w+)*|[^\w\s]")
# compiled when a text asks for it, which takes as long as many a run takes to open
_WORDS = rf"[{UNSPACED}]|[\w--[{UNSPACED}]]+(?:['’][\w--[{UNSPACED}]]+)*|[^\w\s]"
_MIX = np.uint64(0x9E3779B97F4A7C15)
_PREFIX = "bag_of_words."


@dataclass(frozen=True, kw_only=True, eq=False)
class BagOfWords:
    """Counts of the n-grams that say most about the label; n-grams are known by a hash of 32 bits.

    hashes: (G,) ascending. kinds: (G,) labels that each was seen with. labels, counts: (P,) those labels, and n(g, c).
    grams: (C,) n(c) of all n-grams. rows: (C,) texts of each label. distinct: V. Of `texts_given` texts `texts_read`
    were read.
    """

    hashes: Ids
    kinds: Ids
    labels: Ids
    counts: Ids
    grams: Ids
    rows: Ids
    distinct: int
    texts_read: int
    texts_given: int
    name: ClassVar[str] = "bag-of-words"

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        label_ids: Sequence[int] | Ids,
        num_labels: int,
        *,
        max_characters: int = MAX_CHARACTERS,
        max_bytes: int = MAX_BYTES,
    ) -> BagOfWords:
        """Count the n-grams of `texts`, and keep those that say most as far as `max_bytes` hold them.

        Of more than `max_characters` every k-th text of each label is read.
        """
        ids = np.asarray(label_ids, np.int64)
        assert len(texts) == len(ids)
        every = max(1, -(-sum(map(len, texts)) // max_characters))
        read = np.argsort(ids, kind="stable")[::every]
        num_grams, grams = _grams_of([texts[row] for row in read.tolist()])
        keys, counts = np.unique(
            grams.astype(np.int64) * num_labels + np.repeat(ids[read], num_grams), return_counts=True
        )
        sums = np.bincount(keys % num_labels, weights=counts, minlength=num_labels).astype(np.int64)
        kept, distinct = _most_telling(keys, counts, sums, max_bytes)
        hashes, kinds = np.unique(keys[kept] // num_labels, return_counts=True)
        return cls(
            hashes=hashes.astype(np.uint32),
            kinds=_smallest(kinds),
            labels=_smallest(keys[kept] % num_labels),
            counts=_smallest(counts[kept]),
            grams=sums,
            rows=np.bincount(ids[read], minlength=num_labels).astype(np.int64),
            distinct=distinct,
            texts_read=len(read),
            texts_given=len(texts),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        if self.texts_read == self.texts_given:
            return ()
        return (f"the bag-of-words baseline read {self.texts_read:,} of {self.texts_given:,} training texts",)

    def predict(self, texts: Sequence[str]) -> Ids:
        """Return the most probable label of each text, (N,), of equals the first; an empty text has the prior's."""
        parts = [self._scores(texts[start : start + _TEXTS_AT_ONCE]).argmax(axis=1) for start in _starts(len(texts))]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def _scores(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return log P(c | text) but for a constant of the text, (N, C)."""
        num_labels = len(self.rows)
        num_grams, grams = _grams_of(texts)
        if not len(self.hashes):
            places, rows = np.zeros(0, np.int64), np.zeros(0, np.int64)
        else:
            nearest = np.minimum(np.searchsorted(self.hashes, grams), len(self.hashes) - 1)
            known = self.hashes[nearest] == grams
            places, rows = nearest[known], np.repeat(np.arange(len(texts)), num_grams)[known]
        # of each n-gram that a text holds, all pairs with a label
        kinds = self.kinds.astype(np.int64)
        ends, seen = np.cumsum(kinds), kinds[places]
        pairs = np.arange(int(seen.sum())) + np.repeat(ends[places] - np.cumsum(seen), seen)
        cells = np.repeat(rows, seen) * num_labels + self.labels[pairs]
        gains = np.log1p(self.counts[pairs].astype(np.float64))
        found = np.bincount(cells, weights=gains, minlength=len(texts) * num_labels)
        unseen = -np.log(np.maximum(self.grams + self.distinct, 1))  # of an n-gram with n(g, c) = 0
        prior = np.log(self.rows + 1.0)
        scores: npt.NDArray[np.float64] = found.reshape(len(texts), num_labels) + prior
        return scores + np.bincount(rows, minlength=len(texts))[:, None] * unseen

    def to_arrays(self) -> dict[str, Ids]:
        """Return the model as named arrays of numbers; no name is that of any other baseline's."""
        facts = np.array([self.distinct, self.texts_read, self.texts_given], np.int64)
        return {_PREFIX + name: getattr(self, name) for name in _ARRAYS} | {_PREFIX + "facts": facts}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> BagOfWords:
        """Put together again what `to_arrays` returned, perhaps among other arrays; damaged ones are refused."""
        found = {name: _checked(arrays, name) for name in (*_ARRAYS, "facts")}
        facts = found.pop("facts")
        if len(facts) != 3:
            raise _damaged("facts")
        distinct, texts_read, texts_given = facts.tolist()
        model = cls(**found, distinct=distinct, texts_read=texts_read, texts_given=texts_given)
        model._check()
        return model

    def _check(self) -> None:
        checks = {
            "hashes": self.hashes.dtype == np.uint32 and (self.hashes[1:] > self.hashes[:-1]).all(),
            "kinds": len(self.kinds) == len(self.hashes) and int(self.kinds.sum(dtype=np.int64)) == len(self.labels),
            "labels": (self.labels < len(self.rows)).all(),
            "counts": len(self.counts) == len(self.labels),
            "grams": len(self.grams) == len(self.rows),
            "rows": len(self.rows) > 0,
        }
        for name, is_sound in checks.items():
            if not is_sound:
                raise _damaged(name)


_ARRAYS = ("hashes", "kinds", "labels", "counts", "grams", "rows")


class _WordHashes(dict[str, int]):
    """The hash of a word, the same in every process, worked out once for each."""

    def __missing__(self, word: str) -> int:
        digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self[word] = value = int.from_bytes(digest, "little")
        return value


def _grams_of(texts: Sequence[str]) -> tuple[Ids, Ids]:
    """Return how many different n-grams each text holds, (N,), and their hashes, one text after another."""
    parts = list(_grams(texts))
    return np.array([len(part) for part in parts], np.int64), np.concatenate([np.zeros(0, np.uint32), *parts])


def _grams(texts: Sequence[str]) -> Iterator[Ids]:
    hashes = _WordHashes()
    for text in texts:
        words = (_ASCII_WORDS if text.isascii() else regex.compile(_WORDS, regex.V1)).findall(text.lower())
        ones = np.fromiter(map(hashes.__getitem__, words), np.uint64, len(words))
        # the upper half of the bits is the better mixed one
        grams = np.sort((np.concatenate((ones, ones[:-1] * _MIX + ones[1:])) >> np.uint64(32)).astype(np.uint32))
        yield grams[np.diff(grams, prepend=~grams[:1]) != 0]


def _most_telling(keys: Ids, counts: Ids, sums: Ids, max_bytes: int) -> tuple[npt.NDArray[np.bool_], int]:
    """Return which pairs of n-gram and label to keep, (P,), and the number of different n-grams there are.

    keys: (P,) n-gram · C + label, ascending; sums: (C,) n(c). An n-gram tells as much as the labels of the texts that
    hold it differ from those of all n-grams (Kullback-Leibler divergence, smoothed with a few imagined texts).
    """
    num_labels, share = len(sums), (sums + 1) / (sums.sum() + len(sums))
    grams = np.cumsum(np.diff(keys // num_labels, prepend=-1) != 0) - 1
    total, prior = np.bincount(grams, weights=counts), share[keys % num_labels]
    seen = (counts + prior * _IMAGINED) / (total[grams] + _IMAGINED)
    # what is left to the labels that an n-gram was not seen with, and how much less that is than before
    unseen, less = 1 - np.bincount(grams, weights=prior), _IMAGINED / (total + _IMAGINED)
    told = np.bincount(grams, weights=seen * np.log(seen / prior)) + unseen * less * np.log(less)
    label_bytes = np.min_scalar_type(num_labels).itemsize
    sizes = 4 + label_bytes + np.bincount(grams) * (label_bytes + _smallest(counts).itemsize)
    order = np.argsort(-told, kind="stable")
    kept = np.zeros(len(total), bool)
    kept[order[np.cumsum(sizes[order]) <= max_bytes]] = True
    return kept[grams], len(total)


def _checked(arrays: Mapping[str, Array], name: str) -> Ids:
    array = arrays.get(_PREFIX + name)
    if array is None or array.ndim != 1 or array.dtype.kind not in "iu" or (array < 0).any():
        raise _damaged(name)
    return array


def _damaged(name: str) -> UserError:
    return UserError("damaged baseline", which=_PREFIX + name, mend="train the run again")


def _starts(num_texts: int) -> range:
    return range(0, num_texts, _TEXTS_AT_ONCE)


def _smallest(array: Ids) -> Ids:
    return array.astype(np.min_scalar_type(int(array.max()) if len(array) else 0))

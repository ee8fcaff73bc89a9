"""The units of texts as ids that a classifier reads; unseen words have subwords, and ids of their own.

In: texts. Out: ids; and for each id which row of the vocabulary and which subwords it is made of. Without subwords the
ids are the vocabulary's. Knows no weights.
"""

from __future__ import annotations

import zlib
from itertools import islice

import numpy as np
import numpy.typing as npt

from textrnn.text.tokenizer import Tokenizer
from textrnn.text.tokenizers.word import WordTokenizer
from textrnn.text.vocabulary import SPECIAL_SYMBOLS, UNKNOWN

Ids = npt.NDArray[np.integer]

# lengths of a subword, and how many of them a word has at most
SHORTEST, LONGEST, MOST = 3, 6, 32


class Lexicon:
    """Ids for texts. It grows by every word that the vocabulary does not have, where these have subwords."""

    def __init__(self, tokenizer: Tokenizer, subwords: int | None) -> None:
        """subwords: rows of the table of subwords, None for none."""
        self.tokenizer, self.subwords = tokenizer, subwords
        self.vocabulary_size = len(tokenizer.symbols)
        self._words: list[str] = []
        # what has been worked out of each id: how many subwords, -1 for not yet, and which
        self._counts = np.full(0, -1, np.int64)
        self._found = np.zeros((0, MOST), np.int64)
        self._ids: dict[str, int] = {}

    def __len__(self) -> int:
        return self.vocabulary_size + len(self._words)

    def encode(self, text: str) -> Ids:
        """Return the ids of `text`; none where it is nothing but white space, which says nothing of a label."""
        ids = self.tokenizer.encode(text)
        if not text.strip():
            return ids[:0]
        if self.subwords is None or not (ids == UNKNOWN).any():
            return ids
        assert isinstance(self.tokenizer, WordTokenizer)
        words = self.tokenizer.words(text)
        return np.array([self._id(word) if id == UNKNOWN else id for word, id in zip(words, ids.tolist(), strict=True)])

    def forget(self) -> None:
        """Forget all words that the vocabulary does not have."""
        self._words.clear()
        self._ids.clear()
        self._counts[self.vocabulary_size :] = -1

    def parts(self, ids: Ids) -> tuple[Ids, Ids, Ids]:
        """Return what words are made of: rows of the vocabulary (W,), subwords (W, P) padded, their number (W,)."""
        own = np.where(ids < self.vocabulary_size, ids, UNKNOWN)
        if self.subwords is None:
            return own, np.zeros((len(ids), 0), np.int64), np.zeros(len(ids), np.int64)
        if len(self) > len(self._counts):
            more = max(len(self), len(self._counts) * 3 // 2) - len(self._counts)
            self._counts = np.concatenate([self._counts, np.full(more, -1, np.int64)])
            self._found = np.concatenate([self._found, np.zeros((more, MOST), np.int64)])
        for id in ids[self._counts[ids] < 0].tolist():
            found = subword_ids(self._symbol(id), self.subwords)
            self._found[id, : len(found)], self._counts[id] = found, len(found)
        counts = self._counts[ids]
        return own, self._found[ids, : max(1, counts.max(initial=0))], counts

    def _id(self, word: str) -> int:
        id = self._ids.get(word)
        if id is None:
            id = self._ids[word] = len(self)
            self._words.append(word)
        return id

    def _symbol(self, id: int) -> str:
        if id < len(SPECIAL_SYMBOLS):
            return ""
        return self.tokenizer.symbols[id] if id < self.vocabulary_size else self._words[id - self.vocabulary_size]


def subword_ids(word: str, buckets: int) -> list[int]:
    """Return the rows of the character n-grams of `word`, whose ends are marked (Bojanowski et al. 2017)."""
    if not word:
        return []
    marked = f"<{word}>"
    grams = (
        marked[start : start + length]
        for length in range(SHORTEST, LONGEST + 1)
        for start in range(len(marked) - length + 1)
    )
    return [zlib.crc32(gram.encode("utf-8", "surrogatepass")) % buckets for gram in islice(grams, MOST)]

"""The units of texts as ids that are read whole; unseen words have subwords, and ids of their own.

In: texts, or words. Out: ids; and for each id which row of the vocabulary and which subwords it is made of, and its
shape where that is asked for. Without both the ids are the vocabulary's. Knows no weights.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from textrnn.text.shapes import shape_id
from textrnn.text.tokenizer import Tokenizer
from textrnn.text.tokenizers.word import WordTokenizer
from textrnn.text.vocabulary import SPECIAL_SYMBOLS, UNKNOWN

Ids = npt.NDArray[np.integer]

# lengths of a subword, and how many of them a word has at most
SHORTEST, LONGEST, MOST = 3, 6, 32


class _Ids(dict[str, int]):
    """The ids of words that were met before; a word that was not is asked for."""

    def __init__(self, met: Callable[[str], int]) -> None:
        self._met = met

    def __missing__(self, word: str) -> int:
        return self._met(word)


class Lexicon:
    """Ids for texts. It grows by every word that the vocabulary does not have, where these have subwords or shapes.

    With shapes a word that is written in another way than the vocabulary has it is a word of its own: it has the same
    row and subwords, and another shape.
    """

    def __init__(self, tokenizer: Tokenizer, subwords: int | None, *, has_shapes: bool = False) -> None:
        """subwords: rows of the table of subwords, None for none."""
        self.tokenizer, self.subwords, self.has_shapes = tokenizer, subwords, has_shapes
        self.vocabulary_size = len(tokenizer.symbols)
        self._words: list[str] = []
        # of each of them: as the vocabulary would have it, and its row there
        self._known: list[tuple[str, int]] = []
        # what has been worked out of each id: how many subwords, -1 for not yet, and which; its row and its shape
        self._counts = np.full(0, -1, np.int64)
        self._found = np.zeros((0, MOST), np.int64)
        self._rows_and_shapes = np.zeros((0, 2), np.int64)
        self._ids = _Ids(self._met)

    def __len__(self) -> int:
        return self.vocabulary_size + len(self._words)

    def encode(self, text: str) -> Ids:
        """Return the ids of `text`; none where it is nothing but white space, which says nothing of a label."""
        if not text.strip():
            return np.zeros(0, np.int64)
        if self.subwords is None or not isinstance(self.tokenizer, WordTokenizer):
            return self.tokenizer.encode(text)
        return self.encode_words(self.tokenizer.words(text))

    def encode_passages(self, passages: Sequence[str]) -> tuple[Ids, Ids]:
        """Return the ids of a text in passages, (N,), and how many of them each passage has, (S,), none without any."""
        found = [self.encode(passage) for passage in passages]
        sizes = np.array([len(ids) for ids in found], np.int64)
        return np.concatenate(found), sizes[sizes > 0]

    def encode_words(self, words: Sequence[str]) -> Ids:
        """Return one id a word, for words that were cut already."""
        return np.fromiter(map(self._ids.__getitem__, words), np.int64, len(words))

    def forget(self) -> None:
        """Forget all words that the vocabulary does not have."""
        self._words.clear()
        self._known.clear()
        self._ids.clear()
        self._counts[self.vocabulary_size :] = -1

    def parts(self, ids: Ids) -> tuple[Ids, Ids, Ids]:
        """Return what words are made of: rows of the vocabulary (W,), subwords (W, P) padded, their number (W,)."""
        if self.subwords is None and not self.has_shapes:
            own = np.where(ids < self.vocabulary_size, ids, UNKNOWN)
            return own, np.zeros((len(ids), 0), np.int64), np.zeros(len(ids), np.int64)
        self._work_out(ids)
        counts = self._counts[ids]
        return self._rows_and_shapes[ids, 0], self._found[ids, : max(1, counts.max(initial=0))], counts

    def shapes(self, ids: Ids) -> Ids:
        """Return the shapes of words, (W,)."""
        self._work_out(ids)
        found: Ids = self._rows_and_shapes[ids, 1]
        return found

    def _work_out(self, ids: Ids) -> None:
        """Work out what words are made of that were not asked for before."""
        if len(self) > len(self._counts):
            more = max(len(self), len(self._counts) * 3 // 2) - len(self._counts)
            self._counts = np.concatenate([self._counts, np.full(more, -1, np.int64)])
            self._found = np.concatenate([self._found, np.zeros((more, MOST), np.int64)])
            self._rows_and_shapes = np.concatenate([self._rows_and_shapes, np.zeros((more, 2), np.int64)])
        for id in ids[self._counts[ids] < 0].tolist():
            word = self._symbol(id)
            known, row = (word, id) if id < self.vocabulary_size else self._known[id - self.vocabulary_size]
            found = [] if self.subwords is None else subword_ids(known, self.subwords)
            self._found[id, : len(found)], self._counts[id] = found, len(found)
            self._rows_and_shapes[id] = row, shape_id(word)

    def _as_known(self, word: str) -> tuple[str, int]:
        """Return a word as the vocabulary has it, and its row there."""
        assert isinstance(self.tokenizer, WordTokenizer)
        (known,) = self.tokenizer.as_known([word])
        return known, int(self.tokenizer.ids_of([known])[0])

    def _met(self, word: str) -> int:
        """Return the id of a word that is met for the first time."""
        known, row = self._as_known(word)
        if self.has_shapes:
            own = row if row != UNKNOWN and known == word else self._id(word, (known, row))
        else:
            own = row if row != UNKNOWN or self.subwords is None else self._id(known, (known, row))
        if own != UNKNOWN:
            self._ids[word] = own
        return own

    def _id(self, word: str, known: tuple[str, int]) -> int:
        """Return the id of a word that the vocabulary does not have so."""
        id = self._ids.get(word)
        if id is None:
            id = self._ids[word] = len(self)
            self._words.append(word)
            self._known.append(known)
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

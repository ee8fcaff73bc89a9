"""The n-grams of a text as 32-bit keys: its words, runs of words, and runs of characters.

In: texts. Out: keys, the same on every machine and in every process. There are two families of n-grams: runs of words,
whose keys are even, and runs of characters, whose keys are odd. Two of a family in two thousand million share a key by
chance. Knows no weights.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from textrnn.text.alphabet import code_points
from textrnn.text.tokenizers.word import units_of

Keys = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.integer]

_ODD, _EVEN = np.uint32(1), np.uint32(0xFFFFFFFE)
# odd multiplier of Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def words_of(text: str) -> list[str]:
    """Return the words and punctuation marks of `text` in lower case."""
    return units_of(text.lower())


def word_key(word: str) -> int:
    """Return the number that stands for a word in its runs."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


class _WordKeys(dict[str, int]):
    def __missing__(self, word: str) -> int:
        key = self[word] = word_key(word)
        return key


def run_keys(units: npt.NDArray[np.uint32], rows: Rows, order: int) -> tuple[Rows, Keys]:
    """Return the row and the key of every run of `order` units.

    units: (N,) of several texts, one text after another. rows: (N,) the text of each.
    """
    stop = len(units) - order + 1
    if stop <= 0:
        return rows[:0], units[:0]
    # in place: this is most of what classifying costs
    mixed, shifted = np.full(stop, order, np.uint64), np.empty(stop, np.uint64)
    for offset in range(order):
        mixed ^= units[offset : offset + stop]
        mixed *= _MULTIPLIER
        mixed ^= np.right_shift(mixed, np.uint64(29), out=shifted)
    is_whole = rows[:stop] == rows[order - 1 :]
    return rows[:stop][is_whole], (mixed[is_whole] >> np.uint64(32)).astype(np.uint32)


def families(keys: Keys) -> Rows:
    """Return the family of each n-gram: 0 a run of words, 1 a run of characters."""
    return (keys & _ODD).astype(np.int64)


class NgramReader:
    """Reads the n-grams of texts. words, characters: (shortest, longest) run, None for none."""

    # what is remembered is forgotten before it fills the memory
    _MOST_WORDS = 50_000

    def __init__(self, *, words: tuple[int, int], characters: tuple[int, int] | None) -> None:
        self.words, self.characters = words, characters
        self._known = _WordKeys()

    def read(self, texts: Sequence[str]) -> tuple[Rows, Keys]:
        """Return the n-grams of `texts`, each once a text: rows (N,), ascending, and keys (N,), ascending in a row."""
        if len(self._known) > self._MOST_WORDS:
            self._known.clear()
        words = list(map(words_of, texts))
        flat = np.fromiter(map(self._known.__getitem__, chain.from_iterable(words)), np.uint32)
        found = _runs(flat, list(map(len, words)), self.words, np.uint32(0))
        if self.characters is not None:
            spaced = [" ".join(text.lower().split()) for text in texts]
            flat = code_points("".join(spaced)).astype(np.uint32)
            found += _runs(flat, list(map(len, spaced)), self.characters, _ODD)
        return _distinct(found)


def _runs(
    units: npt.NDArray[np.uint32], lengths: Sequence[int], orders: tuple[int, int], family: np.uint32
) -> list[tuple[Rows, Keys]]:
    rows = np.repeat(np.arange(len(lengths)), lengths)
    found = (run_keys(units, rows, order) for order in range(orders[0], orders[1] + 1))
    return [(own, keys & _EVEN | family) for own, keys in found]


def _distinct(parts: Sequence[tuple[Rows, Keys]]) -> tuple[Rows, Keys]:
    """Return each pair of row and key once, in ascending order."""
    rows = np.concatenate([rows for rows, _ in parts]).astype(np.uint64)
    pairs = (rows << np.uint64(32)) | np.concatenate([keys for _, keys in parts])
    # numpy.unique goes by a hash table, which takes ten times as long here
    pairs.sort()
    pairs = pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))] if len(pairs) else pairs
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)

"""A unit is a word, a run of punctuation marks, or a line break.

The cut is that of NLTK's wordpunct_tokenize (since 3.10, where accents and vowel signs are parts of a word), and line
breaks are units too. Other white space is not kept: the decoder puts spaces where text has them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from textrnn.text.corpus import CorpusPart
from textrnn.text.spacing import LINE_BREAK, Spacing
from textrnn.text.tokenizers.char import start_id_for
from textrnn.text.tokenizers.cutting import cut
from textrnn.text.vocabulary import END, SPECIAL_SYMBOLS, UNKNOWN, UnknownUnit, check_sizes, choose_symbols

# A run longer than this is no word; it bounds what has to wait for the end of one.
LONGEST_UNIT = 1_000
UNITS = regex.compile(rf"\n|\w{{1,{LONGEST_UNIT}}}|[^\w\s]{{1,{LONGEST_UNIT}}}")
# the same in ASCII, where Python's own engine knows all that is to be known, and is quicker
_ASCII_UNITS = re.compile(UNITS.pattern, re.ASCII)
DEFAULT_VOCABULARY_SIZE = 10_000
_MOST_COUNTED = 1_000_000
_REMEMBERED_CHARACTERS = 2_000


def units_of(text: str) -> list[str]:
    """Return the units of `text` as they stand there."""
    found: list[str] = (_ASCII_UNITS if text.isascii() else UNITS).findall(text)
    return found


class _Ids(dict[str, int]):
    def __missing__(self, word: str) -> int:
        return UNKNOWN


class WordTokenizer:
    """One id a word."""

    kind = "word"
    unit = "word"

    def __init__(
        self, symbols: tuple[str, ...], start_id: int, *, lowercase: bool, notes: tuple[str, ...] = ()
    ) -> None:
        self.symbols, self.start_id, self.notes, self._lowercase = symbols, start_id, notes, lowercase
        self._ids = _Ids((symbol, id) for id, symbol in enumerate(symbols) if id not in (UNKNOWN, END))

    def encode(self, text: str) -> npt.NDArray[np.int32]:
        """Return one id a word."""
        return self.ids_of(self.words(text))

    def words(self, text: str) -> list[str]:
        """Return the words of `text` as the vocabulary has them, one for each id of `encode`."""
        return self.as_known(units_of(text))

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the ids of each piece; a word at its end goes with the next."""
        return (self.ids_of(self.as_known(units)) for units in cut(UNITS, pieces))

    def unknown(self, text: str) -> list[UnknownUnit]:
        """Return the distinct words of `text` that the vocabulary does not have."""
        places: dict[str, list[int]] = {}
        for match in UNITS.finditer(text):
            word = match[0].lower() if self._lowercase else match[0]
            if word not in self._ids:
                places.setdefault(word, []).append(match.start())
        return [UnknownUnit(word, positions[0], len(positions)) for word, positions in places.items()]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`, with spaces as text has them."""
        decoder = self.decoder()
        return "".join([*map(decoder.feed, ids), decoder.finish()])

    def decoder(self, after: str = "") -> WordDecoder:
        """Return a decoder that knows by what `after` ends with whether a space goes first."""
        return WordDecoder(self.symbols, after)

    def to_json(self) -> dict[str, Any]:
        """Return the words in the order of their ids."""
        return {
            "kind": self.kind,
            "start_id": self.start_id,
            "lowercase": self._lowercase,
            "symbols": list(self.symbols[len(SPECIAL_SYMBOLS) :]),
        }

    def as_known(self, units: list[str]) -> list[str]:
        """Return words as the vocabulary has them."""
        return list(map(str.lower, units)) if self._lowercase else units

    def ids_of(self, words: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return one id a word, for words as the vocabulary has them, UNKNOWN for one that it does not have."""
        return np.fromiter(map(self._ids.__getitem__, words), dtype=np.int32, count=len(words))


class WordDecoder:
    """Writes words one at a time, each with the space before it."""

    def __init__(self, symbols: tuple[str, ...], after: str) -> None:
        self._symbols = symbols
        self._spacing = Spacing()
        tail = after[-_REMEMBERED_CHARACTERS:]
        self._spacing.remember(UNITS.findall(tail), ends_in_space=tail[-1:].isspace())

    def feed(self, id: int) -> str:
        """Return the text of `id`; an apostrophe waits for the word after it."""
        return "" if id == END else self._spacing.feed(self._symbols[id])

    def finish(self) -> str:
        """Return an apostrophe that still waits."""
        return self._spacing.finish()


def fit(part: CorpusPart, *, vocabulary_size: int | None, min_count: int | None, lowercase: bool) -> WordTokenizer:
    """Return the tokenizer of the most frequent words of `part`."""
    check_sizes(vocabulary_size, min_count, smallest=len(SPECIAL_SYMBOLS) + 1)
    counts: Counter[str] = Counter()
    threshold, total = 1, 0
    for document in part.documents():
        for units in cut(UNITS, document):
            total += len(units)
            counts.update(map(str.lower, units) if lowercase else units)
            # What was seen least goes when memory would: Zipf's law keeps the frequent words out of reach.
            while len(counts) > _MOST_COUNTED:
                threshold += 1
                counts = Counter({word: count for word, count in counts.items() if count >= threshold})
    if not counts:
        counts[LINE_BREAK] = total = 1
    size = DEFAULT_VOCABULARY_SIZE if vocabulary_size is None and min_count is None else vocabulary_size
    symbols, notes = choose_symbols(counts, WordTokenizer.unit, size, min_count, total)
    line_break_id = symbols.index(LINE_BREAK) if LINE_BREAK in symbols else None
    return WordTokenizer(symbols, start_id_for(part, line_break_id), lowercase=lowercase, notes=notes)


def of_words(
    words: Iterable[str], *, vocabulary_size: int | None, min_count: int | None, lowercase: bool
) -> WordTokenizer:
    """Return the tokenizer of the most frequent of words that were cut already."""
    counts = Counter(map(str.lower, words) if lowercase else words)
    symbols, notes = choose_symbols(counts, WordTokenizer.unit, vocabulary_size, min_count)
    return WordTokenizer(symbols, END, lowercase=lowercase, notes=notes)


def from_json(value: dict[str, Any]) -> WordTokenizer:
    """Return the tokenizer of a run."""
    words = value["symbols"]
    if not words or len(set(words)) != len(words) or not all(isinstance(word, str) and word for word in words):
        raise ValueError("symbols are not distinct words")
    if not 0 <= value["start_id"] < len(words) + len(SPECIAL_SYMBOLS):
        raise ValueError("start_id is no id")
    return WordTokenizer((*SPECIAL_SYMBOLS, *words), value["start_id"], lowercase=bool(value["lowercase"]))

"""A unit is a character: one Unicode code point.

The ids of a text are one look-up in a table over code points. Any text whose characters are known comes back exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError
from textrnn.text.alphabet import code_points
from textrnn.text.corpus import CorpusPart
from textrnn.text.vocabulary import END, SPECIAL_SYMBOLS, UNKNOWN, UnknownUnit, choose_symbols

_UNKNOWN_TEXT = "\N{REPLACEMENT CHARACTER}"

# documents from which on a boundary is met often enough to be learned
MANY_DOCUMENTS = 100


class CharTokenizer:
    """One id a code point."""

    kind = "char"
    unit = "character"

    def __init__(self, symbols: tuple[str, ...], start_id: int, notes: tuple[str, ...] = ()) -> None:
        self.symbols, self.start_id, self.notes = symbols, start_id, notes
        codes = [ord(symbol) for symbol in symbols[len(SPECIAL_SYMBOLS) :]]
        # The last entry stands for every code point beyond the table.
        self._table = np.full(max(codes) + 2, UNKNOWN, dtype=np.int32)
        self._table[codes] = np.arange(len(SPECIAL_SYMBOLS), len(symbols), dtype=np.int32)
        self._texts = (_UNKNOWN_TEXT, "", *symbols[len(SPECIAL_SYMBOLS) :])

    def encode(self, text: str) -> npt.NDArray[np.int32]:
        """Return one id a character."""
        return self._table.take(code_points(text), mode="clip")

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the ids of each piece."""
        return map(self.encode, pieces)

    def unknown(self, text: str) -> list[UnknownUnit]:
        """Return the distinct characters of `text` that the vocabulary does not have."""
        return characters_without_id(text, self.encode(text))

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`."""
        return "".join([self._texts[id] for id in ids])

    def decoder(self, after: str = "") -> CharDecoder:
        """Return a decoder; what went before does not matter to it."""
        return CharDecoder(self._texts)

    def to_json(self) -> dict[str, Any]:
        """Return the characters in the order of their ids."""
        return {"kind": self.kind, "start_id": self.start_id, "symbols": list(self.symbols[len(SPECIAL_SYMBOLS) :])}


class CharDecoder:
    """Every id is a whole character at once."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = texts

    def feed(self, id: int) -> str:
        """Return the character of `id`."""
        return self._texts[id]

    def finish(self) -> str:
        """Nothing is ever held back."""
        return ""


def characters_without_id(text: str, ids: npt.NDArray[np.int32]) -> list[UnknownUnit]:
    """Return the distinct characters of `text` at which `ids`, one a character, is UNKNOWN."""
    places: dict[str, list[int]] = {}
    for position in np.flatnonzero(ids == UNKNOWN).tolist():
        places.setdefault(text[position], []).append(position)
    return [UnknownUnit(character, positions[0], len(positions)) for character, positions in places.items()]


def start_id_for(part: CorpusPart, line_break_id: int | None) -> int:
    """Return what a text starts after: the boundary if there were many documents, else a line break if known.

    What follows a boundary, and when one comes, is not learned from a few dozen; texts with conditions start after one.
    """
    if part.conditions or part.num_documents >= MANY_DOCUMENTS or line_break_id is None:
        return END
    return line_break_id


def fit(part: CorpusPart, *, vocabulary_size: int | None, min_count: int | None, lowercase: bool) -> CharTokenizer:
    """Return the tokenizer of the characters of `part`."""
    if lowercase:
        raise UserError("lower-casing needs whole words", mend="give --tokenizer word with it")
    counts: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    for document in part.documents():
        for piece in document:
            found = np.bincount(code_points(piece), minlength=len(counts))
            found[: len(counts)] += counts
            counts = found
    named = {chr(code): int(counts[code]) for code in np.flatnonzero(counts).tolist()}
    symbols, notes = choose_symbols(named, CharTokenizer.unit, vocabulary_size, min_count)
    line_break_id = symbols.index("\n") if "\n" in symbols else None
    return CharTokenizer(symbols, start_id_for(part, line_break_id), notes)


def from_json(value: dict[str, Any]) -> CharTokenizer:
    """Return the tokenizer of a run."""
    characters = value["symbols"]
    if (
        not characters
        or len(set(characters)) != len(characters)
        or any(len(character) != 1 for character in characters)
    ):
        raise ValueError("symbols are not distinct characters")
    if not 0 <= value["start_id"] < len(characters) + len(SPECIAL_SYMBOLS):
        raise ValueError("start_id is no id")
    return CharTokenizer((*SPECIAL_SYMBOLS, *characters), value["start_id"])

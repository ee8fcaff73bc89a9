"""The characters of texts, counted: how many different ones, of which scripts, and which of them are invisible.

In go texts, in any pieces; memory does not grow with them. Knows no vocabulary.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from textrnn.text.alphabet import code_points
from textrnn.text.display import code_point

_CODES = 0x110000
# short texts are counted so many characters at once, for each count goes over all code points
_BATCH = 1 << 20


class Symbols:
    """Counts of characters."""

    def __init__(self, pieces: Iterable[str] = ()) -> None:
        self._counts = np.zeros(_CODES, dtype=np.int64)
        held, size = list[str](), 0
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size >= _BATCH:
                self.add("".join(held))
                held, size = [], 0
        self.add("".join(held))

    def add(self, piece: str) -> None:
        """Count the characters of one piece."""
        if piece:
            self._counts += np.bincount(code_points(piece), minlength=_CODES)

    @property
    def total(self) -> int:
        """How many characters there are."""
        return int(self._counts.sum())

    def unseen_in(self, other: Symbols) -> dict[str, int]:
        """Return the characters that `other` lacks with their counts, the most frequent first."""
        codes = np.flatnonzero((self._counts > 0) & (other._counts == 0))
        ordered = sorted(codes.tolist(), key=lambda code: (-int(self._counts[code]), code))
        return {chr(code): int(self._counts[code]) for code in ordered}

    def to_json(self) -> dict[str, Any]:
        """Return how many different characters there are, of which kinds; of the invisible ones how often each."""
        kinds: Counter[str] = Counter()
        scripts: Counter[str] = Counter()
        invisible = {}
        codes = np.flatnonzero(self._counts).tolist()
        for code in codes:
            character = chr(code)
            kind = _kind(character)
            if kind == "letters":
                scripts[_script(character)] += 1
            elif kind == "invisible":
                invisible[code_point(character)] = int(self._counts[code])
            else:
                kinds[kind] += 1
        return {
            "size": len(codes),
            "letters": dict(sorted(scripts.items(), key=lambda item: (-item[1], item[0]))),
            **{kind: kinds[kind] for kind in ("digits", "punctuation", "symbols", "spaces")},
            "invisible": invisible,
        }


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\t" or category[0] == "Z":
        return "spaces"
    # a variation selector is a mark by its category, and shows nothing by itself
    if category[0] == "C" or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
        return "invisible"
    return {"N": "digits", "P": "punctuation", "S": "symbols"}.get(category[0], "letters")


def _script(letter: str) -> str:
    """Return the first word of a letter's name, which is its script, or tells a mark that belongs to several."""
    # the ordinal indicators and the like are letters of a script by what they stand for
    plain = unicodedata.normalize("NFKC", letter)[0]
    name = unicodedata.name(plain, "other").split(" ")[0]
    return name if name == "CJK" else name.capitalize()

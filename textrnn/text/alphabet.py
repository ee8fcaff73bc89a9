"""The distinct characters of a text, and whether it writes one letter in two ways.

In go pieces of text, in order; memory does not grow with them. Knows no ids: which character gets one is the
vocabulary's business.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt

# scripts that write no spaces between words, as a set of the regex module
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """Return the code points of `text`, one a character; a lone surrogate is a code point like any other."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


class Alphabet:
    """Collects the distinct code points of a text that arrives in pieces."""

    def __init__(self) -> None:
        self._seen: npt.NDArray[Any] = np.zeros(sys.maxunicode + 1, dtype=bool)
        self._composed = self._decomposed = False

    def add(self, piece: str) -> None:
        """Take note of one piece."""
        self._seen[code_points(piece)] = True
        if not piece.isascii():
            self._composed = self._composed or not unicodedata.is_normalized("NFD", piece)
            self._decomposed = self._decomposed or not unicodedata.is_normalized("NFC", piece)

    @property
    def characters(self) -> str:
        """The distinct characters in the order of their code points."""
        return "".join(map(chr, np.flatnonzero(self._seen).tolist()))

    @property
    def mixes_normal_forms(self) -> bool:
        """Whether composed letters (NFC) and decomposed ones (NFD) both occur: different letters to a model."""
        return self._composed and self._decomposed

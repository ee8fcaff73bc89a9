"""What a word looks like, whatever its letters: capitals, small letters, digits and marks, each run as one sign.

In: a word. Out: its shape, such as Xx for Paris and X.X. for U.S., and the row that stands for it in a table.
"""

from __future__ import annotations

import zlib

# rows of a table of shapes: the first is that of no word
SHAPES = 256
# what follows later in a word says little
_LONGEST = 8


def shape(word: str) -> str:
    """Return X for a run of capitals, x for one of other letters, d for one of digits, and every mark itself, once."""
    signs: list[str] = []
    for character in word:
        sign = _sign(character)
        if not signs or signs[-1] != sign:
            signs.append(sign)
            if len(signs) == _LONGEST:
                break
    return "".join(signs)


def shape_id(word: str) -> int:
    """Return the row of a word's shape: from 1 to SHAPES - 1, and 0 for the empty word."""
    return 1 + zlib.crc32(shape(word).encode("utf-8", "surrogatepass")) % (SHAPES - 1) if word else 0


def _sign(character: str) -> str:
    if character.isupper():
        return "X"
    if character.isalpha():
        return "x"
    return "d" if character.isdigit() else character

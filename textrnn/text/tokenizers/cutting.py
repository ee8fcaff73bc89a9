"""A text that arrives in pieces cut into units by a regular expression, as if it had come whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol


class Pattern(Protocol):
    """A compiled expression of re or regex."""

    def findall(self, string: str) -> list[str]:
        """Return all matches."""
        ...


def cut(pattern: Pattern, pieces: Iterable[str]) -> Iterator[list[str]]:
    """Yield the units that `pattern` finds, a list for each piece.

    The pattern must look neither behind nor farther ahead than one character, and its units must be bounded in length:
    the last unit of a piece, which might go on in the next, waits for it.
    """
    waiting = ""
    for piece in pieces:
        text = waiting + piece
        units = pattern.findall(text)
        if not units:
            waiting = ""
            continue
        last = units.pop()
        end = text.rindex(last) + len(last)
        # One character of what follows a unit tells that it is over.
        waiting = text[end - len(last) : end + 1]
        yield units
    yield pattern.findall(waiting)

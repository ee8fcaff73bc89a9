"""Pieces of text to lines. A line ends at LF alone, which is what every line end has been made by whoever decoded it.

Gives a line as soon as its end has come. Knows no format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a text that arrives in pieces, without their ends; what follows the last one if not empty."""
    # a line of a gigabyte comes in many pieces, and is put together once
    begun: list[str] = []
    for piece in pieces:
        first, *others = piece.split("\n")
        begun.append(first)
        if others:
            yield "".join(begun)
            begun = [others.pop()]
            yield from others
    last = "".join(begun)
    if last:
        yield last

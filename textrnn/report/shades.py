"""Rows of numbers as shades with a digit each, below the names of their columns.

In go numbers with names and a width, out come lines of (text, style) spans. The digits say the same without the
shades. What the numbers mean, and how lines reach a terminal, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from textrnn.report.draw import cells, pad
from textrnn.report.picture import BOLD, NORMAL, Line

_SHADE, _FOR, _AGAINST = (0x30, 0x30, 0x30), (0x1A, 0x72, 0xE8), (0xD9, 0x5F, 0x02)


def shaded(
    columns: Sequence[str],
    rows: Sequence[tuple[str, Sequence[float]]],
    width: int,
    *,
    each: Sequence[int],
    digit: Callable[[float], str],
) -> Iterator[tuple[slice, list[Line]]]:
    """Yield blocks of as many columns as fit into `width`: which columns, and a line of their names above the rows.

    rows: names with shares from -1 to 1, one a column. each: how wide a column is, one cell at least for the gap before
    it. digit: what stands for a share.
    """
    names = max((cells(name) for name, _ in rows), default=0)
    for part in _parts(each, width - names - 2):
        head = "".join(" " * (room - cells(name)) + name for name, room in zip(columns[part], each[part], strict=True))
        lines: list[Line] = [[((" " * (names + 2) + head).rstrip(), BOLD)]]
        for name, shares in rows:
            both = zip(shares[part], each[part], strict=True)
            lines.append(
                [(f"{pad(name, names)}  ", NORMAL), *((digit(one).rjust(room), shade(one)) for one, room in both)]
            )
        yield part, lines


def shade(share: float) -> str:
    """Return the style of a number from -1 to 1: white on blue above 0, on orange below, the stronger the further."""
    end = _FOR if share >= 0 else _AGAINST
    strength = min(abs(share), 1.0)
    mixed = [round(a + (b - a) * strength) for a, b in zip(_SHADE, end, strict=True)]
    return "#ffffff on #" + "".join(f"{part:02x}" for part in mixed)


def tenths(share: float) -> str:
    """Return a digit for a number from -1 to 1: how many tenths it has, rounded half up, 9 for more as well."""
    # 0.15 is a little less than it says
    found = min(int(abs(share) * 10 + 0.5 + 1e-9), 9)
    return f"-{found}" if share < 0 and found else str(found)


def _parts(each: Sequence[int], width: int) -> Iterator[slice]:
    """Yield stretches of columns that fit, one column at least in each."""
    start = used = 0
    for place, room in enumerate(each):
        if place > start and used + room > width:
            yield slice(start, place)
            start, used = place, 0
        used += room
    if each:
        yield slice(start, len(each))

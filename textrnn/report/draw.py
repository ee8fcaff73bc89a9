"""Pictures made of characters: sparklines, a progress bar, text fitted to a width.

In go numbers and a width in terminal columns, out come strings of at most that width: Unicode blocks, or ASCII where
the terminal has no UTF-8. Colour, and what the numbers mean, are not known here.
"""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, kw_only=True)
class Glyphs:
    """The characters to draw with. `levels`: rising heights within one column; `parts`: growing widths within one."""

    levels: str
    parts: str
    done: str
    edge: str
    open: str
    rule: str
    dot: str
    times: str
    arrow: str
    ellipsis: str


UNICODE = Glyphs(
    levels="▁▂▃▄▅▆▇█",
    parts="▏▎▍▌▋▊▉█",
    done="━",
    edge="╸",
    open="─",
    rule="│",
    dot="·",
    times="×",
    arrow="→",
    ellipsis="…",
)
ASCII = Glyphs(
    levels="_.-'", parts="#", done="=", edge=">", open="-", rule="|", dot="-", times="x", arrow="->", ellipsis="~"
)


def glyphs_for(stream: TextIO) -> Glyphs:
    """Return the glyphs that `stream` can show: Unicode needs UTF-8 and more than the font of the Linux console."""
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    return UNICODE if encoding.startswith("utf") and os.environ.get("TERM") != "linux" else ASCII


def sparkline(
    values: Sequence[float | None],
    *,
    height: int = 1,
    low: float | None = None,
    high: float | None = None,
    glyphs: Glyphs = UNICODE,
) -> list[str]:
    """Return a chart of `height` rows, one column for each value, top row first; None is a gap.

    `low` and `high` are the values of the lowest and the highest mark, by default the extremes of what is drawn; what
    lies beyond is drawn at the edge.
    """
    known = [value for value in values if value is not None]
    low = min(known, default=0.0) if low is None else low
    high = max(known, default=0.0) if high is None else high
    steps = len(glyphs.levels) * height
    heights = [0 if value is None else 1 + _scale(value, low, high, steps - 1) for value in values]
    return ["".join(_cell(mark, row, glyphs) for mark in heights) for row in reversed(range(height))]


def progress_bar(fraction: float, width: int, glyphs: Glyphs = UNICODE) -> tuple[str, str]:
    """Return the done and the open part of a bar of `width` columns, in half columns where the glyphs can show them."""
    halves = math.floor(min(max(fraction, 0.0), 1.0) * width * 2)
    full, half = divmod(halves, 2)
    done = glyphs.done * full + glyphs.edge * half
    return done, glyphs.open * (width - len(done))


def cells(text: str) -> int:
    """Return how many columns a terminal gives to `text`: 2 for a wide character, 0 for one that joins another."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def pad(text: str, width: int) -> str:
    """Return `text` with spaces up to `width` columns."""
    return text + " " * (width - cells(text))


def fit(text: str, width: int, glyphs: Glyphs = UNICODE) -> str:
    """Return `text` in exactly `width` columns, cut with an ellipsis where it is longer."""
    if cells(text) <= width:
        return pad(text, width)
    from rich.cells import set_cell_size

    return set_cell_size(text, max(0, width - len(glyphs.ellipsis))) + glyphs.ellipsis[:width]


def wrap(text: str, width: int) -> list[str]:
    """Return the lines of `text` in `width` columns, broken at spaces where there are some, tabs as spaces.

    Characters are counted at the widest that any terminal shows them: terminals disagree on joined emoji and marks, and
    a line that is wider than thought would spoil a picture that is redrawn in place.
    """
    return [part for line in text.expandtabs(4).split("\n") for part in _broken(line, max(2, width))]


def _broken(line: str, width: int) -> list[str]:
    lines: list[str] = []
    current: str | None = None
    for word in line.split(" "):
        longer = word if current is None else f"{current} {word}"
        if _widest(longer) > width:
            *whole, longer = _chopped(word, width)
            lines += whole if current is None else [current, *whole]
        current = longer
    return [part.rstrip() for part in (*lines, current or "")]


def _chopped(word: str, width: int) -> list[str]:
    parts = [""]
    for character in word:
        if _widest(parts[-1] + character) > width:
            parts.append("")
        parts[-1] += character
    return parts


def _widest(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _scale(value: float, low: float, high: float, top: int) -> int:
    """Return the step from 0 to `top` of a value; everything is at the bottom where low and high are the same."""
    if not high > low:
        return 0
    return round(min(max((value - low) / (high - low), 0.0), 1.0) * top)


def _cell(mark: int, row: int, glyphs: Glyphs) -> str:
    """Return what a column filled up to `mark` steps shows in `row`, counted from the bottom."""
    levels = glyphs.levels
    filled = min(mark - row * len(levels), len(levels))
    return levels[filled - 1] if filled > 0 else " "


def _bar(value: float, top: float, width: int, glyphs: Glyphs) -> str:
    eighths = round(max(value, 0.0) / top * width * len(glyphs.parts)) if top > 0 else 0
    full, part = divmod(eighths, len(glyphs.parts))
    return glyphs.parts[-1] * full + (glyphs.parts[part - 1] if part else "")

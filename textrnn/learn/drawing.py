"""The pictures of the lessons: tables, bars, curves and heat strips, made of characters.

In go numbers with names and a width, out come lines of (text, style) spans of at most that width. A picture says the
same without its colours. What the numbers mean, and how lines reach a terminal, is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from textrnn.report.draw import UNICODE, Glyphs, cells, pad, sparkline
from textrnn.report.picture import BOLD, MAIN, NORMAL, QUIET, Line
from textrnn.report.shades import shaded, tenths

Cell = str | float

NEGATIVE = "#d95f02"
# for curves, told apart by colour-blind people too, and by their marks
_STYLES = ("cyan", "#d95f02", "green", "magenta", "yellow")
_MIN_BAR = 6


def number(value: Cell) -> str:
    """Return a number as it stands in a table: three decimals, or an exponent where they would not tell it."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value):
        return "beyond all numbers" if math.isnan(value) else ("infinite" if value > 0 else "-infinite")
    return f"{value:.3f}" if value == 0 or 0.0005 <= abs(value) < 1e6 else f"{value:.1e}"


def table(rows: Sequence[Sequence[Cell]], width: int, heading: Sequence[str] | None = None) -> list[Line]:
    """Return rows in aligned columns, numbers to the right; too wide ones in parts that repeat the first."""
    texts = [list(map(number, row)) for row in rows]
    shown = ([list(heading)] if heading else []) + texts
    if not shown:
        return []
    right = [all(not isinstance(row[column], str) for row in rows) for column in range(len(shown[0]))]
    widths = [max(cells(row[column]) for row in shown) for column in range(len(shown[0]))]
    lines: list[Line] = []
    for columns in _parts(widths, width):
        if lines:
            lines.append([])
        for place, row in enumerate(shown):
            laid = [" " * (widths[c] - cells(row[c])) + row[c] if right[c] else pad(row[c], widths[c]) for c in columns]
            lines.append([("  ".join(laid).rstrip(), BOLD if heading and place == 0 else NORMAL)])
    return lines


def _parts(widths: Sequence[int], width: int) -> list[list[int]]:
    parts, used = [[0]], widths[0]
    for column in range(1, len(widths)):
        used += 2 + widths[column]
        if used > width and len(parts[-1]) > 1:
            parts.append([0])
            used = widths[0] + 2 + widths[column]
        parts[-1].append(column)
    return parts


def bars(values: Mapping[str, float], width: int, *, top: float | None = None, glyphs: Glyphs = UNICODE) -> list[Line]:
    """Return a line for each value: name, number, bar. Bars of negative values go to the left of a middle line.

    top: the value of a full bar, by default the largest.
    """
    largest = top or max((abs(value) for value in values.values()), default=0.0) or 1.0
    names = max(map(cells, values), default=0)
    numbers = {name: number(value) for name, value in values.items()}
    figures = max(map(len, numbers.values()), default=0)
    room = max(_MIN_BAR, width - names - figures - 4)
    is_signed = any(value < 0 for value in values.values())
    full = glyphs.parts[-1]
    lines: list[Line] = []
    for name, value in values.items():
        head = f"{pad(name, names)}  {numbers[name]:>{figures}}  "
        share = min(abs(value) / largest, 1.0)
        if is_signed:
            half = (room - 1) // 2
            mark = full * round(share * half)
            left, right = (mark, "") if value < 0 else ("", mark)
            lines.append([(head, NORMAL), (left.rjust(half), NEGATIVE), (glyphs.rule, QUIET), (right, MAIN)])
        else:
            eighths = round(share * room * len(glyphs.parts))
            whole, part = divmod(eighths, len(glyphs.parts))
            lines.append([(head, NORMAL), (full * whole + (glyphs.parts[part - 1] if part else ""), MAIN)])
    return [_stripped(line) for line in lines]


def sparklines(series: Mapping[str, Sequence[float]], width: int, *, glyphs: Glyphs = UNICODE) -> list[Line]:
    """Return a line for each series: name, its course, first and last value. All have one scale."""
    ends = {name: f"{number(values[0])} {glyphs.arrow} {number(values[-1])}" for name, values in series.items()}
    names = max(map(cells, series), default=0)
    room = max(_MIN_BAR, width - names - max(map(cells, ends.values()), default=0) - 4)
    known = [value for values in series.values() for value in values if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    lines: list[Line] = []
    for name, values in series.items():
        columns = [_finite(values[place]) for place in _places(len(values), room)]
        (drawn,) = sparkline(columns, low=low, high=high, glyphs=glyphs)
        lines.append([(f"{pad(name, names)}  ", NORMAL), (drawn, MAIN), (f"  {ends[name]}", NORMAL)])
    return lines


def curves(
    series: Mapping[str, Sequence[float]],
    width: int,
    *,
    across: Sequence[Cell],
    height: int = 10,
    is_log: bool = False,
    glyphs: Glyphs = UNICODE,
) -> list[Line]:
    """Return the curves of several series in one picture, each with a letter of its name as its mark, and a legend.

    across: what stands below the first and the last value. is_log: equal heights are equal factors; what is not above
    0 is then left out.
    """
    heights = {name: [_height(value, is_log) for value in values] for name, values in series.items()}
    known = [value for values in heights.values() for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    labels = [_label(high - (high - low) * row / (height - 1), is_log) for row in range(height)]
    shown = {0: labels[0], height // 2: labels[height // 2], height - 1: labels[-1]}
    left = max(map(len, shown.values()))
    room = max(_MIN_BAR, width - left - 2)
    grid = [[(" ", NORMAL)] * room for _ in range(height)]
    marks = dict(zip(series, marks_of(series), strict=True))
    styles = {name: _STYLES[place % len(_STYLES)] for place, name in enumerate(series)}
    for name, values in heights.items():
        for column, place in enumerate(_places(len(values), room)):
            value = values[place]
            if value is not None:
                row = round((high - value) / (high - low) * (height - 1)) if high > low else height - 1
                grid[row][column] = (marks[name], styles[name])
    lines: list[Line] = [
        _stripped([(f"{shown.get(row, ''):>{left}} ", QUIET), (glyphs.rule, QUIET), *grid[row]])
        for row in range(height)
    ]
    first, last = map(number, (across[0], across[-1]))
    lines.append([(" " * (left + 2) + first + last.rjust(room - cells(first)), QUIET)])
    legend: list[Line] = []
    used = room
    for name in series:
        if used + 2 + cells(name) > room:
            legend.append([(" " * (left + 2), NORMAL)])
            used = 0
        legend[-1] += [(marks[name], styles[name]), (f" {name}   ", NORMAL)]
        used += 5 + cells(name)
    return [*lines, *map(_stripped, legend)]


def marks_of(names: Sequence[str] | Mapping[str, object]) -> list[str]:
    """Return a letter for each name, its first where no other has it."""
    marks: list[str] = []
    for name in names:
        free = [letter for letter in (*name, *"ox+*#@") if letter.isprintable() and letter not in (" ", *marks)]
        marks.append(free[0])
    return marks


def heat(columns: Sequence[str], rows: Mapping[str, Sequence[float]], width: int, *, limit: float = 1.0) -> list[Line]:
    """Return rows of numbers from -limit to limit as shades with a digit, below the names of their columns.

    A digit counts tenths of `limit`, rounded half up; 9 stands for more as well. Blue is above 0, orange with a
    minus below. Columns that do not fit go into another block.
    """
    each = [1 + max(map(cells, columns), default=1)] * len(columns)
    shares = [(name, [value / limit for value in values]) for name, values in rows.items()]
    lines: list[Line] = []
    for _, block in shaded(columns, shares, width, each=each, digit=tenths):
        lines += [[], *block] if lines else block
    return lines


def _places(count: int, columns: int) -> list[int]:
    """Return which of `count` values stands in each column."""
    if count >= columns:
        return [round(column * (count - 1) / max(1, columns - 1)) for column in range(columns)]
    return [min(column * count // columns, count - 1) for column in range(columns)] if count else []


def _height(value: float, is_log: bool) -> float | None:
    if not math.isfinite(value) or (is_log and value <= 0):
        return None
    return math.log10(value) if is_log else value


def _label(height: float, is_log: bool) -> str:
    return f"{10.0**height:.0e}" if is_log else f"{height:.2f}" if abs(height) < 1e4 else f"{height:.1e}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _stripped(line: Line) -> Line:
    """Return the line without blanks at its end, neighbours of one style together."""
    while line and not line[-1][0].strip():
        line = line[:-1]
    joined = [("".join(text for text, _ in run), style) for style, run in groupby(line, key=itemgetter(1))]
    return [*joined[:-1], (joined[-1][0].rstrip(), joined[-1][1])] if joined else []

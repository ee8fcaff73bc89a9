"""A forecast on a terminal: the end of the history, the forecast and the band about it, and the numbers.

In: the series, what was forecast, a width. Out: lines of at most that width, rows of texts. The picture says the same
without colour: the history is drawn with one mark, the forecast with another, the band with a third.
Shapes: N points, H steps ahead, C columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

from textrnn.report.draw import UNICODE, Glyphs, cells, fit
from textrnn.text.display import printable

_SHOWN = 8
_HEIGHT = 12
# columns of the picture that the history takes at least as often as the horizon
_HISTORY_TIMES, _LEAST_HISTORY = 3, 24
# (history, forecast, band): marks, those of a terminal without Unicode second
_MARKS, _PLAIN_MARKS = ("●", "◆", "░"), ("o", "*", ".")


class History(Protocol):
    """What is known: names of columns, values (N, C)."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def values(self) -> Any: ...


class Ahead(Protocol):
    """What was forecast: values (H, C), low and high (H, C) or None, the share that lay between them."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def values(self) -> Any: ...

    @property
    def low(self) -> Any: ...

    @property
    def high(self) -> Any: ...

    @property
    def level(self) -> float: ...


def forecast_line(ahead: Sequence[float], truth: Sequence[float]) -> str:
    """Return forecasts with what came in brackets: `448 (is 417)  412 (is 391)`."""
    pairs = list(zip(ahead, truth, strict=True))[:_SHOWN]
    return "  ".join(f"{own:.4g} (is {other:.4g})" for own, other in pairs)


def forecast_rows(found: Ahead) -> list[tuple[str, ...]]:
    """Return a row for each step ahead: its number, and for each column forecast, low and high."""
    has_band = found.low is not None
    heading = ["step"]
    for name in found.columns:
        heading += [printable(name), *(["low", "high"] if has_band else [])]
    rows = [tuple(heading)]
    for step in range(len(found.values)):
        row = [str(step + 1)]
        for place in range(len(found.columns)):
            parts = (found.values, found.low, found.high) if has_band else (found.values,)
            row += [number(float(part[step, place])) for part in parts]
        rows.append(tuple(row))
    return rows


def number(value: float) -> str:
    """Return a number to six digits, `1234.5`, larger or smaller ones with an exponent."""
    return f"{value:.6g}"


def history_shown(points: int, horizon: int, season: int) -> int:
    """Return how many of the last points a picture shows."""
    return min(points, max(_LEAST_HISTORY, _HISTORY_TIMES * horizon, 2 * season))


def forecast_picture(series: History, found: Ahead, *, width: int, season: int, glyphs: Glyphs = UNICODE) -> list[str]:
    """Return the picture of each column, one below the other."""
    lines: list[str] = []
    for place, name in enumerate(found.columns):
        shown = history_shown(len(series.values), len(found.values), season)
        history = [float(value) for value in series.values[-shown:, place]]
        ahead = [float(value) for value in found.values[:, place]]
        band = None
        if found.low is not None:
            band = [
                (float(low), float(high)) for low, high in zip(found.low[:, place], found.high[:, place], strict=True)
            ]
        lines += [*([""] if lines else []), *_picture(printable(name), history, ahead, band, width, glyphs)]
        legend = _legend(found.level, band is not None, glyphs)
        lines.append(fit(legend, width, glyphs).rstrip())
    return lines


def _legend(level: float, has_band: bool, glyphs: Glyphs) -> str:
    history, ahead, band = _marks(glyphs)
    text = f"{history} history   {ahead} forecast"
    return text + (f"   {band} where {level:.0%} of held-out values lay" if has_band else "")


def _marks(glyphs: Glyphs) -> tuple[str, str, str]:
    return _MARKS if glyphs is UNICODE else _PLAIN_MARKS


def _picture(
    name: str,
    history: Sequence[float],
    ahead: Sequence[float],
    band: Sequence[tuple[float, float]] | None,
    width: int,
    glyphs: Glyphs,
) -> list[str]:
    """Return the rows of one column's picture below its name."""
    edges = [*history, *ahead, *(edge for pair in band or () for edge in pair)]
    low, high = min(edges), max(edges)
    labels = {0: number(high), _HEIGHT - 1: number(low)}
    left = max(map(cells, labels.values()))
    room = max(8, width - left - 2)
    columns = len(history) + len(ahead)
    grid = [[" "] * min(room, columns * max(1, room // columns)) for _ in range(_HEIGHT)]
    marks = _marks(glyphs)

    def row_of(value: float) -> int:
        return round((high - value) / (high - low) * (_HEIGHT - 1)) if high > low else _HEIGHT // 2

    for column in range(len(grid[0])):
        # several steps may share a column, or one step have several: the step at the middle of the column
        step = min(columns - 1, math.floor((column + 0.5) * columns / len(grid[0])))
        if step < len(history):
            grid[row_of(history[step])][column] = marks[0]
            continue
        step -= len(history)
        if band is not None:
            for row in range(row_of(band[step][1]), row_of(band[step][0]) + 1):
                grid[row][column] = marks[2]
        grid[row_of(ahead[step])][column] = marks[1]
    drawn = [
        f"{labels.get(row, ''):>{left}} {glyphs.rule}{''.join(cells_of_row)}".rstrip()
        for row, cells_of_row in enumerate(grid)
    ]
    return [fit(name, width, glyphs).rstrip(), *drawn]

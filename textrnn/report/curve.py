"""The course of one figure over the way, in memory that does not grow: a mean for each small stretch of the way.

In go (fraction of the way, value) pairs, out comes a chart. What the figure is is not known here.
"""

from __future__ import annotations

import math

from textrnn.report.draw import Glyphs, sparkline

_STRETCHES = 1024
_STEEP_SHARE = 0.04


class Curve:
    """Values by the fraction of the way at which they were taken."""

    def __init__(self) -> None:
        self._sums = [0.0] * _STRETCHES
        self._counts = [0] * _STRETCHES

    def add(self, fraction: float, value: float | None) -> None:
        if value is None or not math.isfinite(value):
            return
        stretch = min(max(int(fraction * _STRETCHES), 0), _STRETCHES - 1)
        self._sums[stretch] += value
        self._counts[stretch] += 1

    def columns(self, width: int) -> list[float | None]:
        """Return the mean of each of `width` equal parts of the way, up to the last that has one.

        A part that was passed over between two records shows the value before it; what lies before the first record (of
        a resumed run) is None.
        """
        columns: list[float | None] = []
        last: float | None = None
        end = 0
        for column in range(width):
            start = column * _STRETCHES // width
            part = slice(start, max((column + 1) * _STRETCHES // width, start + 1))
            count = sum(self._counts[part])
            if count:
                last, end = sum(self._sums[part]) / count, column + 1
            columns.append(last)
        return columns[:end]


def chart(curve: Curve, width: int, height: int, glyphs: Glyphs) -> tuple[list[str], float, float]:
    """Return the rows of a chart of the curve, and the values at its bottom and at its top.

    Heights go by the logarithm and the first moments may leave the chart: else they would press the rest flat.
    """
    columns = curve.columns(width)
    known = sorted(value for value in columns if value is not None)
    if not known:
        return [""] * height, math.nan, math.nan
    low, high = known[0], known[len(known) - 1 - int(len(known) * _STEEP_SHARE)]
    heights = [None if value is None else _height(value) for value in columns]
    return sparkline(heights, height=height, low=_height(low), high=_height(high), glyphs=glyphs), low, high


def _height(value: float) -> float:
    return math.log(max(value, 1e-9))

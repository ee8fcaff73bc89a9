"""How far forecasts lie from what came: mean absolute error, root mean squared error, and the scaled one.

In: forecasts, true values, and for each column the error that the seasonal naive forecast made in the training part.
Out: sums that add up, and figures. MASE is the mean absolute error over that scale (Hyndman & Koehler 2006): below 1
the forecasts are better than the seasonal naive one was, step by step, on the past.
Shapes: ... any, C columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def seasonal_scale(values: Values, season: int) -> Values:
    """Return the mean absolute change from a season before, (N, C) -> (C,): what MASE divides by."""
    found: Values = np.abs(values[season:] - values[:-season]).mean(axis=0)
    return found


@dataclass(frozen=True, kw_only=True)
class ForecastSums:
    """points: forecasts of one number. absolute, squared: (C,) summed errors of each column. scale: (C,)."""

    points: int
    absolute: Values
    squared: Values
    scale: Values

    @classmethod
    def of(cls, forecasts: Values, truth: Values, scale: Values) -> Self:
        """Compare forecasts (..., C) with what came."""
        errors = np.asarray(forecasts - truth).reshape(-1, truth.shape[-1])
        return cls(
            points=errors.size,
            absolute=np.abs(errors).sum(axis=0),
            squared=(errors**2).sum(axis=0),
            scale=np.asarray(scale),
        )

    def __add__(self, other: ForecastSums) -> ForecastSums:
        return ForecastSums(
            points=self.points + other.points,
            absolute=self.absolute + other.absolute,
            squared=self.squared + other.squared,
            scale=self.scale,
        )

    @property
    def mae(self) -> float:
        """Mean absolute error, over all columns."""
        return float(self.absolute.sum() / self.points)

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, over all columns."""
        return float(np.sqrt(self.squared.sum() / self.points))

    @property
    def mase(self) -> float | None:
        """Mean absolute scaled error; None where the past of a column did not change, so that there is no scale."""
        if not (self.scale > 0).all():
            return None
        return float((self.absolute / self.scale).sum() / self.points)

    def to_json(self) -> dict[str, Any]:
        """Return the figures."""
        return {"mae": self.mae, "rmse": self.rmse, "mase": self.mase}

    def of_column(self, place: int) -> ForecastSums:
        """Return the sums of one column."""
        own = slice(place, place + 1)
        return ForecastSums(
            points=self.points // len(self.scale),
            absolute=self.absolute[own],
            squared=self.squared[own],
            scale=self.scale[own],
        )

"""The forecasts that need no learning: the last value for ever, and the last season again.

In go the values up to an origin, out come those ahead. What is fitted is the scale of the errors that the seasonal
forecast made one season ahead in the training part, by which MASE measures every forecast.
Shapes: N points, H steps ahead, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError
from textrnn.metrics.forecasts import seasonal_scale

Values = npt.NDArray[np.float64]

_SEASON, _SCALE = "seasonal_naive.season", "seasonal_naive.scale"


def naive_forecast(values: Values, horizon: int, season: int = 1) -> Values:
    """Return the last season of (..., N, C) again and again, (..., H, C); of a shorter past its last value."""
    season = season if season <= values.shape[-2] else 1
    return values[..., values.shape[-2] - season + np.arange(horizon) % season, :]


@dataclass(frozen=True)
class SeasonalNaive:
    """season: steps, 1 for none. scale: (C,) the mean absolute change from a season before, in the training part."""

    season: int
    scale: Values
    name: ClassVar[str] = "seasonal naive"

    @classmethod
    def fit(cls, values: Values, season: int) -> SeasonalNaive:
        """Measure the changes of a training part (N, C)."""
        return cls(season, seasonal_scale(values, season))

    def forecasts(self, values: Values, horizon: int) -> dict[str, Values]:
        """Return by name what each simple forecast says after the values (..., N, C), (..., H, C) each."""
        found = {"naive": naive_forecast(values, horizon)}
        return {**found, self.name: naive_forecast(values, horizon, self.season)}

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return season and scale as named arrays."""
        return {_SEASON: np.array([self.season], np.int64), _SCALE: self.scale}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> SeasonalNaive:
        """Put together again what `to_arrays` returned; damaged arrays are refused."""
        season, scale = arrays.get(_SEASON), arrays.get(_SCALE)
        if season is None or season.shape != (1,) or season.dtype != np.int64 or season[0] < 1:
            raise UserError("damaged baseline", which=_SEASON, mend="train the run again")
        if scale is None or scale.shape != (columns,) or scale.dtype != np.float64 or not (scale >= 0).all():
            raise UserError("damaged baseline", which=_SCALE, mend="train the run again")
        return cls(int(season[0]), scale)

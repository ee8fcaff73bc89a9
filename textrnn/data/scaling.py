"""The way from the values of series to the numbers that a network reads and says, and back; fitted, then fixed.

Read are differences, of logarithms or of values, about 0 and about 1 wide. Said is how far each step ahead lies from
its anchor and from what such steps do on average, in the spread that such steps have: where a network says 0, the
forecast is the last value or season with the usual drift.
Shapes: B windows, W values of a window, T = W - sum of lags, H steps ahead, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from textrnn.data.differencing import Lags, anchors, difference
from textrnn.errors import UserError

Values = npt.NDArray[np.float64]

# of the values: a spread below this share is what rounding leaves of none
_LEAST_SPREAD = 1e-9
# exp of more is beyond all that a series may hold, and squares of its errors would be beyond all numbers
_MOST_LOG = 230.0
_ARRAYS = ("center", "spread", "offsets", "spreads")


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """center, spread: (C,), of the differences. offsets, spreads: (H, C), of the steps ahead from their anchors."""

    lags: Lags
    has_log: bool
    center: Values
    spread: Values
    offsets: Values
    spreads: Values

    @classmethod
    def fit(cls, levels: Values, ahead: Values, *, lags: Lags, has_log: bool) -> Self:
        """Return what fits windows. levels: (B, W, C). ahead: (B, H, C), NaN where not known, each step once at least.

        Both as `levels_of` gives them.
        """
        changes = difference(levels, lags)
        away = ahead - anchors(levels, lags, ahead.shape[1])
        offsets = np.nanmean(away, axis=0)
        scale = np.abs(levels).max(axis=(0, 1))
        return cls(
            lags=lags,
            has_log=has_log,
            center=changes.mean(axis=(0, 1)),
            spread=_wide(changes.std(axis=(0, 1)), scale),
            offsets=offsets,
            spreads=_wide(np.sqrt(np.nanmean((away - offsets) ** 2, axis=0)), scale),
        )

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return len(self.offsets)

    def levels_of(self, values: Values) -> Values:
        """Return values, or their logarithms."""
        return levels_of(values, has_log=self.has_log)

    def inputs(self, levels: Values) -> npt.NDArray[np.float32]:
        """(B, W, C) -> (B, T, C): what the network reads."""
        scaled: npt.NDArray[np.float32] = ((difference(levels, self.lags) - self.center) / self.spread).astype(
            np.float32
        )
        return scaled

    def targets(self, levels: Values, ahead: Values) -> Values:
        """(B, W, C), (B, H, C) -> (B, H, C): what the network is to say, NaN where `ahead` is."""
        return (ahead - anchors(levels, self.lags, self.horizon) - self.offsets) / self.spreads

    def ahead(self, levels: Values, said: Values) -> Values:
        """(B, W, C), (B, H, C) -> (B, H, C): the levels that what was said stands for."""
        return anchors(levels, self.lags, self.horizon) + self.offsets + self.spreads * said

    def values_of(self, levels: Values) -> Values:
        """Return the values that levels stand for."""
        return np.exp(np.clip(levels, -_MOST_LOG, _MOST_LOG)) if self.has_log else levels

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all of it as named arrays."""
        lags = {"lags": np.array(self.lags, np.int64), "log": np.array([self.has_log], np.int64)}
        return {**{name: getattr(self, name) for name in _ARRAYS}, **lags}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], *, horizon: int, columns: int, season: int) -> Self:
        """Put together again what `to_arrays` returned; damaged arrays are refused."""
        shapes = {
            "center": (columns,),
            "spread": (columns,),
            "offsets": (horizon, columns),
            "spreads": (horizon, columns),
        }
        for name, shape in shapes.items():
            array = arrays.get(name)
            if array is None or array.shape != shape or array.dtype != np.float64 or not np.isfinite(array).all():
                raise damaged(name)
            if name.startswith("spread") and not (array > 0).all():
                raise damaged(name)
        lags, log = arrays.get("lags"), arrays.get("log")
        known = {(), (1,), (season,), (1, season)}
        if lags is None or lags.ndim != 1 or lags.dtype != np.int64 or tuple(lags.tolist()) not in known:
            raise damaged("lags")
        if log is None or log.shape != (1,) or log.dtype != np.int64 or log[0] not in (0, 1):
            raise damaged("log")
        whole = {name: arrays[name] for name in shapes}
        return cls(lags=tuple(lags.tolist()), has_log=bool(log[0]), **whole)


def levels_of(values: Values, *, has_log: bool) -> Values:
    """Return values, or their logarithms, for which they must be above 0."""
    return np.log(values) if has_log else values


def damaged(name: str) -> UserError:
    """Return the error for an array that no training writes."""
    return UserError("damaged scaling", which=name, mend="train the run again")


def _wide(spread: Values, scale: Values) -> Values:
    """Return spreads to divide by: 1 where there is none."""
    return np.where(spread > _LEAST_SPREAD * scale, spread, 1.0)

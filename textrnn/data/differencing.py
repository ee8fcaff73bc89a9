"""Changes instead of values: differences from a step or a season before, and what no further change would come to.

In: numbers by time and lags. Out: differences; anchors, the values ahead if every difference were 0: the last value
for ever, the last season again, or both added up. Knows no scale.
Shapes: ... any, N points, H steps ahead, C columns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
# (), (1,), (season,), (1, season)
Lags = tuple[int, ...]


def lags_of(difference: str, season: int) -> Lags:
    """Return the lags that a setting means: none, first, seasonal or both."""
    first, seasonal = (1,), (season,) if season > 1 else ()
    return {"none": (), "first": first, "seasonal": seasonal, "both": (*first, *seasonal)}[difference]


def difference(values: Values, lags: Lags) -> Values:
    """(..., N, C) -> (..., N - sum of lags, C)."""
    for lag in lags:
        values = values[..., lag:, :] - values[..., :-lag, :]
    return values


def anchors(values: Values, lags: Lags, horizon: int) -> Values:
    """(..., N, C) -> (..., H, C): the values after the last if every difference were 0; 0 without lags.

    N is at least the sum of the lags.
    """
    ahead = np.zeros((*values.shape[:-2], horizon, values.shape[-1]))
    if not lags:
        return ahead
    known = sum(lags)
    path = np.concatenate([values[..., values.shape[-2] - known :, :], ahead], axis=-2)
    for place in range(known, known + horizon):
        if len(lags) == 1:
            path[..., place, :] = path[..., place - lags[0], :]
        else:
            one, other = lags
            path[..., place, :] = (
                path[..., place - one, :] + path[..., place - other, :] - path[..., place - one - other, :]
            )
    return path[..., known:, :]

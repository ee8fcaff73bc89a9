"""How wide the band about a forecast is, by how far forecasts lay from what came in the held-out end of the series.

In: forecasts and true levels of the held-out end. Out: residuals, and for a share of them the factor by which the
spread of each step ahead is taken (split conformal prediction with a scale: Lei et al. 2018). Residuals are of levels,
so that the band of a model of logarithms is wider above. They follow one another and are not independent: the share
holds on average, as far as the future is like the held-out end.
Shapes: R residuals, H steps ahead, C columns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.data.scaling import Scaling, damaged

Values = npt.NDArray[np.float64]

RESIDUALS = "residuals"


def residuals_of(ahead: Values, truth: Values, scaling: Scaling) -> Values:
    """Return the sizes of all errors in the spread of their step, in order, (B, H, C) twice -> (R, C).

    truth: NaN where not known, the same for all columns.
    """
    sizes = (np.abs(ahead - truth) / scaling.spreads).reshape(-1, truth.shape[-1])
    found: Values = np.sort(sizes[~np.isnan(sizes).any(axis=1)], axis=0)
    return found


def half_width(residuals: Values, level: float, scaling: Scaling) -> Values:
    """Return how far the band reaches to either side, in levels, (H, C)."""
    rank = min(len(residuals), math.ceil((len(residuals) + 1) * level))
    width: Values = residuals[rank - 1] * scaling.spreads
    return width


def checked_residuals(arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Values | None:
    """Return the residuals among the arrays of a run, None where it holds none; damaged ones are refused."""
    found = arrays.get(RESIDUALS)
    if found is None:
        return None
    is_good = found.ndim == 2 and found.shape[1] == columns and len(found) > 0 and found.dtype == np.float64
    if not is_good or not (found >= 0).all() or not np.isfinite(found).all() or (np.diff(found, axis=0) < 0).any():
        raise damaged(RESIDUALS)
    return found

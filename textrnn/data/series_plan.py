"""What is decided for series before training, on evidence from their training part: logarithms, differences, window.

In: the training part, what was given. Out: a `SeriesPlan`. Each choice is tried on forecasts within the training part,
made for each column by a linear model of its window, which is fitted in closed form on what comes before the origin.
All that is tried is bounded, so that choosing takes seconds of any series.
Shapes: N points, B windows, W values, T differences, H steps ahead, S of them that are tried, C columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textrnn.data.differencing import Lags, lags_of
from textrnn.data.scaling import Scaling, levels_of
from textrnn.data.season import find_season

Values = npt.NDArray[np.float64]

# differences that a window holds where none is given: a season, and so many at least
FEWEST_READ = 12
# of a training part: the share that a window takes at most, and the share after which origins are tried
_WINDOW_SHARE, _TRIED_FROM = 1 / 3, 0.4
# origins that are tried, and the points that choosing looks at: the last ones of a long series
_ORIGINS, _MOST_POINTS = 16, 3000
# of many columns and of a long horizon those that are tried, evenly spaced
_MOST_COLUMNS, _MOST_STEPS = 4, 24
# of the linear model: ridge for each number that is read, and how many it reads of a column, the last ones
_RIDGE, _MOST_READ = 1.0, 400
# what comes first stands unless another's errors are below this share of its own
_CLEARLY = 0.9
DIFFERENCES = ("seasonal", "first", "none", "both")


@dataclass(frozen=True, kw_only=True)
class SeriesPlan:
    """What was decided. errors: mean error of each choice that was tried, in the series' own seasonal changes."""

    season: int
    difference: str
    has_log: bool
    window: int
    errors: tuple[tuple[str, float], ...] = ()

    @property
    def lags(self) -> Lags:
        """The lags of the differences."""
        return lags_of(self.difference, self.season)


def plan_series(
    values: Values, *, horizon: int, season: int | None, difference: str, log: bool | None, window: int | None
) -> SeriesPlan:
    """Decide for the training part (N, C) what was not given. Nothing here looks at what is held out."""
    season = find_season(values) if season is None else season
    recent = values[-_MOST_POINTS:, _spaced(values.shape[1], _MOST_COLUMNS)]
    logs = [log] if log is not None else [False, True] if (values > 0).all() else [False]
    names = [difference] if difference != "auto" else [*_distinct(season)]
    plans = [
        SeriesPlan(season=season, difference=name, has_log=has_log, window=_window(len(values), name, season, window))
        for has_log in logs
        for name in names
    ]
    possible = [plan for plan in plans if sum(plan.lags) < plan.window < len(values)]
    if len(possible) < 2:
        return (possible or plans)[0]
    errors = {plan: _error(recent, plan, horizon) for plan in possible}
    best = possible[0]
    for plan in possible[1:]:
        if errors[plan] < _CLEARLY * errors[best]:
            best = plan
    found = tuple((f"{plan.difference}{', log' * plan.has_log}", errors[plan]) for plan in possible)
    return SeriesPlan(season=season, difference=best.difference, has_log=best.has_log, window=best.window, errors=found)


def _distinct(season: int) -> Iterator[str]:
    """Yield the differences there are: without a season only those of steps."""
    yield from DIFFERENCES if season > 1 else DIFFERENCES[1:3]


def _window(points: int, difference: str, season: int, given: int | None) -> int:
    if given is not None:
        return given
    known = sum(lags_of(difference, season))
    read = min(max(FEWEST_READ, season), max(1, int((points - known) * _WINDOW_SHARE)))
    return known + read


def windows_of(levels: Values, origins: npt.NDArray[np.int64], window: int) -> Values:
    """Return the `window` values before each origin: (N, C) -> (B, W, C)."""
    found: Values = levels[origins[:, None] + np.arange(-window, 0)]
    return found


def ahead_of(levels: Values, origins: npt.NDArray[np.int64], horizon: int) -> Values:
    """Return the values from each origin on, NaN behind the end: (N, C) -> (B, H, C)."""
    places = origins[:, None] + np.arange(horizon)
    found = levels[np.minimum(places, len(levels) - 1)]
    return np.where((places < len(levels))[..., None], found, np.nan)


def _spaced(count: int, most: int) -> npt.NDArray[np.int64]:
    """Return the first places, or of more than `most` so many from the first to the last."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _error(values: Values, plan: SeriesPlan, horizon: int) -> float:
    """Return the mean absolute error of forecasts within `values`, each column's in its own seasonal changes."""
    count = len(values)
    steps = min(horizon, max(1, count // 5))
    places = _spaced(steps, _MOST_STEPS)
    first = max(plan.window + 2, int(count * _TRIED_FROM))
    scale = np.abs(values[plan.season :] - values[: -plan.season]).mean(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    found = []
    for cut in np.unique(np.linspace(first, max(first, count - steps), _ORIGINS).astype(int)):
        if cut < count:
            known = places[places < count - cut]
            forecast = _linear_forecast(levels_of(values[:cut], has_log=plan.has_log), plan, known)
            found.append(np.abs((forecast - values[cut + known]) / scale).mean())
    return float(np.mean(found)) if found else float("inf")


def _linear_forecast(levels: Values, plan: SeriesPlan, places: npt.NDArray[np.int64]) -> Values:
    """Return what ridge regressions of the columns' windows, fitted on `levels` (N, C), say of steps ahead, (S, C).

    places: which steps, ascending, 0 for the next; of those that no origin knows, the last one known is said.
    """
    origins = np.arange(plan.window, len(levels))
    places = np.minimum(places, len(origins) - 1)
    before, ahead = windows_of(levels, origins, plan.window), ahead_of(levels, origins, int(places[-1]) + 1)
    scaling = Scaling.fit(before, ahead, lags=plan.lags, has_log=plan.has_log)
    read = scaling.inputs(before)[:, -_MOST_READ:].astype(np.float64).transpose(2, 1, 0)  # (C, T, B)
    said = scaling.targets(before, ahead).T  # (C, H, B)
    last = windows_of(levels, np.array([len(levels)]), plan.window)
    now = scaling.inputs(last)[0, -_MOST_READ:].astype(np.float64).T  # (C, T)
    answers = np.zeros((1, scaling.horizon, levels.shape[1]))
    # the farther a step, the fewer origins know it: from the farthest on, each adds its own to the sums of squares
    squares, summed = _RIDGE * read.shape[1] * np.eye(read.shape[1]), 0
    for place in places[::-1]:
        known = len(origins) - place
        squares = squares + read[..., summed:known] @ read[..., summed:known].transpose(0, 2, 1)
        products = read[..., :known] @ said[:, place, :known, None]  # (C, T, 1)
        answers[0, place] = (now[:, None] @ np.linalg.solve(squares, products))[:, 0, 0]
        summed = known
    found: Values = scaling.values_of(scaling.ahead(last, answers))[0, places]
    return found

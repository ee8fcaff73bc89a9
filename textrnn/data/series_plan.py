"""What is decided for series before training, on evidence from their training part: logarithms, differences, window.

In: the training part, what was given. Out: a `SeriesPlan`. Each choice is tried on forecasts within the training part,
made by a linear model of the window, which is fitted in closed form on what comes before the origin.
Shapes: N points, B windows, W values, T differences, H steps ahead, C columns.
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
# of the linear model: ridge for each number that is read
_RIDGE = 1.0
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
    recent = values[-_MOST_POINTS:]
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


def _error(values: Values, plan: SeriesPlan, horizon: int) -> float:
    """Return the mean absolute error of forecasts within `values`, each column's in its own seasonal changes."""
    count = len(values)
    steps = min(horizon, max(1, count // 5))
    first = max(plan.window + 2, int(count * _TRIED_FROM))
    scale = np.abs(values[plan.season :] - values[: -plan.season]).mean(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    found = []
    for cut in np.unique(np.linspace(first, max(first, count - steps), _ORIGINS).astype(int)):
        if cut < count:
            truth = values[cut : cut + steps]
            forecast = _linear_forecast(levels_of(values[:cut], has_log=plan.has_log), plan, steps)
            found.append(np.abs((forecast[: len(truth)] - truth) / scale).mean())
    return float(np.mean(found)) if found else float("inf")


def _linear_forecast(levels: Values, plan: SeriesPlan, horizon: int) -> Values:
    """Return what a ridge regression of the window, fitted on `levels` (N, C), says of the H steps after them."""
    origins = np.arange(plan.window, len(levels))
    before, ahead = windows_of(levels, origins, plan.window), ahead_of(levels, origins, min(horizon, len(origins)))
    scaling = Scaling.fit(before, ahead, lags=plan.lags, has_log=plan.has_log)
    read = scaling.inputs(before).reshape(len(origins), -1).astype(np.float64)
    said = scaling.targets(before, ahead).reshape(len(origins), -1)
    last = windows_of(levels, np.array([len(levels)]), plan.window)
    now = scaling.inputs(last).reshape(-1).astype(np.float64)
    penalty = _RIDGE * read.shape[1] * np.eye(read.shape[1])
    answers = np.empty(said.shape[1])
    for place in range(said.shape[1]):
        known = ~np.isnan(said[:, place])
        rows = read[known]
        answers[place] = now @ np.linalg.solve(rows.T @ rows + penalty, rows.T @ said[known, place])
    found = scaling.values_of(scaling.ahead(last, answers.reshape(1, scaling.horizon, -1)))[0]
    return np.concatenate([found, np.repeat(found[-1:], horizon - len(found), axis=0)])

"""What a forecaster's training uses of series: the part to train on, the end that is held out, the windows of each.

In: series and settings. Out: `SeriesData`. Scaling, and every choice, is fitted on the training part alone.
Shapes: N points, B windows, W values of a window, T = W - sum of lags, H steps ahead, C columns.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.scaling import Scaling
from textrnn.data.series import Series
from textrnn.data.series_plan import SeriesPlan, ahead_of, plan_series, windows_of
from textrnn.errors import UserError
from textrnn.text.display import counted

Values = npt.NDArray[np.float64]
Origins = npt.NDArray[np.int64]

# windows that a scaling is fitted on, and numbers in them: of a long series some of them, evenly spaced
_MOST_WINDOWS, _MOST_NUMBERS = 20_000, 20_000_000


@dataclass(frozen=True, kw_only=True)
class SeriesData:
    """train_points: how many points come before the held-out end. levels: (N, C), values or their logarithms.

    train_origins, valid_origins: the first points that are forecast, of each window.
    """

    series: Series
    plan: SeriesPlan
    scaling: Scaling
    train_points: int
    levels: Values
    train_origins: Origins
    valid_origins: Origins
    notes: tuple[str, ...]

    @property
    def train_values(self) -> Values:
        """The values before the held-out end."""
        return self.series.values[: self.train_points]

    @property
    def facts(self) -> dict[str, Any]:
        """What a run says of its data."""
        return {
            "name": self.series.name,
            "sha256": self.series.sha256,
            "valid_sha256": None,
            "columns": list(self.series.columns),
            "points": len(self.series),
            "train_points": self.train_points,
            "train_sha256": fingerprint(self.train_values),
            "valid_points": len(self.series) - self.train_points,
            "origins": len(self.valid_origins),
        }

    def windows(self, origins: Origins) -> Values:
        """Return the levels before each origin, (B, W, C)."""
        return windows_of(self.levels, origins, self.plan.window)

    def train_ahead(self, origins: Origins) -> Values:
        """Return the levels from each origin on, (B, H, C), NaN from the held-out end on."""
        return ahead_of(self.levels[: self.train_points], origins, self.scaling.horizon)


def fingerprint(values: Values) -> str:
    """Return the SHA-256 of numbers."""
    return hashlib.sha256(np.ascontiguousarray(values, np.dtype("<f8")).tobytes()).hexdigest()


def held_out_points(points: int, horizon: int, share: float) -> int:
    """Return how many points at the end are held out: a share, and one whole horizon at least."""
    return max(horizon, round(share * points))


def prepare_series(series: Series, settings: TrainForecasterSettings, *, scaling: Scaling | None = None) -> SeriesData:
    """Check and divide series, and decide what was not given. scaling: of a run that goes on.

    Raises UserError for a series that is too short.
    """
    horizon = settings.horizon
    train_points = len(series) - held_out_points(len(series), horizon, settings.val_frac)
    check_length(series, settings)
    values = series.values[:train_points]
    plan = plan_series(
        values,
        horizon=horizon,
        season=settings.season,
        difference=settings.difference,
        log=settings.log,
        window=settings.window,
    )
    _check_plan(series, plan, settings, train_points)
    levels = _levels(series, plan)
    train_origins = np.arange(plan.window, train_points)
    if scaling is None:
        most = min(_MOST_WINDOWS, max(1, _MOST_NUMBERS // ((plan.window + horizon) * len(series.columns))))
        some = train_origins[:: -(-len(train_origins) // most)]
        ahead = ahead_of(levels[:train_points], some, horizon)
        scaling = Scaling.fit(windows_of(levels, some, plan.window), ahead, lags=plan.lags, has_log=plan.has_log)
    return SeriesData(
        series=series,
        plan=plan,
        scaling=scaling,
        train_points=train_points,
        levels=levels,
        train_origins=train_origins,
        valid_origins=np.arange(train_points, len(series) - horizon + 1),
        notes=series.notes,
    )


def check_length(series: Series, settings: TrainForecasterSettings) -> None:
    """Refuse a series that is too short for a window and a horizon before the end that is held out."""
    train_points = len(series) - held_out_points(len(series), settings.horizon, settings.val_frac)
    horizon, least = settings.horizon, (settings.window or 1) + settings.horizon
    if train_points >= least:
        if settings.season is not None and settings.season >= train_points:
            what = f"a season of {settings.season:,} in {counted(train_points, 'point')} to train on"
            raise UserError(what, which=series.name, mend="lower --season, or give more points")
        return
    window = "" if settings.window is None else f", and a window of {settings.window:,},"
    raise UserError(
        f"a series of {counted(len(series), 'point')} is too short: {len(series) - train_points:,} of them are held "
        f"out, and before them{window} a horizon of {horizon:,} needs {least:,}",
        which=series.name,
        mend="give more points, or lower --horizon" + ("" if settings.window is None else " or --window"),
    )


def _check_plan(series: Series, plan: SeriesPlan, settings: TrainForecasterSettings, train_points: int) -> None:
    season, horizon = plan.season, settings.horizon
    if sum(plan.lags) >= plan.window:
        least = sum(plan.lags) + 1
        what = f"a window of {plan.window:,} and --difference {plan.difference} of a season of {season:,}"
        raise UserError(what, which=series.name, mend=f"give --window {least} or more, or another --difference")
    if plan.window + horizon > train_points:
        what = (
            f"a window of {plan.window:,} and a horizon of {horizon:,} in {counted(train_points, 'point')} to train on"
        )
        raise UserError(what, which=series.name, mend="lower --horizon or --window, or give more points")


def _levels(series: Series, plan: SeriesPlan) -> Values:
    if not plan.has_log:
        return series.values
    if (series.values <= 0).any():
        row = int(np.argwhere((series.values <= 0).any(axis=1))[0, 0])
        what = f"{series.values[row].min():g} at point {row + 1}, and no logarithm of it"
        raise UserError(what, which=series.name, mend="give --no-log")
    return np.log(series.values)

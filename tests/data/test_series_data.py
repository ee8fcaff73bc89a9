"""What a forecaster's training makes of series: nothing of the held-out end reaches what is fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.differencing import anchors, difference, lags_of
from textrnn.data.scaling import Scaling
from textrnn.data.season import autocorrelation, find_season
from textrnn.data.series import series_of
from textrnn.data.series_data import SeriesData, prepare_series
from textrnn.data.series_facts import inspect_series
from textrnn.errors import UserError
from textrnn.metrics.forecasts import ForecastSums

MONTHS = 120


def monthly(points: int = MONTHS, seed: int = 0, *, is_growing: bool = True) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(points)
    season = np.array([0, 3, 5, 2, -1, -4, -6, -3, 0, 2, 4, -2], float)[time % 12]
    if is_growing:
        return np.exp(3 + 0.01 * time + 0.05 * season + 0.01 * rng.normal(size=points))
    return 50 + 0.2 * time + 3 * season + 0.5 * rng.normal(size=points)


def prepared(values: Any, **given: Any) -> SeriesData:
    return prepare_series(series_of(values), TrainForecasterSettings.check({"horizon": 12, **given}))


def test_changing_what_is_held_out_changes_nothing_that_is_fitted() -> None:
    values = monthly()
    data = prepared(values)
    assert data.train_points == MONTHS - 12
    other = values.copy()
    other[data.train_points :] = np.random.default_rng(1).uniform(1, 1e6, MONTHS - data.train_points)
    changed = prepared(other)
    assert changed.plan == data.plan
    ours, theirs = data.scaling.to_arrays(), changed.scaling.to_arrays()
    assert all(np.array_equal(array, theirs[name]) for name, array in ours.items())
    # and every batch of training is the same
    origins = data.train_origins
    assert np.array_equal(data.windows(origins), changed.windows(origins))
    assert np.array_equal(data.train_ahead(origins), changed.train_ahead(origins), equal_nan=True)
    # it would show: a change before the held-out end does reach them
    earlier = values.copy()
    earlier[data.train_points - 1] *= 2
    assert not np.array_equal(prepared(earlier).scaling.offsets, data.scaling.offsets)


def test_a_growing_season_is_found_and_taken_by_its_logarithm() -> None:
    growing, level = prepared(monthly(240)), prepared(monthly(is_growing=False))
    assert (growing.plan.season, growing.plan.has_log) == (12, True)
    assert (level.plan.season, level.plan.has_log) == (12, False)
    assert level.plan.difference == "seasonal"


def test_what_is_given_is_not_chosen() -> None:
    given = {"season": 6, "difference": "both", "log": False, "window": 20}
    plan = prepared(monthly(), **given).plan
    assert (plan.season, plan.difference, plan.has_log, plan.window, plan.errors) == (6, "both", False, 20, ())
    assert plan.lags == (1, 6)


@pytest.mark.parametrize("season", [2, 4, 7, 12, 24])
def test_seasons_are_found_in_noise(season: int) -> None:
    rng = np.random.default_rng(season)
    pattern = rng.normal(size=season) * 3
    time = np.arange(season * 12)
    values = 0.3 * time + (pattern - pattern.mean())[time % season] + 0.3 * rng.normal(size=len(time))
    assert find_season(values[:, None]) == season


@pytest.mark.parametrize("seed", range(5))
def test_no_season_is_found_where_there_is_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for values in (np.cumsum(rng.normal(size=200)), rng.normal(size=200), np.arange(200.0), np.full(200, 3.0)):
        assert find_season(values[:, None]) == 1


def test_autocorrelation_is_that_of_its_definition() -> None:
    values = np.random.default_rng(0).normal(size=60).cumsum()
    changes = np.diff(values)
    time = np.arange(len(changes))
    changes = changes - np.polyval(np.polyfit(time, changes, 1), time)
    direct = [np.mean(changes[lag:] * changes[: len(changes) - lag]) for lag in range(11)]
    assert np.allclose(autocorrelation(values, 10), np.array(direct) / direct[0])


@pytest.mark.parametrize("name", ["none", "first", "seasonal", "both"])
def test_anchors_are_what_differences_of_zero_add_up_to(name: str) -> None:
    lags = lags_of(name, 4)
    values = np.random.default_rng(0).normal(size=(3, 11, 2))
    ahead = anchors(values, lags, 9)
    if not lags:
        assert not ahead.any()
        return
    path = np.concatenate([values, ahead], axis=1)
    assert np.allclose(difference(path, lags)[:, 11 - sum(lags) :], 0)
    # of the seasonal one it is the last season again
    if name == "seasonal":
        assert np.array_equal(ahead[:, :4], values[:, -4:]) and np.array_equal(ahead[:, 4:8], values[:, -4:])


@pytest.mark.parametrize("has_log", [False, True])
@pytest.mark.parametrize("name", ["none", "first", "seasonal", "both"])
def test_what_is_said_and_what_it_stands_for_are_one_way_and_back(name: str, has_log: bool) -> None:
    rng = np.random.default_rng(0)
    levels, ahead = rng.normal(size=(20, 13, 2)), rng.normal(size=(20, 5, 2))
    scaling = Scaling.fit(levels, ahead, lags=lags_of(name, 4), has_log=has_log)
    said = scaling.targets(levels, ahead)
    assert np.allclose(scaling.ahead(levels, said), ahead)
    assert np.allclose(scaling.values_of(scaling.levels_of(np.exp(ahead))), np.exp(ahead))
    assert np.allclose(said.mean(axis=0), 0) and np.allclose(said.std(axis=0), 1)
    again = Scaling.from_arrays(scaling.to_arrays(), horizon=5, columns=2, season=4)
    assert all(np.array_equal(array, again.to_arrays()[key]) for key, array in scaling.to_arrays().items())


def test_errors_of_forecasts_far_beyond_the_series_can_be_summed() -> None:
    scaling = prepared(monthly(), log=True).scaling
    far = scaling.values_of(np.array([[1e6], [-1e6], [800.0]]))
    sums = ForecastSums.of(np.repeat(far, 1000, axis=0), np.full((3000, 1), 1e100), np.ones(1))
    assert np.isfinite([sums.mae, sums.rmse, sums.mase]).all() and (far > 0).all()


def test_steps_behind_the_training_part_are_not_known() -> None:
    data = prepared(monthly(), val_frac=0.2)
    assert len(data.valid_origins) == 24 - 12 + 1
    last = data.train_ahead(data.train_origins[-1:])[0, :, 0]
    assert not np.isnan(last[0]) and np.isnan(last[1:]).all()


@pytest.mark.parametrize(
    ("points", "given", "message"),
    [
        (20, {}, "a series of 20 points is too short"),
        (60, {"window": 50}, "and a window of 50, a horizon of 12 needs 62"),
        (60, {"season": 48}, "a season of 48 in 48 points to train on"),
        (60, {"season": 12, "window": 12, "difference": "seasonal"}, "--window 13"),
        (1, {"horizon": 1}, "a series of 1 point is too short"),
    ],
)
def test_series_that_are_too_short(points: int, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        prepared(monthly(points), **given)


def test_no_logarithm_of_what_is_not_above_zero() -> None:
    values = monthly()
    values[-1] = 0
    with pytest.raises(UserError, match=r"0 at point 120, and no logarithm of it.*--no-log"):
        prepared(values, log=True)
    values[3] = -1
    assert not prepared(values).plan.has_log


def test_facts_for_inspection() -> None:
    facts = inspect_series(series_of(monthly()))
    assert facts["points"] == MONTHS and facts["held_out"] == {"points": 12, "horizon": 12, "season": 12}
    (column,) = facts["columns"].values()
    assert column["season"] == 12 and not column["is_constant"] and column["last"] == monthly()[-1]
    assert "too short" in inspect_series(series_of([1.0, 2.0]))["training_refuses"]

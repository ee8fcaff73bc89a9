"""The linear model by which choices for series are tried, against ridge regression written out; and its bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textrnn.data import series_plan
from textrnn.data.scaling import Scaling
from textrnn.data.series_plan import SeriesPlan, ahead_of, plan_series, windows_of

Values = Any


def walks(points: int, columns: int) -> Values:
    return np.exp(np.random.default_rng(0).normal(size=(points, columns)).cumsum(axis=0) / 10)


@pytest.mark.parametrize("difference", ["none", "first", "both"])
def test_each_column_is_forecast_by_a_ridge_regression_of_its_own_window(difference: str) -> None:
    levels = walks(60, 2)
    plan = SeriesPlan(season=4, difference=difference, has_log=False, window=12)
    places = np.array([0, 3, 5])
    found = series_plan._linear_forecast(levels, plan, places)
    origins = np.arange(12, 60)
    before, ahead = windows_of(levels, origins, 12), ahead_of(levels, origins, 6)
    scaling = Scaling.fit(before, ahead, lags=plan.lags, has_log=False)
    last = levels[None, -12:]
    said = np.zeros((1, 6, 2))
    for column in range(2):
        for place in places:
            targets = scaling.targets(before, ahead)[:, place, column]
            rows = scaling.inputs(before)[~np.isnan(targets), :, column].astype(np.float64)
            read = rows.shape[1]
            weights = np.linalg.inv(rows.T @ rows + read * np.eye(read)) @ rows.T @ targets[~np.isnan(targets)]
            said[0, place, column] = scaling.inputs(last)[0, :, column] @ weights
    np.testing.assert_allclose(found, scaling.ahead(last, said)[0, places], rtol=1e-9)


def test_steps_that_no_origin_knows_are_said_as_the_last_that_one_does() -> None:
    plan = SeriesPlan(season=1, difference="none", has_log=False, window=12)
    found = series_plan._linear_forecast(walks(16, 1), plan, np.array([0, 3, 9]))
    assert found[1] == found[2] != found[0]


@pytest.mark.parametrize(
    ("points", "columns", "horizon", "season"), [(60, 200, 12, None), (900, 1, 170, 24), (1500, 1, 6, 450)]
)
def test_choosing_is_bounded_whatever_the_columns_the_horizon_and_the_season(
    points: int, columns: int, horizon: int, season: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve, shapes = np.linalg.solve, list[tuple[int, ...]]()

    def watched(left: Values, right: Values) -> Values:
        shapes.append(left.shape)
        return solve(left, right)

    monkeypatch.setattr(np.linalg, "solve", watched)
    plan_series(walks(points, columns), horizon=horizon, season=season, difference="first", log=None, window=None)
    assert 0 < len(shapes) <= 2 * 16 * 24
    assert max(int(np.prod(shape)) for shape in shapes) <= 4 * 400 * 400
    assert {shape[-1] for shape in shapes} <= set(range(1, 401))

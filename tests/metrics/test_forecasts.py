"""Errors of forecasts: equal to scikit-learn's, and to MASE written out as its definition has it."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.baselines.seasonal_naive import SeasonalNaive, naive_forecast
from textrnn.errors import UserError
from textrnn.metrics.forecasts import ForecastSums, seasonal_scale


def mase_by_hand(past: list[float], truth: list[float], forecast: list[float], season: int) -> float:
    changes = [abs(past[place] - past[place - season]) for place in range(season, len(past))]
    scale = sum(changes) / len(changes)
    return sum(abs(a - b) / scale for a, b in zip(truth, forecast, strict=True)) / len(truth)


@pytest.mark.parametrize("seed", range(20))
def test_against_scikit_learn_and_the_definition(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    season, horizon = int(rng.integers(1, 8)), int(rng.integers(1, 10))
    past, truth, forecast = (rng.normal(size=(count, 1)) for count in (40, horizon, horizon))
    sums = ForecastSums.of(forecast, truth, seasonal_scale(past, season))
    assert sums.mae == pytest.approx(metrics.mean_absolute_error(truth, forecast), rel=1e-12)
    assert sums.rmse == pytest.approx(metrics.root_mean_squared_error(truth, forecast), rel=1e-12)
    by_hand = mase_by_hand(*(array[:, 0].tolist() for array in (past, truth, forecast)), season)
    assert sums.mase == pytest.approx(by_hand, rel=1e-12)


def test_parts_add_up_and_columns_are_scaled_each_by_its_own() -> None:
    rng = np.random.default_rng(0)
    truth, forecast = rng.normal(size=(2, 7, 3, 2))
    scale = np.array([1.0, 100.0])
    whole = ForecastSums.of(forecast, truth, scale)
    parts = ForecastSums.of(forecast[:4], truth[:4], scale) + ForecastSums.of(forecast[4:], truth[4:], scale)
    assert parts.to_json() == pytest.approx(whole.to_json()) and whole.points == 42
    errors = np.abs(forecast - truth)
    assert whole.mase == pytest.approx((errors / scale).mean())
    assert whole.of_column(1).mae == pytest.approx(errors[..., 1].mean())


def test_without_a_scale_mase_is_undefined() -> None:
    assert ForecastSums.of(np.ones((3, 1)), np.ones((3, 1)), np.zeros(1)).mase is None


def test_simple_forecasts() -> None:
    values = np.array([[1.0], [2.0], [3.0], [4.0], [9.0]])
    assert naive_forecast(values, 3)[:, 0].tolist() == [9.0, 9.0, 9.0]
    assert naive_forecast(values, 5, 2)[:, 0].tolist() == [4.0, 9.0, 4.0, 9.0, 4.0]
    # a past that is shorter than a season
    assert naive_forecast(values, 2, 7)[:, 0].tolist() == [9.0, 9.0]
    baseline = SeasonalNaive.fit(values, 2)
    assert baseline.scale.tolist() == [(2 + 2 + 6) / 3]
    assert [*baseline.forecasts(values[None], 2)] == ["naive", "seasonal naive"]
    again = SeasonalNaive.from_arrays(baseline.to_arrays(), 1)
    assert again.season == 2 and np.array_equal(again.scale, baseline.scale)
    with pytest.raises(UserError, match="damaged baseline"):
        SeasonalNaive.from_arrays({}, 1)

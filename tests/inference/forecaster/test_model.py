"""A forecaster at work: alone and among others, its band, and a run whose files are damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.baselines.seasonal_naive import SeasonalNaive
from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.series import series_of
from textrnn.data.series_data import fingerprint, prepare_series
from textrnn.errors import UserError
from textrnn.inference.forecaster.interval import half_width, residuals_of
from textrnn.inference.forecaster.model import Forecaster
from textrnn.inference.making import run_config
from textrnn.networks.forecaster import initial_forecaster
from textrnn.networks.parameters import map_arrays

Make = Callable[..., Forecaster]
POINTS = 80


def values(points: int = POINTS) -> np.ndarray:
    rng = np.random.default_rng(0)
    time = np.arange(points)
    return np.exp(3 + 0.01 * time + np.array([0.0, 0.1, 0.2, -0.3])[time % 4] + 0.02 * rng.normal(size=points))


@pytest.fixture
def make() -> Make:
    """A forecaster with weights that nobody trained."""

    def make(**given: Any) -> Forecaster:
        series = series_of(values())
        settings = TrainForecasterSettings.check({"horizon": 6, "hidden_size": 5, **given})
        data = prepare_series(series, settings)
        plan = data.plan
        settings = settings.replace(
            column=series.columns, window=plan.window, season=plan.season, difference=plan.difference, log=plan.has_log
        )
        rng = np.random.default_rng(1)
        fresh = initial_forecaster(settings, plan.window - sum(plan.lags), 1, rng)
        parameters = map_arrays(lambda _, array: (rng.normal(size=array.shape) / 3).astype(np.float32), fresh)
        return Forecaster(
            name="made",
            settings=settings,
            scaling=data.scaling,
            parameters=parameters,
            config=run_config(settings, data.facts, plan={}, validation=None, command=None),
            baseline_arrays=SeasonalNaive.fit(data.train_values, plan.season).to_arrays(),
            residuals=np.sort(rng.exponential(size=(50, 1)), axis=0),
        )

    return make


def test_a_window_is_forecast_alone_as_among_others(make: Make) -> None:
    model = make(cell="gru")
    past = values()
    windows = np.stack([past[place - model.window : place, None] for place in range(model.window, POINTS)])
    together = model.ahead(windows)
    for place in range(len(windows)):
        assert np.array_equal(model.ahead(windows[place : place + 1])[0], together[place])
    assert np.array_equal(model.forecast(past[:-1]).values, together[-1])


def test_only_the_window_is_read(make: Make) -> None:
    model = make()
    other = values()
    other[: POINTS - model.window] = 1.0
    assert np.array_equal(model.forecast(other).values, model.forecast(values()).values)
    other[POINTS - model.window] *= 1.5
    assert not np.array_equal(model.forecast(other).values, model.forecast(values()).values)
    with pytest.raises(UserError, match=f"3 points where made reads a window of {model.window}"):
        model.forecast([1, 2, 3])


def test_rolling_origins_are_forecasts_one_by_one(make: Make) -> None:
    model = make()
    # of a series that it was not trained on, every origin counts
    other = values() * 2
    found = model.evaluate(other)
    origins = range(model.window, POINTS - 5)
    errors = [np.abs(model.forecast(other[:at]).values[:, 0] - other[at : at + 6]) for at in origins]
    assert found.origins == len(origins) and found.sums.points == 6 * len(origins) and not found.notes
    assert found.mae == pytest.approx(np.mean(errors))
    assert found.mase == pytest.approx(np.mean(errors) / model.baseline.scale[0])
    naive = [np.abs(other[at - 1] - other[at : at + 6]) for at in origins]
    seasonal = [np.abs(np.resize(other[at - 4 : at], 6) - other[at : at + 6]) for at in origins]
    assert [one.mae for _, one in found.baselines] == pytest.approx([np.mean(naive), np.mean(seasonal)])
    # of the one it was trained on, what comes after its training part
    assert model.evaluate(values()).origins == POINTS - 6 - model.config["data"]["train_points"] + 1
    assert model.config["data"]["train_sha256"] == fingerprint(values()[: model.config["data"]["train_points"], None])
    with pytest.raises(UserError, match=r"no horizon of 6 after the \d+ that made was trained on"):
        model.evaluate(values()[:-5])


def test_the_band_holds_the_share_of_residuals_that_it_says(make: Make) -> None:
    model = make()
    rng = np.random.default_rng(2)
    ahead = rng.normal(size=(400, 6, 1))
    truth = ahead + rng.normal(size=ahead.shape) * model.scaling.spreads
    truth[-3:, 2:] = np.nan
    residuals = residuals_of(ahead, truth, model.scaling)
    assert len(residuals) == 400 * 6 - 3 * 4
    for level in (0.5, 0.8, 0.9):
        inside = np.abs(ahead - truth) <= half_width(residuals, level, model.scaling)
        assert inside[~np.isnan(truth)].mean() == pytest.approx(level, abs=0.001)
    # new values from the same odds
    again = ahead + rng.normal(size=ahead.shape) * model.scaling.spreads
    assert (np.abs(again - ahead) <= half_width(residuals, 0.9, model.scaling)).mean() == pytest.approx(0.9, abs=0.03)
    narrow, wide = (model.forecast(values(), level=level) for level in (0.5, 0.95))
    assert narrow.low is not None and wide.low is not None and (wide.low < narrow.low).all()
    # more than there are residuals to tell: the largest of them
    assert np.array_equal(half_width(residuals, 0.99999, model.scaling), residuals[-1] * model.scaling.spreads)


@pytest.mark.parametrize(
    ("role", "change", "message"),
    [
        ("scaling", {"spread": np.zeros(1)}, "scaling.* has no spread"),
        ("scaling", {"center": np.zeros(2)}, "scaling.* has no center"),
        ("scaling", {"offsets": np.zeros((5, 1))}, "scaling.* has no offsets"),
        ("scaling", {"lags": np.array([3])}, "scaling.* has no lags"),
        ("scaling", {"log": np.array([2])}, "scaling.* has no log"),
        ("scaling", {"residuals": np.array([[2.0], [1.0]])}, "scaling.* has no residuals"),
        ("baseline", {"seasonal_naive.scale": np.array([-1.0])}, "baseline.* has no seasonal_naive.scale"),
        ("model", {"linear": np.zeros((1, 1), np.float32)}, "linear"),
    ],
)
def test_a_damaged_run_is_refused_by_the_name_of_its_file(
    make: Make, tmp_path: Path, role: str, change: dict[str, Any], message: str
) -> None:
    model = make()
    roles = model.array_roles()
    model.save(tmp_path / "good")
    again = textrnn.load(tmp_path / "good")
    assert again.forecast(values()).to_json() == model.forecast(values()).to_json()  # type: ignore[union-attr]
    roles[role] = {**roles[role], **change}
    model.array_roles = lambda: roles  # type: ignore[method-assign]
    model.save(tmp_path / "bad")
    with pytest.raises(UserError, match=message):
        textrnn.load(tmp_path / "bad")


def test_what_has_no_logarithm_is_refused(make: Make) -> None:
    model = make(log=True)
    past = values()
    past[-1] = 0
    with pytest.raises(UserError, match=r"0 in the window, and made reads logarithms.*--no-log"):
        model.forecast(past)


def test_numbers_that_the_network_cannot_read_are_refused(make: Make) -> None:
    model, far = make(log=False), values() * 1e90
    for said in (model.forecast, model.evaluate):
        with pytest.raises(UserError, match=r"e.91 in the window, too far from all that made was trained on in "):
            said(far)

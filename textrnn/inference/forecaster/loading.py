"""From a run to a forecaster."""

from __future__ import annotations

from textrnn.baselines.seasonal_naive import SeasonalNaive
from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.scaling import Scaling
from textrnn.errors import UserError
from textrnn.inference.forecaster.interval import checked_residuals
from textrnn.inference.forecaster.model import Forecaster
from textrnn.inference.reading import config_of
from textrnn.networks.forecaster import build, forecaster_shapes
from textrnn.networks.initial import empty
from textrnn.networks.parameters import with_arrays
from textrnn.runs.card import read_card
from textrnn.runs.folder import Run


def forecaster_from_run(run: Run) -> Forecaster:
    """Return the forecaster in `run`; what it holds is checked before anything is allocated."""
    config, settings = config_of(run, TrainForecasterSettings)
    if not settings.column or settings.window is None or settings.season is None:
        raise run.bad("config", "names no column, window or season")
    facts = config["data"]
    if not isinstance(facts.get("train_points"), int) or not isinstance(facts.get("train_sha256"), str):
        raise run.bad("config", "has no train_points or train_sha256 that it could be in data")
    columns = len(settings.column)
    scaling_arrays, baseline_arrays = run.arrays("scaling"), run.arrays("baseline")
    try:
        scaling = Scaling.from_arrays(scaling_arrays, horizon=settings.horizon, columns=columns, season=settings.season)
        residuals = checked_residuals(scaling_arrays, columns)
    except UserError as error:
        raise run.bad("scaling", f"has no {error.which} that it could be") from None
    try:
        SeasonalNaive.from_arrays(baseline_arrays, columns)
    except UserError as error:
        raise run.bad("baseline", f"has no {error.which} that it could be") from None
    steps = settings.window - sum(scaling.lags)
    if steps < 1:
        raise run.bad("scaling", "has lags that its window does not reach")
    run.check_shapes("model", forecaster_shapes(settings, steps, columns))
    return Forecaster(
        name=run.name,
        settings=settings,
        scaling=scaling,
        parameters=with_arrays(build(settings, steps, columns, empty), run.arrays("model")),
        config=config,
        baseline_arrays=baseline_arrays,
        residuals=residuals,
        model_sha256=run.model_sha256,
        card=read_card(run.folder),
    )

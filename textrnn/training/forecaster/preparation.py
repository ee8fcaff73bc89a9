"""Everything about a forecaster's training that is decided before its first step.

In: series, settings, a run to go on with. Out: `Prepared`: all sizes, task and state. Nothing is written here; what the
user can mend is refused here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from textrnn.baselines.seasonal_naive import SeasonalNaive
from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.series import Series
from textrnn.data.series_data import SeriesData, prepare_series
from textrnn.inference.forecaster.loading import forecaster_from_run
from textrnn.networks.build import cell_of
from textrnn.networks.forecaster import forecaster_shapes, initial_forecaster
from textrnn.runs.folder import Run
from textrnn.training.beginning import begin, check_same_data, restore
from textrnn.training.forecaster.task import ForecasterTask
from textrnn.training.memory import check_memory_for
from textrnn.training.prepared import Prepared
from textrnn.training.state import TrainingState

# of a budget: what is kept back for saving and leaving
LEAVING_S = 1.0
# steps of a training that only time would end: more learn the noise of a short series by heart; a long one is read
# so often
STEPS, FEWEST_EPOCHS, MOST_STEPS = 300, 3, 20_000
_INITIAL = 0x494E


@dataclass(frozen=True, kw_only=True)
class PreparedForecaster(Prepared[TrainForecasterSettings]):
    """With its data."""

    data: SeriesData
    baseline: SeasonalNaive


def prepare_forecaster(series: Series, settings: TrainForecasterSettings, resumed: Run | None) -> PreparedForecaster:
    """Check everything and decide all sizes."""
    beginning = begin(settings, resumed)
    settings, seed, device = beginning.settings, beginning.seed, beginning.device
    if resumed is not None:
        check_same_data(resumed, anew="train a new run", sha256=series.sha256)
    before = None if resumed is None else forecaster_from_run(resumed)
    data = prepare_series(series, settings, scaling=None if before is None else before.scaling)
    plan: Mapping[str, Any]
    if resumed is not None:
        plan = resumed.json("config")["plan"]
    else:
        settings, plan = _settled(settings, data)
    steps, columns = data.plan.window - sum(data.plan.lags), len(series.columns)
    num_parameters = sum(math.prod(shape) for shape in forecaster_shapes(settings, steps, columns).values())
    check_memory_for(settings.replace(seq_length=steps), num_parameters, outputs=0)

    fresh = initial_forecaster(settings, steps, columns, np.random.default_rng([seed, _INITIAL]))
    state = TrainingState.fresh(fresh, settings, device, gates=len(cell_of(settings).gates))
    if resumed is not None:
        restore(resumed, state, beginning.before or {}, ())
    baseline = SeasonalNaive.fit(data.train_values, data.plan.season)
    return PreparedForecaster(
        settings=settings,
        seed=seed,
        device=device,
        plan=plan,
        units_per_second=0.0,
        num_parameters=num_parameters,
        task=ForecasterTask(data, settings, baseline, seed, device),
        state=state,
        notes=(*beginning.notes, *data.notes),
        threads=beginning.threads_to_try,
        leaving_s=LEAVING_S,
        facts=data.facts,
        data=data,
        baseline=baseline,
    )


def _settled(settings: TrainForecasterSettings, data: SeriesData) -> tuple[TrainForecasterSettings, dict[str, Any]]:
    """Return settings with every choice made, and those that were not given."""
    plan = data.plan
    chosen: dict[str, Any] = {
        "column": data.series.columns,
        "window": plan.window,
        "season": plan.season,
        "difference": plan.difference,
        "log": plan.has_log,
    }
    if settings.budget is not None and not {"epochs", "steps"} & settings.model_fields_set:
        a_pass = -(-len(data.train_origins) // settings.batch_size)
        chosen["steps"] = min(MOST_STEPS, max(STEPS, FEWEST_EPOCHS * a_pass))
    given = settings.model_fields_set
    told = {name: value for name, value in chosen.items() if name not in given and name != "column"}
    return settings.replace(**chosen), {**told, "tried": {name: round(error, 4) for name, error in plan.errors}}

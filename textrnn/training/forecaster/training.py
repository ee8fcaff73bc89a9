"""Training a forecaster, from series to a run folder.

In: series, settings, where to save. Out: records while it runs, then a model and the facts about its training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.series import Series
from textrnn.data.series_plan import ahead_of
from textrnn.inference.forecaster.evaluation import SeriesEvaluation, conditions, series_json
from textrnn.inference.forecaster.interval import residuals_of
from textrnn.inference.forecaster.model import TASK, Forecaster
from textrnn.inference.making import figures_signature
from textrnn.report.forecast import forecast_line
from textrnn.runs.folder import Run
from textrnn.training.forecaster.card import forecaster_card
from textrnn.training.forecaster.preparation import PreparedForecaster, prepare_forecaster
from textrnn.training.forecaster.task import ForecasterTask
from textrnn.training.start import Start
from textrnn.training.training import Training

# held-out origins whose residuals make the band, evenly spaced where there are more
_MOST_ORIGINS = 2000


class ForecasterTraining(Training[TrainForecasterSettings, Forecaster]):
    """One training of a forecaster."""

    task_name = TASK
    planned: ClassVar[tuple[str, ...]] = (
        "cell", "num_layers", "hidden_size", "season", "difference", "log", "window", "horizon", "batch_size",
        "dropout", "optimizer",
    )  # fmt: skip

    def __init__(
        self,
        series: Series,
        settings: TrainForecasterSettings,
        start: Start | None = None,
    ) -> None:
        """As `Training`."""

        def prepare(resumed: Run | None) -> PreparedForecaster:
            return prepare_forecaster(series, settings, resumed)

        super().__init__(prepare, start or Start())
        assert isinstance(self._prepared, PreparedForecaster) and isinstance(self._prepared.task, ForecasterTask)
        self.data, self._task = self._prepared.data, self._prepared.task
        self._baseline_arrays = self._prepared.baseline.to_arrays()
        self._residuals: np.ndarray | None = None

    def _subject(self) -> dict[str, Any]:
        return {"unit": "point", "columns": list(self.data.series.columns), "points": self.data.train_points}

    def _counted(self) -> dict[str, Any]:
        return {"examples_seen": self._task.examples_before(self.state.step)}

    def _signature(self) -> str:
        facts = self.data.facts
        where = conditions(facts["origins"], self.data.scaling.horizon, self.data.plan.season)
        return figures_signature(facts["sha256"], **where, seed=self._prepared.seed)

    def _beside(self) -> dict[str, Mapping[str, np.ndarray]]:
        return {**super()._beside(), "scaling": self.model().scaling_arrays()}

    def _conclude(self, best: Any, units: int) -> Iterator[str]:
        data = self.data
        sums, baselines = self._task.sums(best, units)
        self._validation = series_json(
            SeriesEvaluation(
                model="",
                columns=data.series.columns,
                horizon=data.scaling.horizon,
                season=data.plan.season,
                origins=len(self._task.first(units)),
                sums=sums,
                baselines=baselines,
                signature="",
            )
        )
        # of origins near the end, the steps that are known
        origins = np.arange(data.train_points, len(data.series))
        origins = origins[:: -(-len(origins) // _MOST_ORIGINS)]
        truth = ahead_of(data.levels, origins, data.scaling.horizon)
        self._residuals = residuals_of(self._task.ahead(best, origins), truth, data.scaling)
        if sums.mase is None:
            yield "a column never changes from season to season, so that there is no scale: MASE is undefined"

    def _sample(self, averaged: Any) -> str:
        origins = self.data.valid_origins[:1]
        ahead = self.data.scaling.values_of(self._task.ahead(averaged, origins))[0]
        truth = ahead_of(self.data.series.values, origins, self.data.scaling.horizon)[0]
        return forecast_line(ahead[:, 0], truth[:, 0])

    def _model_of(self, parameters: Any) -> Forecaster:
        return Forecaster(
            name=self._name(),
            settings=self.settings,
            scaling=self.data.scaling,
            parameters=parameters,
            config=self._config(),
            baseline_arrays=self._baseline_arrays or {},
            residuals=self._residuals,
        )

    def _card(self, *, is_brief: bool) -> str:
        return forecaster_card(self.model(), self.data.facts, self.result())

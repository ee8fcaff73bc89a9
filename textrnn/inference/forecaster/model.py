"""A forecaster at work: the last values of a series in, those ahead and the band about them out, on NumPy alone.

Shapes: N points, B windows, W values of a window, H steps ahead, C columns.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.baselines.seasonal_naive import SeasonalNaive
from textrnn.config.forecaster import ForecastSettings, TrainForecasterSettings
from textrnn.data.scaling import Scaling
from textrnn.data.series import Series, read_series, series_of
from textrnn.errors import UserError
from textrnn.inference.forecaster.engine import ForecasterEngine
from textrnn.inference.forecaster.evaluation import SeriesEvaluation, evaluate_forecaster
from textrnn.inference.forecaster.interval import RESIDUALS, half_width
from textrnn.networks.build import cell_of
from textrnn.networks.forecaster import ForecasterParameters
from textrnn.networks.parameters import named_arrays
from textrnn.text.display import counted

Values = npt.NDArray[np.float64]

TASK = "forecaster"


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """values: (H, C), the steps after the last one. low, high: (H, C), None where the run measured no residuals."""

    columns: tuple[str, ...]
    values: Values
    low: Values | None
    high: Values | None
    level: float

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return len(self.values)

    def to_json(self) -> list[dict[str, Any]]:
        """Return one JSON object for each column."""

        def of(values: Values | None, place: int) -> list[float] | None:
            return None if values is None else values[:, place].tolist()

        return [
            {
                "column": name,
                "forecast": of(self.values, place),
                "low": of(self.low, place),
                "high": of(self.high, place),
                "horizon": self.horizon,
            }
            for place, name in enumerate(self.columns)
        ]


class Forecaster:
    """What `textrnn.load` and `textrnn.train_forecaster` return. columns: of the series, in order."""

    def __init__(
        self,
        *,
        name: str,
        settings: TrainForecasterSettings,
        scaling: Scaling,
        parameters: ForecasterParameters,
        config: Mapping[str, Any],
        baseline_arrays: Mapping[str, np.ndarray],
        residuals: Values | None = None,
        model_sha256: str | None = None,
        card: str | None = None,
    ) -> None:
        """settings: with every choice made. residuals: of the held-out end. card: told beside the run, in Markdown."""
        assert settings.window is not None and settings.season is not None
        self.name, self.settings, self.scaling, self.residuals = name, settings, scaling, residuals
        self.columns, self.window, self.season = settings.column, settings.window, settings.season
        self.config, self.model_sha256, self.card = dict(config), model_sha256, card
        self._parameters, self._baseline_arrays = parameters, baseline_arrays

    @property
    def horizon(self) -> int:
        """Steps ahead that are forecast at once."""
        return self.settings.horizon

    @property
    def steps(self) -> int:
        """Steps that the network reads: a window has some more, which its differences use up."""
        return self.window - sum(self.scaling.lags)

    @cached_property
    def engine(self) -> ForecasterEngine:
        """The network on NumPy."""
        return ForecasterEngine(self._parameters, cell_of(self.settings), self.scaling)

    @cached_property
    def baseline(self) -> SeasonalNaive:
        """What to compare with."""
        return SeasonalNaive.from_arrays(self._baseline_arrays, len(self.columns))

    def read(
        self, source: str | os.PathLike[str], *, column: Sequence[str] = (), encoding: str | None = None,
        errors: str = "strict",
    ) -> Series:  # fmt: skip
        """Return the series of a file with the columns of this model; column: other names of them, in their order."""
        found = read_series(source, column=column or self.columns, encoding=encoding, errors=errors)
        self._check_columns(found)
        return found

    def _series(self, source: Any) -> Series:
        if isinstance(source, str | os.PathLike):
            return self.read(source)
        found = source if isinstance(source, Series) else series_of(source)
        self._check_columns(found)
        return found

    def _check_columns(self, series: Series) -> None:
        if len(series.columns) != len(self.columns):
            what = f"{counted(len(series.columns), 'column')} where {self.name or 'the model'} has {len(self.columns)}"
            raise UserError(what, which=series.name, mend=f"give {', '.join(map(repr, self.columns))}")

    def forecast(self, source: Any, *, level: float | None = None) -> Forecast:
        """Return the steps after the last one of `source`: a file, a `Series`, N numbers or N rows of C numbers.

        level: share of held-out values that the band held.
        """
        settings = ForecastSettings.check({} if level is None else {"level": level})
        series = self._series(source)
        if len(series) < self.window:
            what = f"{counted(len(series), 'point')} where {self.name} reads a window of {self.window:,}"
            raise UserError(what, which=series.name, mend="give as many at least")
        ahead = self._levels_ahead(series.values[None, -self.window :], series.name)[0]
        width = None if self.residuals is None else half_width(self.residuals, settings.level, self.scaling)
        return Forecast(
            columns=self.columns,
            values=self.scaling.values_of(ahead),
            low=None if width is None else self.scaling.values_of(ahead - width),
            high=None if width is None else self.scaling.values_of(ahead + width),
            level=settings.level,
        )

    def ahead(self, windows: Values) -> Values:
        """(B, W, C) -> (B, H, C): values to values."""
        return self.scaling.values_of(self._levels_ahead(windows, "the series"))

    def _levels_ahead(self, windows: Values, which: str) -> Values:
        if self.scaling.has_log and (windows <= 0).any():
            what = f"{windows.min():g} in the window, and {self.name} reads logarithms"
            raise UserError(what, which=which, mend="give values above 0, or train with --no-log")
        # the network's own numbers end long before those of a series do
        with np.errstate(over="ignore", invalid="ignore"):
            found = self.engine.ahead(self.scaling.levels_of(windows))
        if not np.isfinite(found).all():
            farthest = windows.flat[np.abs(windows).argmax()]
            what = f"{farthest:g} in the window, too far from all that {self.name or 'the model'} was trained on"
            raise UserError(what, which=which, mend="give the series in the units of the training")
        return found

    def evaluate(self, source: Any) -> SeriesEvaluation:
        """Return how good the forecasts are from every origin of a series. source: as for `forecast`."""
        return evaluate_forecaster(self, self._series(source))

    def json_roles(self) -> dict[str, Any]:
        """Return what a run holds of this model beside its weights: the role config."""
        return {"config": self.config}

    def scaling_arrays(self) -> dict[str, np.ndarray]:
        """Return the role scaling: the way from values to what the network reads, and residuals if there are some."""
        beside = {} if self.residuals is None else {RESIDUALS: self.residuals}
        return {**self.scaling.to_arrays(), **beside}

    def array_roles(self) -> dict[str, dict[str, np.ndarray]]:
        """Return what a run holds of this model as arrays."""
        weights = {name: np.asarray(array) for name, array in named_arrays(self._parameters).items()}
        return {"model": weights, "scaling": self.scaling_arrays(), "baseline": dict(self._baseline_arrays)}

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write this model as a run folder, to be opened by `textrnn.load` and every command."""
        from textrnn.runs.writer import RunWriter

        with RunWriter(Path(folder), overwrite=overwrite) as writer:
            writer.commit(task=TASK, step=0, json=self.json_roles(), arrays=self.array_roles(), finished=True)
            if self.card is not None:
                writer.write_card(self.card)

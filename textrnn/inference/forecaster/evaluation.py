"""The figures of a forecaster on a series, beside those of forecasts that need no learning.

Rolling origins: from every point on that has a window before it and a whole horizon after it, all steps ahead are
forecast from what came before that point. Of the series a run was trained on, only what comes after its training part
is measured; where that is one horizon, there is one origin.
Shapes: B windows, W values of a window, H steps ahead, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from textrnn.baselines.seasonal_naive import SeasonalNaive
from textrnn.data.series import Series
from textrnn.data.series_data import fingerprint
from textrnn.data.series_plan import ahead_of, windows_of
from textrnn.errors import UserError
from textrnn.inference.making import figures_signature
from textrnn.metrics.forecasts import ForecastSums
from textrnn.text.display import counted

Values = npt.NDArray[np.float64]
Origins = npt.NDArray[np.int64]

# windows whose forecasts are worked out together
_AT_ONCE = 4096


@dataclass(frozen=True, kw_only=True)
class SeriesEvaluation:
    """sums: of the model. baselines: name and sums of each. origins: how many points were forecast from."""

    model: str
    columns: tuple[str, ...]
    horizon: int
    season: int
    origins: int
    sums: ForecastSums
    baselines: tuple[tuple[str, ForecastSums], ...]
    signature: str
    notes: tuple[str, ...] = ()

    @property
    def mase(self) -> float | None:
        """Mean absolute scaled error, None where it is undefined."""
        return self.sums.mase

    @property
    def mae(self) -> float:
        """Mean absolute error."""
        return self.sums.mae

    @property
    def rmse(self) -> float:
        """Root mean squared error."""
        return self.sums.rmse

    def to_json(self) -> dict[str, Any]:
        """Return the figures under the keys that `evaluate --json` prints."""
        return {"model": self.model, "task": "forecaster", **series_json(self), "signature": self.signature}


def series_json(evaluation: SeriesEvaluation) -> dict[str, Any]:
    """Return the figures alone, without whose they are."""
    sums = evaluation.sums
    return {
        "points": sums.points,
        "origins": evaluation.origins,
        "horizon": evaluation.horizon,
        "season": evaluation.season,
        **sums.to_json(),
        "columns": {name: sums.of_column(place).to_json() for place, name in enumerate(evaluation.columns)},
        "baselines": [{"name": name, **one.to_json()} for name, one in evaluation.baselines],
    }


class ForecastingModel(Protocol):
    """What measuring asks of a model."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def window(self) -> int: ...

    @property
    def horizon(self) -> int: ...

    @property
    def baseline(self) -> SeasonalNaive: ...

    @property
    def config(self) -> Mapping[str, Any]: ...

    def ahead(self, windows: Values) -> Values:
        """(B, W, C) -> (B, H, C): values to values."""
        ...


def evaluate_forecaster(model: ForecastingModel, series: Series) -> SeriesEvaluation:
    """Measure `model` on every origin of `series`."""
    facts = model.config["data"]
    seen = facts["train_points"]
    is_known = len(series) >= seen and fingerprint(series.values[:seen]) == facts["train_sha256"]
    first = max(model.window, seen) if is_known else model.window
    origins = np.arange(first, len(series) - model.horizon + 1)
    if not len(origins):
        least, after = model.window + model.horizon, f" after the {seen:,} that {model.name} was trained on"
        what = f"{counted(len(series), 'point')}, and no horizon of {model.horizon:,}{after}" if is_known else (
            f"{counted(len(series), 'point')}, and a window of {model.window:,} with a horizon of {model.horizon:,} "
            f"needs {least:,}"
        )  # fmt: skip
        raise UserError(what, which=series.name, mend="give a longer series")
    notes = [f"measured behind the {seen:,} points that {model.name} was trained on"] if is_known else []

    def own(places: Origins) -> Values:
        return model.ahead(windows_of(series.values, places, model.window))

    sums, beside = measured(own, series.values, origins, model.baseline, model.horizon)
    return SeriesEvaluation(
        model=model.name,
        columns=model.columns,
        horizon=model.horizon,
        season=model.baseline.season,
        origins=len(origins),
        sums=sums,
        baselines=beside,
        signature=figures_signature(series.sha256, **conditions(len(origins), model.horizon, model.baseline.season)),
        notes=tuple(notes),
    )


def conditions(origins: int, horizon: int, season: int) -> dict[str, object]:
    """Return under what a figure was measured, for its signature."""
    return {"protocol": "rolling", "origins": origins, "horizon": horizon, "season": season}


def measured(
    own: Any, values: Values, origins: Origins, baseline: SeasonalNaive, horizon: int
) -> tuple[ForecastSums, tuple[tuple[str, ForecastSums], ...]]:
    """Return the sums of forecasts from `origins`, and those of each simple one. own: (B,) origins -> (B, H, C)."""
    total: dict[str, ForecastSums] = {}
    past = max(baseline.season, 1)
    for start in range(0, len(origins), _AT_ONCE):
        places = origins[start : start + _AT_ONCE]
        truth = ahead_of(values, places, horizon)
        before = windows_of(values, places, min(past, int(places.min())))
        for name, forecasts in {"": own(places), **baseline.forecasts(before, horizon)}.items():
            sums = ForecastSums.of(forecasts, truth, baseline.scale)
            total[name] = total[name] + sums if name in total else sums
    return total.pop(""), tuple(total.items())

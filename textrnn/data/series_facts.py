"""What to know of series before training on them, as figures.

In: series that were read. Out: facts that can be written as JSON.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.season import find_season
from textrnn.data.series import Series
from textrnn.data.series_data import check_length, held_out_points
from textrnn.errors import UserError


def inspect_series(series: Series) -> dict[str, Any]:
    """Return length, columns with their extremes, the season found, and what a training would hold out by default."""
    settings = TrainForecasterSettings()
    refusal: str | None = None
    try:
        check_length(series, settings)
    except UserError as error:
        refusal = str(error)
    held_out = held_out_points(len(series), settings.horizon, settings.val_frac)
    train = series.values[: max(0, len(series) - held_out)]
    return {
        "kind": "series",
        "name": series.name,
        "sha256": series.sha256,
        "points": len(series),
        "from": None if series.labels is None else series.labels[0],
        "to": None if series.labels is None else series.labels[-1],
        "columns": {
            name: {
                "min": float(values.min()),
                "mean": float(values.mean()),
                "max": float(values.max()),
                "last": float(values[-1]),
                "is_constant": bool((values == values[0]).all()),
                "not_above_zero": int((values <= 0).sum()),
                "season": find_season(values[:, None]),
                "mean_change": float(np.abs(np.diff(values)).mean()) if len(values) > 1 else None,
            }
            for name, values in zip(series.columns, series.values.T, strict=True)
        },
        "held_out": {"points": held_out, "horizon": settings.horizon, "season": find_season(train)},
        "training_refuses": refusal,
        "notes": list(series.notes),
    }

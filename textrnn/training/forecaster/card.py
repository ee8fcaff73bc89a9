"""What a training writes of a forecaster beside its weights: the card.

In: the model, the facts of its data and of its training. Out: text. Knows nothing of the loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.inference.forecaster.model import Forecaster
from textrnn.training.card import run_card


def forecaster_card(model: Forecaster, data: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the card of a finished run. data, result: the facts that the run and `train-forecaster --json` hold."""
    settings = model.settings
    season = "no season" if model.season == 1 else f"a season of {model.season}"
    reads = f"{'logarithms, ' if settings.log else ''}{settings.difference} differences, {season}"
    return run_card(
        model,
        data,
        result,
        kind="forecaster",
        network=(
            f"{settings.num_layers} x {settings.hidden_size} {settings.cell.upper()}, from {model.window:,} steps "
            f"to the next {model.horizon:,}; {reads}"
        ),
        size=(
            f"{data['train_points']:,} points to train on, {data['valid_points']:,} held out after them, "
            f"of {', '.join(data['columns'])}"
        ),
        figures=_figures(result["validation"]),
        call="train_forecaster",
        usage="textrnn forecast --model RUN series.csv",
    )


def _figures(validation: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = [("held out", validation), *((f"of the {one['name']} forecast", one) for one in validation["baselines"])]
    return tuple(
        (f"{name}, {whose}", "undefined" if one[key] is None else f"{one[key]:.4g}")
        for whose, one in rows
        for name, key in (("MASE", "mase"), ("MAE", "mae"), ("RMSE", "rmse"))
    )

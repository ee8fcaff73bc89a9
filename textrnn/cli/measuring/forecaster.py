"""Figures of a forecaster on series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textrnn.cli import streams
from textrnn.cli.kinds.forecaster import the_one
from textrnn.config.forecaster import SeriesSettings
from textrnn.config.text import ReadingSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


def figures_of_forecaster(
    run: Run, files: Sequence[str], series: SeriesSettings, reading: ReadingSettings
) -> dict[str, Any]:
    """Return the figures, beside those of forecasts that need no learning."""
    from textrnn.inference.forecaster.loading import forecaster_from_run

    model = forecaster_from_run(run)
    found = model.read(the_one(files), column=series.column, encoding=reading.encoding, errors=reading.errors)
    evaluation = model.evaluate(found)
    streams.notes((*found.notes, *evaluation.notes))
    return evaluation.to_json()

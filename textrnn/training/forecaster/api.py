"""What Python users call to train a forecaster."""

from __future__ import annotations

from os import PathLike
from typing import Any

from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.series import Series, read_series, series_of
from textrnn.inference.forecaster.model import TASK, Forecaster
from textrnn.training.calls import Call
from textrnn.training.forecaster.training import ForecasterTraining
from textrnn.training.start import Start


def train_forecaster(
    series: Any,
    *,
    out: str | PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    **settings: Any,
) -> Forecaster:
    """Train a forecaster and return it.

    series: a file, N numbers, or N rows of C numbers, whose end is held out. out, resume: as in `train_lm`. settings:
    fields of `TrainForecasterSettings`; `column` names those of a file, and those of rows as well.
    """

    def begin(checked: TrainForecasterSettings, start: Start) -> ForecasterTraining:
        return ForecasterTraining(_series(series, checked), checked, start)

    call = Call(out=out, resume=resume, overwrite=overwrite, init_from=None, settings=settings)
    model: Forecaster = call.train(TASK, TrainForecasterSettings, begin, valid=None)
    return model


def _series(given: Any, settings: TrainForecasterSettings) -> Series:
    if isinstance(given, Series):
        return given
    if isinstance(given, str | PathLike):
        return read_series(given, column=settings.column, encoding=settings.encoding, errors=settings.errors)
    return series_of(given, columns=settings.column)

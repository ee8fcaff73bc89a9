"""`textrnn train-forecaster`: train a forecaster, which says the next numbers of a series."""

from __future__ import annotations

from typing import Annotated

import typer

from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.course import Wanted
from textrnn.cli.kinds.forecaster import FORECASTERS
from textrnn.cli.options import Given, Json, command
from textrnn.cli.train import Config, train_and_tell_next
from textrnn.config.forecaster import (
    NOT_FOR_FORECASTER_RUNS,
    NOT_FOR_FORECASTERS,
    ForecasterRunSettings,
    TrainForecasterSettings,
)

File = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="a table with a header and a row for each step of time (.csv, .tsv), or numbers alone, one a line; "
        "- for stdin",
    ),
]


@command(
    ForecasterRunSettings,
    TrainForecasterSettings,
    without=(*NOT_FOR_FORECASTERS, *NOT_FOR_FORECASTER_RUNS),
    texts={"val_frac": "share of the points held out at the end, one horizon at least"},
)
def train_forecaster(
    given: Given,
    file: File = None,
    config: Config = None,
    runs_dir: RunsDir = RUNS_DIR,
    json: Json = False,
) -> int:
    """Train a forecaster, which says the next numbers of a series.

    A row is a step of time, a column of numbers a series; a column of dates is not looked at. Season, logarithms and
    differences are chosen by what forecasts best within the points to train on. The end of the series is held out, and
    measured beside the naive and the seasonal naive forecast. Ctrl-C stops, saves, and says how to go on.

    Examples:
    textrnn train-forecaster sales.csv --horizon 24
    textrnn train-forecaster weather.csv --column wind,rain --window 48 --json
    textrnn train-forecaster sales.csv --difference seasonal --log --seed 0
    textrnn train-forecaster sales.csv --resume
    """
    wanted = Wanted(given=given, files=tuple(file or ()), config=config, runs_dir=runs_dir)
    return train_and_tell_next(FORECASTERS, wanted, json=json)

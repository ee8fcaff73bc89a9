"""`textrnn forecast`: the next numbers of a series, with the band about them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_forecaster
from textrnn.cli.options import Given, Json, check, command
from textrnn.cli.threads import limit_threads
from textrnn.config.forecaster import ForecastSettings, SeriesSettings
from textrnn.config.text import ReadingSettings
from textrnn.errors import UserError

if TYPE_CHECKING:
    from textrnn.data.series import Series
    from textrnn.inference.forecaster.model import Forecast, Forecaster

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="a table with the columns of the model, of which the last rows are read; or numbers alone, one a line; "
        "- for stdin",
    ),
]
Png = Annotated[
    Path | None,
    typer.Option("--png", metavar="FILE", rich_help_panel="Output", help="draw the forecast into a picture too"),
]
Picture = Annotated[
    bool | None,
    typer.Option(
        "--picture/--no-picture", rich_help_panel="Output", help="draw it in characters (default: at a terminal)",
        show_default=False,
    ),
]  # fmt: skip


@command(ForecastSettings, SeriesSettings, ReadingSettings, without=["allow_binary"])
def forecast(
    given: Given,
    file: File,
    model: Model = None,
    runs_dir: RunsDir = RUNS_DIR,
    picture: Picture = None,
    png: Png = None,
    json: Json = False,
) -> int:
    """Say the next numbers of a series.

    From the last rows of FILE all steps of the model's horizon at once; low and high are such that of the forecasts of
    the held-out end the share --level lay between them. JSON is one object, of several columns a list of them.

    Examples:
    textrnn forecast sales.csv
    textrnn forecast sales.csv -m my-run --level 0.8 --json
    textrnn forecast sales.csv --png sales.png
    printf '4\\n5\\n6\\n' | textrnn forecast - -m counting-lstm
    """
    settings, columns, reading = check(given, ForecastSettings, SeriesSettings, ReadingSettings)
    if json and picture:
        raise UserError("--picture with --json", which="textrnn forecast", mend="leave one of them out")
    limit_threads(1)
    if png is not None:
        from textrnn.report.forecast_png import ENDINGS
        from textrnn.report.plots import check_picture

        check_picture(png, endings=ENDINGS)
    forecaster = open_forecaster(model, runs_dir)
    series = forecaster.read(file, column=columns.column, encoding=reading.encoding, errors=reading.errors)
    streams.notes(series.notes)
    found = forecaster.forecast(series, level=settings.level)
    if found.low is None:
        streams.note(f"{forecaster.name} was not trained to its end: no band is known")
    if json:
        values = found.to_json()
        streams.json_line(values[0] if len(values) == 1 else values)
    else:
        _write(forecaster, series, found, sys.stdout.isatty() if picture is None else picture)
    if png is not None:
        from textrnn.report.forecast_png import save_png

        save_png(png, series, found, season=forecaster.season)
        streams.note(f"drawn into {png}")
    return 0


def _write(forecaster: Forecaster, series: Series, found: Forecast, has_picture: bool) -> None:
    from textrnn.report.draw import glyphs_for
    from textrnn.report.forecast import forecast_picture, forecast_rows

    streams.table(forecast_rows(found))
    if has_picture:
        # last, so that a terminal of few lines shows the whole of it
        streams.line("")
        for line in forecast_picture(
            series, found, width=streams.width() or 80, season=forecaster.season, glyphs=glyphs_for(sys.stdout)
        ):
            streams.line(line)

"""The network of a forecaster, which reads numbers and has no vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textrnn.cli.describing.describer import Describer, Network
from textrnn.config.forecaster import NOT_FOR_FORECASTERS, TrainForecasterSettings
from textrnn.errors import UserError

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


class Forecasters(Describer):
    """Of forecasters."""

    task, settings, without = "forecaster", TrainForecasterSettings, NOT_FOR_FORECASTERS

    def of_run(self, run: Run) -> Network:
        from textrnn.inference.forecaster.loading import forecaster_from_run
        from textrnn.networks.summary import forecaster_layers

        # how much it reads is told by its arrays alone
        model = forecaster_from_run(run)
        return Network(forecaster_layers(model.settings, model.steps, len(model.columns)), model.settings.cell, None)

    def of_settings(self, settings: TrainForecasterSettings, classes: int) -> Network:
        from textrnn.data.differencing import lags_of
        from textrnn.data.series_plan import FEWEST_READ
        from textrnn.networks.summary import forecaster_layers

        # what training finds in the series
        difference = "none" if settings.difference == "auto" else settings.difference
        season = settings.season or 1
        used = sum(lags_of(difference, season))
        window = settings.window or used + max(season, FEWEST_READ)
        if window <= used:
            mend = f"give {used + 1} or more, or another --difference"
            raise UserError(f"{window} steps, of which differences use up {used}", which="--window", mend=mend)
        assumed = {
            f"a window of {window}": settings.window is None,
            "no season": settings.season is None,
            "no differences": settings.difference == "auto",
        }
        said = ", ".join(what for what, is_assumed in assumed.items() if is_assumed)
        notes = (f"{said}: assumed, training finds them in the series",) if said else ()
        layers = forecaster_layers(settings, window - used, len(settings.column) or 1)
        return Network(layers, settings.cell, None, notes)


FORECASTERS = Forecasters()

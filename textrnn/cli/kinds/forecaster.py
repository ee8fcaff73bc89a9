"""Series to a forecaster: `textrnn train-forecaster`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from textrnn.cli.kinds.kind import Kind
from textrnn.config.forecaster import ForecasterRunSettings, TrainForecasterSettings
from textrnn.errors import UserError
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.runs.folder import Run
    from textrnn.training.start import Start


class Forecasters(Kind):
    """Series to a forecaster."""

    command, task, default, data = "train-forecaster", "forecaster", None, "data"
    counted, donor, has_donors = "examples_seen", None, False
    use = ("forecast", "--model", "RUN", "FILE")
    settings, run_settings = TrainForecasterSettings, ForecasterRunSettings

    def built_in(self) -> Collection[str]:
        return ()

    def read(self, files: Sequence[str], settings: TrainForecasterSettings) -> Any:
        from textrnn.data.series import read_series
        from textrnn.data.series_data import check_length

        names = ("column", "encoding", "errors")
        series = read_series(the_one(files), **{name: getattr(settings, name) for name in names})
        check_length(series, settings)
        return series

    def name_of(self, data: Any) -> str:
        name: str = data.name
        return name

    def check(self, data: Any, valid: Any) -> None:
        """All that can be told was, when it was read: what is too short depends on the settings."""

    def read_beside(self, place: ForecasterRunSettings, settings: TrainForecasterSettings) -> dict[str, Any]:
        return {}

    def import_data(self) -> None:
        import textrnn.data.series_data  # noqa: F401

    def import_training(self) -> None:
        import textrnn.training.forecaster.training  # noqa: F401

    def begin(self, data: Any, settings: TrainForecasterSettings, start: Start, **given: Any) -> Any:
        from textrnn.training.forecaster.training import ForecasterTraining

        # what was given beside, its settings have refused
        return ForecasterTraining(data, settings, start)

    def facts_of(self, run: Run) -> dict[str, Any]:
        from textrnn.inference.forecaster.evaluation import conditions
        from textrnn.inference.forecaster.loading import forecaster_from_run

        model, facts = forecaster_from_run(run), run.json("config")["data"]
        where = conditions(facts["origins"], model.horizon, model.season)
        return {
            "subject": {"unit": "point", "columns": list(model.columns), "points": facts["train_points"]},
            "conditions": {**where, "seed": model.settings.seed},
        }


FORECASTERS = Forecasters()


def the_one(files: Sequence[str]) -> str:
    """Return the file that holds all series: steps of one file do not go on in another."""
    if len(files) != 1:
        mend = "give one file, with a column for each series"
        raise UserError(f"{len(files)} files", which=", ".join(map(printable, files)), mend=mend)
    return files[0]

"""All settings of training a forecaster, of forecasting and of measuring one."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from textrnn.config.model import RecurrentSettings
from textrnn.config.run import RunSettings
from textrnn.config.settings import Integer, Number, Settings, setting, with_default
from textrnn.config.text import ReadingSettings
from textrnn.config.training import NetworkTrainingSettings

# what every training can be told, and no training of a forecaster: its steps are numbers, its texts windows
NOT_FOR_FORECASTERS = ("embed_size", "seq_length", "scheduled_sampling", "allow_binary")
# its held-out data are the end of the same series
NOT_FOR_FORECASTER_RUNS = ("valid", "init_from")
DEFAULT_LEVEL = 0.9
_LONGEST = 2**20


def _names(value: object) -> object:
    """Return names of columns, of which one text may hold several between commas."""
    if isinstance(value, str):
        value = (value,)
    if isinstance(value, tuple | list) and all(isinstance(one, str) for one in value):
        return tuple(name.strip() for one in value for name in one.split(","))
    return value


Columns = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_names)]


class SeriesSettings(Settings):
    """Which columns of a table are series."""

    heading: ClassVar[str] = "Reading"

    column: Columns = setting(
        (), "a column of numbers to forecast, repeatable or several between commas (default: the only one)",
        expected="names of columns, none of them empty",
    )  # fmt: skip

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if twice := [name for name in dict.fromkeys(self.column) if self.column.count(name) > 1]:
            raise ValueError(f"--column {twice[0]} given twice: name each column once")
        return self


class ForecasterSettings(RecurrentSettings):
    """A forecaster's network, and the numbers it is given."""

    heading: ClassVar[str] = "Network"

    hidden_size: Integer = with_default(RecurrentSettings, "hidden_size", 16)
    window: Integer | None = setting(
        None, "past steps that a forecast is made of (default: by season and length)",
        expected=f"a whole number from 1 to {_LONGEST}", ge=1, le=_LONGEST,
    )  # fmt: skip
    horizon: Integer = setting(
        12, "steps ahead that are forecast at once", expected="a whole number from 1 to 65536", ge=1, le=65536
    )
    season: Integer | None = setting(
        None, "steps of a season, 1 for none (default: found by autocorrelation)",
        expected=f"a whole number from 1 to {_LONGEST}", ge=1, le=_LONGEST,
    )  # fmt: skip
    difference: Literal["auto", "none", "first", "seasonal", "both"] = setting(
        "auto", "read and forecast changes from a step, or from a season, before; auto: what forecast best within "
        "the training part", expected="auto, none, first, seasonal or both",
    )  # fmt: skip
    log: bool | None = setting(
        None, "read and forecast logarithms (default: what forecast best within the training part)",
        expected="true or false",
    )  # fmt: skip
    linear: bool = setting(
        True, "beside the recurrent layers a linear forecast of the window", expected="true or false"
    )


class TrainForecasterSettings(ReadingSettings, SeriesSettings, ForecasterSettings, NetworkTrainingSettings):
    """Everything `train-forecaster` can be told, apart from where its file lies."""

    heading: ClassVar[str] = "Training"

    dropout: Number = with_default(RecurrentSettings, "dropout", 0.4)
    weight_decay: Number = with_default(NetworkTrainingSettings, "weight_decay", 3.0)
    input_noise: Number = setting(
        0.3, "spread of the noise that is added to what is read while training, in spreads of the series",
        expected="a number from 0 to 10", ge=0, le=10,
    )  # fmt: skip

    @model_validator(mode="after")
    def _only_what_a_forecaster_has(self) -> Self:
        # no flags of its command, but a file may hold them
        given = {"--scheduled-sampling": self.scheduled_sampling != "none", "--allow-binary": self.allow_binary}
        if bad := [
            f"{name} with a forecaster: it is for language models, leave it out" for name in given if given[name]
        ]:
            raise ValueError("; ".join(bad))
        return self


class ForecasterRunSettings(RunSettings):
    """What is said of a forecaster's run beside its training."""

    heading: ClassVar[str] = "Run"

    @model_validator(mode="after")
    def _only_what_a_forecaster_has(self) -> Self:
        given = {"--valid": self.valid, "--init-from": self.init_from}
        if bad := [f"{name} with a forecaster: the end of its series is held out, leave it out"
                   for name, value in given.items() if value is not None]:  # fmt: skip
            raise ValueError("; ".join(bad))
        return self


class ForecastSettings(Settings):
    """How a forecast is said."""

    heading: ClassVar[str] = "Output"

    level: Number = setting(
        DEFAULT_LEVEL, "share of held-out values that lay between the low and the high value of such a forecast",
        expected="a number between 0 and 1", gt=0, lt=1,
    )  # fmt: skip

"""All settings of training and evaluating a language model."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, model_validator

from textrnn.config.model import LanguageModelSettings
from textrnn.config.settings import Settings, flag, setting
from textrnn.config.text import ReadingSettings, TableSettings, TokenizerSettings
from textrnn.config.training import NetworkTrainingSettings

_OF_TABLES = tuple(TableSettings.model_fields)


class ConditionedSettings(TableSettings):
    """Where texts and their conditions stand in a table."""

    heading: ClassVar[str] = "Reading"

    condition_column: str | None = setting(
        None, "write under what this column of a table says of each text (label: of labelled texts of any format)",
        expected="the name of a column",
    )  # fmt: skip

    @model_validator(mode="after")
    def _only_of_tables(self) -> Self:
        if self.condition_column is None and (given := [name for name in _OF_TABLES if name in self.model_fields_set
                                                        and getattr(self, name)]):  # fmt: skip
            names = " and ".join(map(flag, given))
            raise ValueError(f"{names} without --condition-column: it is for the rows of a table, give both or none")
        return self


class TrainLanguageModelSettings(
    ReadingSettings, ConditionedSettings, TokenizerSettings, LanguageModelSettings, NetworkTrainingSettings
):
    """Everything `train-lm` can be told, apart from where its files lie."""

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        last_size = self.head_size or self.stack_size
        if self.tied and self.embed_size != last_size and "embed_size" in self.model_fields_set:
            raise ValueError(
                f"--tied needs an embedding as wide as what feeds the output: --embed-size is {self.embed_size}, "
                f"give {last_size} or leave it out"
            )
        return self

    def settled(self) -> Self:
        """Return settings in which every size follows from what was given: tied weights decide the embedding's."""
        return self.replace(embed_size=self.head_size or self.stack_size) if self.tied else self


_PROTOCOL = re.compile(r"(stateful|window):([0-9]{1,9})")


def _protocol(value: object) -> object:
    if isinstance(value, str):
        match = _PROTOCOL.fullmatch(value if ":" in value else f"{value}:64" if value == "stateful" else value)
        if match is None or int(match[2]) == 0:
            raise ValueError("not a protocol")
        return f"{match[1]}:{int(match[2])}"
    raise ValueError("not a protocol")


def _continuation(value: object) -> object:
    if isinstance(value, str):
        parts = value.split(":")
        if len(parts) != 2 or not all(re.fullmatch("[0-9]{1,6}", part) and int(part) > 0 for part in parts):
            raise ValueError("not P:C")
        return (int(parts[0]), int(parts[1]))
    if isinstance(value, tuple) and not all(isinstance(part, int) and part > 0 for part in value):
        raise ValueError("not P, C")
    return value


def _lengths(value: object) -> object:
    if value is None:
        return None
    parts = [value] if isinstance(value, str | int) and not isinstance(value, bool) else value
    if not isinstance(parts, list | tuple):
        raise ValueError("not lengths")
    words = [word.strip() for part in parts for word in str(part).split(",")]
    if not words or not all(re.fullmatch("[0-9]{1,6}", word) and int(word) > 0 for word in words):
        raise ValueError("not lengths")
    found = [int(word) for word in words]
    if len(set(found)) < len(found):
        raise ValueError("a length twice")
    return tuple(sorted(found))


# the text read once, from its first unit to its last
ONE_PIECE = "stateful:1"


class EvaluateSettings(Settings):
    """How a language model is measured."""

    heading: ClassVar[str] = "Measuring"

    protocol: Annotated[str, BeforeValidator(_protocol)] = setting(
        "stateful:64", "stateful:S reads S pieces side by side, window:N starts anew every N units; texts under "
        "conditions are read one by one",
        expected="stateful:S or window:N with a whole number above 0",
    )  # fmt: skip
    continuation: Annotated[tuple[int, int] | None, BeforeValidator(_continuation)] = setting(
        None, "continue prompts of P units by C units, and compare with the true text", "--continuation",
        expected="P:C, two whole numbers above 0, such as 50:100",
    )  # fmt: skip
    free_running: Annotated[tuple[int, ...] | None, BeforeValidator(_lengths)] = setting(
        None, "the gap between nats of true text and of the model's own, after so many units of its own",
        expected="lengths L,M,...: whole numbers above 0, each once, such as 10,50,200",
    )  # fmt: skip
    dynamic: bool = setting(
        False, "let the weights go on learning from the text read so far (needs torch, reads in one piece)",
        expected="true or false",
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.dynamic and "protocol" in self.model_fields_set and self.protocol != ONE_PIECE:
            raise ValueError(
                f"--dynamic with --protocol {self.protocol}: it reads in the text's order, give {ONE_PIECE}"
            )
        if self.dynamic and self.continuation is not None:
            raise ValueError(
                "--continue with --dynamic: continuations are of the model as it is, leave one of them out"
            )
        if self.dynamic and self.free_running is not None:
            raise ValueError("--free-running with --dynamic: texts are of the model as it is, leave one of them out")
        return self

    def settled(self) -> Self:
        """Return settings with the protocol that follows from the rest."""
        return self.replace(protocol=ONE_PIECE) if self.dynamic else self

"""All settings of training and evaluating a language model."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, model_validator

from textrnn.config.model import LanguageModelSettings
from textrnn.config.settings import Settings, setting
from textrnn.config.text import ReadingSettings, TokenizerSettings
from textrnn.config.training import NetworkTrainingSettings


class TrainLanguageModelSettings(ReadingSettings, TokenizerSettings, LanguageModelSettings, NetworkTrainingSettings):
    """Everything `train-lm` can be told, apart from where its files lie."""

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        last_size = self.head_size or self.hidden_size
        if self.tied and self.embed_size != last_size and "embed_size" in self.model_fields_set:
            raise ValueError(
                f"--tied needs an embedding as wide as what feeds the output: --embed-size is {self.embed_size}, "
                f"give {last_size} or leave it out"
            )
        return self

    def settled(self) -> Self:
        """Return settings in which every size follows from what was given: tied weights decide the embedding's."""
        return self.replace(embed_size=self.head_size or self.hidden_size) if self.tied else self


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


# the text read once, from its first unit to its last
ONE_PIECE = "stateful:1"


class EvaluateSettings(Settings):
    """How a language model is measured."""

    heading: ClassVar[str] = "Measuring"

    protocol: Annotated[str, BeforeValidator(_protocol)] = setting(
        "stateful:64", "stateful:S reads S pieces side by side, window:N starts anew every N units",
        expected="stateful:S or window:N with a whole number above 0",
    )  # fmt: skip
    continuation: Annotated[tuple[int, int] | None, BeforeValidator(_continuation)] = setting(
        None, "continue prompts of P units by C units, and compare with the true text", "--continuation",
        expected="P:C, two whole numbers above 0, such as 50:100",
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
        return self

    def settled(self) -> Self:
        """Return settings with the protocol that follows from the rest."""
        return self.replace(protocol=ONE_PIECE) if self.dynamic else self

"""How text is drawn from a language model."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from textrnn.config.settings import MAX_COUNT, Integer, Number, OneIsOff, Settings, ZeroIsOff, setting
from textrnn.config.training import MAX_SEED

Precision = Literal["fp32", "int8"]


class GenerationSettings(Settings):
    """Length, filters and seed. A filter that is off is None."""

    heading: ClassVar[str] = "Sampling"

    length: Integer = setting(
        500,
        "units to write",
        "-n",
        "--max-tokens",
        expected=f"a whole number from 0 to {MAX_COUNT}",
        ge=0,
        le=MAX_COUNT,
    )
    samples: Integer = setting(1, "texts to write", "-N", expected="a whole number from 1 to 100000", ge=1, le=100_000)
    temperature: Number = setting(
        0.8,
        "1: as the model says; lower: safer; 0: the most likely unit",
        "-t",
        expected="a finite number, at least 0",
        ge=0,
    )
    top_k: Annotated[Integer | None, ZeroIsOff] = setting(
        None, "draw among the k most likely units, 0: off", expected=f"a whole number from 0 to {MAX_COUNT} (0: off)",
        ge=1, le=MAX_COUNT,
    )  # fmt: skip
    top_p: Annotated[Number | None, OneIsOff] = setting(
        None, "draw among the most likely units that reach probability p together, 1: off",
        expected="a number p with 0 <= p <= 1 (1: off)", ge=0, le=1,
    )  # fmt: skip
    min_p: Annotated[Number | None, ZeroIsOff] = setting(
        None, "draw among units at least p times as likely as the likeliest, 0: off",
        expected="a number p with 0 <= p <= 1 (0: off)", gt=0, le=1,
    )  # fmt: skip
    typical: Annotated[Number | None, OneIsOff] = setting(
        None, "draw among the units of typical information that reach probability p together, 1: off",
        expected="a number p with 0 < p <= 1 (1: off)", gt=0, le=1,
    )  # fmt: skip
    repetition_penalty: Annotated[Number | None, OneIsOff] = setting(
        None, "above 1: units seen before become less likely, 1: off", expected="a number above 0 (1: off)", gt=0
    )
    no_repeat_ngram: Annotated[Integer | None, ZeroIsOff] = setting(
        None, "never write the same n units twice, 0: off", expected=f"a whole number from 0 to {MAX_COUNT} (0: off)",
        ge=1, le=MAX_COUNT,
    )  # fmt: skip
    beam: Annotated[Integer | None, ZeroIsOff] = setting(
        None, "beam search of this width instead of drawing, 0: off", expected="a whole number from 0 to 1000 (0: off)",
        ge=1, le=1000,
    )  # fmt: skip
    length_penalty: Number = setting(
        0.6, "beam search: how much longer texts are preferred, 0: not at all", expected="a number, at least 0", ge=0
    )
    stop: tuple[str, ...] = setting(
        (), "end the text before this string (repeatable)", expected="a text that is not empty"
    )
    condition: str | None = setting(
        None, "what to write under, for a model that was trained under conditions", expected="a condition it knows"
    )
    seed: Integer | None = setting(
        None,
        "seed of the draws (printed when not given)",
        expected=f"a whole number from 0 to {MAX_SEED}",
        ge=0,
        le=MAX_SEED,
    )
    unknown: Literal["error", "skip", "replace"] = setting(
        "error",
        "prompt characters the model never saw: refuse, leave out, or read as <unk>",
        expected="error, skip or replace",
    )

    precision: Precision = setting(
        "fp32", "int8: weights rounded to eight bits, for large networks and long texts", expected="fp32 or int8"
    )

    @field_validator("stop", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("stop")
    @classmethod
    def _not_empty(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(value):
            raise ValueError("empty stop string")
        return value

    @model_validator(mode="after")
    def _one_way_of_searching(self) -> Self:
        if self.beam is not None and self.samples > self.beam:
            raise ValueError(f"--samples {self.samples} is more than --beam {self.beam} can give: raise --beam")
        if self.beam is None and self.length_penalty != type(self).model_fields["length_penalty"].default:
            raise ValueError("--length-penalty without --beam: it ranks what beam search finds, give --beam too")
        return self

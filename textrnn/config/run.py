"""Where a training is saved, and what it starts from."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Self

from pydantic import field_validator, model_validator

from textrnn.config.settings import Settings, setting
from textrnn.errors import UserError


class RunSettings(Settings):
    """What is said of a run beside its training: these are not kept in it."""

    heading: ClassVar[str] = "Run"

    out: str | None = setting(
        None,
        "the run folder to write (default: a new one in --runs-dir, named after data and cell)",
        "-o",
        expected="a folder",
    )
    resume: bool = setting(
        False,
        "go on where the run in --out stopped (without --out: the newest unfinished one); name the data again",
        expected="true or false",
    )
    overwrite: bool = setting(False, "replace the run in --out", expected="true or false")
    init_from: str | None = setting(
        None, "start from another run's weights; new symbols get new rows", expected="a run: its folder or name"
    )
    valid: str | None = setting(
        None,
        "held-out data of its own, instead of a share of the rest (--val-frac)",
        expected="a file, or a built-in corpus",
    )

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.resume and self.overwrite:
            raise ValueError("--resume and --overwrite together: give one of them, go on with the run or replace it")
        if self.resume and self.init_from is not None:
            raise ValueError(
                "--resume and --init-from together: a resumed run has its own weights, leave out --init-from"
            )
        return self


class ClassifierRunSettings(RunSettings):
    """What is said of a classifier's run beside its training."""

    heading: ClassVar[str] = "Reading"

    unlabelled: tuple[str, ...] = setting(
        (),
        "further texts without labels, to learn from what their words mean: a text a line, or a table (repeatable)",
        expected="a file, or a built-in corpus",
    )

    @field_validator("unlabelled", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


def check_held_out(valid: object, given: Collection[str]) -> None:
    """Refuse a share to hold out beside a text of its own: one of them would be ignored. given: names of settings."""
    if valid is not None and "val_frac" in given:
        raise UserError("--val-frac and --valid together: one says what is held out, leave out the other")

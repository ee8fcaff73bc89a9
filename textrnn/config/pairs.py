"""The settings of reading pairs of texts, a source and its target."""

from __future__ import annotations

from typing import ClassVar

from textrnn.config.settings import Settings, setting


class PairSettings(Settings):
    """Where sources and targets stand in a table."""

    heading: ClassVar[str] = "Reading"

    source_column: str | None = setting(
        None, "the column of the sources (default: source)", expected="the name of a column"
    )
    target_column: str | None = setting(
        None, "the column of the targets (default: target)", expected="the name of a column"
    )
    skip_bad: bool = setting(
        False, "leave out pairs without a source or a target, and say how many", expected="true or false"
    )

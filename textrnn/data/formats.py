"""In which format labelled text stands: told by a file's name, or, where that says nothing, by its first line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal

from textrnn.data.columns import Columns
from textrnn.data.fasttext import MARK
from textrnn.data.table import header_of

Format = Literal["csv", "tsv", "jsonl", "fasttext"]

DELIMITERS: dict[str, str] = {"csv": ",", "tsv": "\t"}
_FORMATS: tuple[Format, ...] = ("csv", "tsv", "jsonl")
_COMPRESSED = (".gz", ".bz2", ".xz")


def base_name(path: str | os.PathLike[str]) -> str:
    """Return the last part of a path without what says that it is compressed."""
    name = os.path.basename(os.path.abspath(path))
    return next((name[: -len(end)] for end in _COMPRESSED if name.lower().endswith(end)), name)


def format_by_name(path: str | os.PathLike[str]) -> Format | None:
    """Return the format that the name of a file tells, None if it tells none."""
    name = base_name(path).lower()
    return next((one for one in _FORMATS if name.endswith("." + one)), None)


def format_by_line(lines: Iterable[str], columns: Columns) -> Format | None:
    """Return the format that the first line that is not blank tells: a fastText label, an object, or a header.

    A header is one that has the columns.
    """
    first = next((line for line in lines if line.strip()), "").strip()
    if first.startswith(MARK):
        return "fasttext"
    if first.startswith("{"):
        return "jsonl"
    for one in _FORMATS[:2]:
        header = header_of(first, DELIMITERS[one])
        if columns.text in header and (columns.label is None or columns.label in header):
            return one
    return None

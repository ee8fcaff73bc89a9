"""Which columns of a table hold text and label, and what is said when they are not there."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from textrnn.errors import UserError
from textrnn.text.display import printable

TEXT, LABEL = "text", "label"
_SHOWN = 20
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Columns:
    """Names of columns, or keys of objects. label None: no label is wanted."""

    text: str
    label: str | None

    @classmethod
    def of(cls, text: str | None, label: str | None) -> Columns:
        """Return the columns to read texts and labels from, by their default names where none is given."""
        columns = cls(_given(text, "--text-column") or TEXT, _given(label, "--label-column") or LABEL)
        if columns.text == columns.label:
            what = f"text and label both in the column {printable(columns.text)}"
            raise UserError(what, mend="give two with --text-column and --label-column")
        return columns

    @classmethod
    def of_texts(cls, text: str | None) -> Columns:
        """Return the column to read texts alone from."""
        return cls(_given(text, "--text-column") or TEXT, None)


def _given(name: str | None, flag: str) -> str | None:
    if name == "":
        raise UserError("an empty name", which=flag, mend="name a column, or leave it out")
    return name


def missing_columns(missing: Sequence[str], found: Sequence[str], columns: Columns, which: str) -> UserError:
    """Return the error for names that are not among those `found`."""
    names = " and ".join(f"no column {shown(name)}" for name in missing)
    there = ", ".join(shown(name) for name in found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
    flags = " and ".join("--text-column" if name == columns.text else "--label-column" for name in missing)
    near = difflib.get_close_matches(missing[0], found, n=1) if len(missing) == 1 else []
    mend = f"did you mean {flags} {shown(near[0])}?" if near else f"name it with {flags}"
    if len(missing) > 1:
        mend = f"name them with {flags}"
    return UserError(f"{names} among {there}", which=which, mend=mend)


def shown(name: str) -> str:
    """Return a name or a text of the data as it may stand in a message."""
    name = printable(name)
    return repr(name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…")

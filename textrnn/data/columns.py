"""Which two columns of a table are read, such as text and label, and what is said of missing ones."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

from textrnn.errors import UserError
from textrnn.text.display import printable

TEXT, LABEL, CONDITION = "text", "label", "condition"
SOURCE, TARGET = "source", "target"
_SHOWN = 20
_LONGEST_NAME = 40
# target is no slip of text
_NEAR = 0.65


@dataclass(frozen=True)
class Columns:
    """Names of columns, or keys of objects. label None: only the text is wanted.

    called: what the two hold, in messages and in flags (--text-column). is_text: what stands as label is text like
    the other; without it a label may be a number or a truth value, and is taken as it is written.
    """

    text: str
    label: str | None
    called: tuple[str, str] = (TEXT, LABEL)
    is_text: bool = False

    @classmethod
    def of(cls, text: str | None, label: str | None) -> Columns:
        """Return the columns to read texts and labels from, by their default names where none is given."""
        return cls._of(text, label, (TEXT, LABEL), is_text=False)

    @classmethod
    def of_conditions(cls, text: str | None, condition: str | None) -> Columns:
        """Return the columns to read texts and their conditions from; a condition may stand as a label."""
        return cls._of(text, LABEL if condition is None else condition, (TEXT, CONDITION), is_text=False)

    @classmethod
    def of_texts(cls, text: str | None) -> Columns:
        """Return the column to read texts alone from."""
        return cls(_given(text, TEXT) or TEXT, None)

    @classmethod
    def of_pairs(cls, source: str | None, target: str | None) -> Columns:
        """Return the columns to read sources and targets from."""
        return cls._of(source, target, (SOURCE, TARGET), is_text=True)

    @property
    def named(self) -> str | None:
        """The flag of a column that has another name than usual, None where none has."""
        if self.text != self.called[0]:
            return _flag(self.called[0])
        return _flag(self.called[1]) if self.label not in (None, LABEL, self.called[1]) else None

    @classmethod
    def _of(cls, text: str | None, label: str | None, called: tuple[str, str], *, is_text: bool) -> Columns:
        columns = cls(_given(text, called[0]) or called[0], _given(label, called[1]) or called[1], called, is_text)
        if columns.text == columns.label:
            what = f"{called[0]} and {called[1]} both in the column {printable(columns.text)}"
            raise UserError(what, mend=f"give two with {_flag(called[0])} and {_flag(called[1])}")
        return columns


def _flag(called: str) -> str:
    return f"--{called}-column"


def _given(name: str | None, called: str) -> str | None:
    if name == "":
        raise UserError("an empty name", which=_flag(called), mend="name a column, or leave it out")
    return name


def missing_columns(missing: Sequence[str], found: Sequence[str], columns: Columns, which: str) -> UserError:
    """Return the error for names that are not among those `found`."""
    names = " and ".join(f"no column {shown(name)}" for name in missing)
    there = ", ".join(shown(name) for name in found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
    flags = " and ".join(_flag(columns.called[name != columns.text]) for name in missing)
    near = difflib.get_close_matches(missing[0], found, n=1, cutoff=_NEAR) if len(missing) == 1 else []
    mend = f"did you mean {flags} {shown(near[0])}?" if near else f"name it with {flags}"
    if len(missing) > 1:
        mend = f"name them with {flags}"
    return UserError(f"{names} among {there}", which=which, mend=mend)


def as_named(name: str, names: Sequence[str]) -> str:
    """Return the one of `names` that is meant: `name`, or the only one of the same letters in other code points.

    A keyboard gives é as one, and many a file as two.
    """
    same = [one for one in names if normalize("NFC", one) == normalize("NFC", name)]
    return same[0] if name not in names and len(set(same)) == 1 else name


def shown(name: str) -> str:
    """Return a name or a text of the data as it may stand in a message."""
    name = printable(name)
    return repr(name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…")

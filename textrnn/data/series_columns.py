"""Which columns of a table are series, and which one says what the rows are called.

In: names and cells of all columns, the names that were asked for. Out: names. Knows no files.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from textrnn.data.columns import as_named, shown
from textrnn.errors import UserError

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 400
# a column of so many numbers is one of numbers, and what else stands in it is refused by its line
_MOSTLY = 0.5
# names of columns whose numbers count rows, and are no series beside another
_COUNTING = {
    "date", "day", "ds", "hour", "id", "index", "minute", "month", "no", "quarter", "t", "time", "timestamp", "week",
    "year",
}  # fmt: skip
_NAMED = 20


def is_number(cell: str) -> bool:
    """Whether a cell is a number: with a point, without separators of thousands; NaN and inf are none."""
    return len(cell) <= _LONGEST_NUMBER and _NUMBER.fullmatch(cell) is not None


def is_missing(cell: str) -> bool:
    """Whether a cell holds no value, or a word for none."""
    return not cell or cell.lower() in ("nan", "na", "n/a", "null", "none")


def chosen_columns(
    header: Sequence[str], table: Sequence[Sequence[str]], wanted: Sequence[str], which: str
) -> tuple[str, ...]:
    """Return the names of the series: those wanted, or the only column of numbers."""
    wanted = [as_named(name, header) for name in wanted]
    if missing := [name for name in wanted if name not in header]:
        near = difflib.get_close_matches(missing[0], header, n=1)
        mend = f"did you mean --column {shown(near[0])}?" if near else "name columns of the table with --column"
        names = " and ".join(f"no column {shown(name)}" for name in missing)
        raise UserError(f"{names} among {_listed(header)}", which=which, mend=mend)
    found = tuple(wanted) or tuple(
        name for name, cells in zip(header, table, strict=True) if name and _is_mostly_numbers(cells)
    )
    if len(found) > 1 and not wanted:
        series = [name for name in found if name.lower() not in _COUNTING]
        if len(series) == 1:
            found = (series[0],)
        else:
            mend = f"name one or several with --column, such as --column {shown(found[0])}"
            raise UserError(f"{len(found)} columns of numbers: {_listed(found)}", which=which, mend=mend)
    if not found:
        cell = next((cell for cells in table for cell in cells if not is_number(cell.strip())), "")
        what = f"no column of numbers among {_listed(header)}" + (f" (the first cell: {shown(cell)})" if cell else "")
        mend = "give a column of numbers, with a point before decimals, a row for each step of time"
        raise UserError(what, which=which, mend=mend)
    if twice := [name for name in found if header.count(name) > 1]:
        what = f"{header.count(twice[0])} columns are called {shown(twice[0])}"
        raise UserError(what, which=which, mend="give each a name of its own")
    return found


def label_column(header: Sequence[str], table: Sequence[Sequence[str]], columns: Sequence[str]) -> int | None:
    """Return the place of the first column that is no series but says what the rows are called, None if none does."""
    for place, (name, cells) in enumerate(zip(header, table, strict=True)):
        if name not in columns and (name.lower() in _COUNTING or not _is_mostly_numbers(cells)):
            return place
    return None


def _is_mostly_numbers(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if not is_missing(cell.strip())]
    return bool(filled) and sum(map(is_number, filled)) > _MOSTLY * len(filled)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(shown(name) for name in names[:_NAMED]) + (", …" if len(names) > _NAMED else "")

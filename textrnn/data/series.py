"""Series: columns of numbers of a table, in the order of its rows, or numbers alone, one a line.

In: one file or standard input, or arrays of a program. Out: a `Series`, or one error for every cell that is no number.
A row is a step of time: none is left out. Knows no seasons and no models.
Shapes: N points, C columns.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from textrnn.data.defects import Defects
from textrnn.data.formats import DELIMITERS, base_name, format_by_name
from textrnn.data.lines import lines_of
from textrnn.data.series_columns import chosen_columns, is_missing, is_number, label_column
from textrnn.data.table import cell_rows, refuse_other_delimiter
from textrnn.errors import UserError
from textrnn.text.decoding import ReadingOptions
from textrnn.text.display import printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.reading import Reading
from textrnn.text.sources import STANDARD_INPUT, find_sources

Values = npt.NDArray[np.float64]

# of numbers that stand alone
UNNAMED = "value"
# differences and squares of larger ones would not be numbers any more
_LARGEST = 1e100
_LONGEST_CELL = 40
_MEND = "give a .csv with a header and a row for each step, or numbers alone, one a line"
# dates whose order is that of their letters
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?)?)?")


@dataclass(frozen=True, kw_only=True)
class Series:
    """values: (N, C). labels: what the rows are called, such as dates, where a column says it.

    name: what the data is called, without a path. sha256: of the bytes read.
    """

    columns: tuple[str, ...]
    values: Values
    labels: tuple[str, ...] | None
    name: str
    sha256: str
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.values)


def read_series(
    source: str | os.PathLike[str],
    *,
    column: Sequence[str] = (),
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> Series:
    """Return the series of one source.

    column: names of columns; without them the only one that holds numbers. Numbers alone, one a line, have the one name
    that is given, or UNNAMED.
    """
    options = ReadingOptions(encoding=encoding, errors=errors, binary_mend="give a text file")
    options.check()
    path = os.fspath(source)
    if os.path.isdir(path):
        raise UserError("is a folder", which=printable(path), mend="give a file, or - for standard input")
    notes = ReadingNotes()
    (found,) = find_sources(path, stdin=stdin, notes=notes)
    reading = Reading(found, options, notes)
    delimiter, lines = _delimited(path, lines_of(reading.pieces()))
    rows = cell_rows(lines, delimiter, found.which)
    first = next(rows, None)
    if first is None:
        raise UserError("no numbers", which=found.which, mend=_MEND)
    header = [name.strip() for name in first[0]]
    if all(map(is_number, header)):
        header, rows = _unnamed(header, column, found.which), chain([first], rows)
    elif not column or any(name not in header for name in column):
        refuse_other_delimiter(header, delimiter, found.which)
    table, places = _columns_of(header, rows, found.which)
    if not places:
        raise UserError("no rows below the header", which=found.which, mend=_MEND)
    columns = chosen_columns(header, table, column, found.which)
    values = _numbers(header, table, columns, places, found.which)
    at = label_column(header, table, columns)
    labels = None if at is None else tuple(map(str.strip, table[at]))
    return Series(
        columns=columns,
        values=values,
        labels=labels,
        name="stdin" if path == STANDARD_INPUT else _name(path),
        sha256=reading.digest.hex(),
        notes=(*notes.lines(), *_notes_of_dates(labels, places, found.which)),
    )


def series_of(values: Any, *, columns: Sequence[str] = (), name: str = "series") -> Series:
    """Return series that a program has: N numbers, or N rows of C numbers. columns: what each is called."""
    array = _numbers_given(values, name)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or 0 in array.shape:
        raise UserError(f"an array of shape {array.shape}", which=name, mend="give N numbers, or N rows of numbers")
    usual = [UNNAMED] if array.shape[1] == 1 else [f"{UNNAMED}{number}" for number in range(1, array.shape[1] + 1)]
    names = tuple(columns) or tuple(usual)
    if len(names) != array.shape[1]:
        raise UserError(f"{len(names)} names for {array.shape[1]} columns", which=name, mend="name each column once")
    wrong = np.argwhere(~(np.abs(array) <= _LARGEST))
    if len(wrong):
        row, at = wrong[0].tolist()
        what = f"{array[row, at]:g} in {names[at]!r}"
        raise UserError(what, which=f"{name} row {row}", mend=f"give numbers up to {_LARGEST:g}")
    digest = hashlib.sha256(repr(names).encode() + np.ascontiguousarray(array).tobytes()).hexdigest()
    return Series(columns=names, values=array, labels=None, name=name, sha256=digest, notes=())


def _numbers_given(values: Any, name: str) -> Values:
    """Return what a program gave, if it is numbers. What is masked, or None, is no number, and is told as such."""
    mend = "give a list of numbers, or of rows of them"
    try:
        array = np.ma.asarray(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
        # of other kinds are texts, dates, truth values and complex numbers; objects may be numbers of any class
        if array.dtype.kind in "iufO":
            found: Values = np.ma.filled(array.astype(np.float64), np.nan)
            return found
    except (TypeError, ValueError, OverflowError):
        raise UserError("no numbers", which=name, mend=mend) from None
    raise UserError(f"no numbers but {array.dtype.name}", which=name, mend=mend)


def _delimited(path: str, lines: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Return what stands between cells, by the name of the file or by its first line, and the lines."""
    format = None if path == STANDARD_INPUT else format_by_name(path)
    if format in DELIMITERS:
        return DELIMITERS[format], lines
    first = next(lines, "")
    return "\t" if "\t" in first and "," not in first else ",", chain([first], lines)


def _unnamed(first: list[str], column: Sequence[str], which: str) -> list[str]:
    """Return what the column of numbers alone is called; several without a header are refused."""
    if len(first) == 1 and len(column) <= 1:
        return [*column] or [UNNAMED]
    mend = "put a first line above the rows that names the columns"
    raise UserError("no header: the first line holds numbers", which=which, mend=mend)


def _columns_of(
    header: list[str], rows: Iterator[tuple[list[str], int, int]], which: str
) -> tuple[list[list[str]], list[int]]:
    """Return the cells of each column, and the line of each row. Raises UserError for all ragged rows at once."""
    table: list[list[str]] = [[] for _ in header]
    places, defects = [], Defects(which, may_skip=False)
    for cells, line, _ in rows:
        if len(cells) != len(header):
            fault = "more" if len(cells) > len(header) else "fewer"
            defects.add(f"{fault} fields than in the header", line, f"{len(cells)} instead of {len(header)}")
            continue
        places.append(line)
        for column, cell in zip(table, cells, strict=True):
            column.append(cell)
    defects.settle(skip_bad=False)
    return table, places


def _numbers(
    header: list[str], table: list[list[str]], columns: Sequence[str], places: list[int], which: str
) -> Values:
    """Return the numbers of the columns, (N, C). Raises UserError for all cells that are none, at once."""
    values, defects = np.empty((len(places), len(columns))), Defects(which, may_skip=False)
    for number, name in enumerate(columns):
        for row, cell in enumerate(table[header.index(name)]):
            fault = _fault(cell.strip())
            if fault is None:
                values[row, number] = float(cell)
            else:
                shown = cell.strip()[:_LONGEST_CELL]
                defects.add(f"{fault} in column {printable(name)!r}", places[row], repr(shown) if shown else "")
    defects.settle(skip_bad=False)
    return values


def _fault(cell: str) -> str | None:
    """Return what is wrong with a cell, None where it is a number."""
    if not cell:
        return "an empty cell"
    if not is_number(cell):
        return "a value that is missing" if is_missing(cell) else "no number"
    return None if math.isfinite(float(cell)) and abs(float(cell)) <= _LARGEST else f"a number above {_LARGEST:g}"


def _notes_of_dates(labels: Sequence[str] | None, places: list[int], which: str) -> list[str]:
    """Return notes of dates that do not rise from row to row; rows are taken as they stand."""
    if labels is None or not all(map(_DATE.fullmatch, labels)):
        return []
    notes = []
    for fault, is_bad in (
        ("the same date as the row before", str.__eq__),
        ("an earlier date than the row before", str.__gt__),
    ):
        lines = [places[row + 1] for row, (one, other) in enumerate(pairwise(labels)) if is_bad(one, other)]
        if lines:
            rest = f" and {len(lines) - 1:,} more" if len(lines) > 1 else ""
            notes.append(f"{which} line {lines[0]}{rest}: {fault}; rows are taken in the order in which they stand")
    return notes


def _name(path: str) -> str:
    name = base_name(path)
    return printable(os.path.splitext(name)[0] or name)

"""CSV and TSV: lines to rows, by Python's parser made strict, with the physical line on which each row begins.

In go lines, a delimiter and the names of columns; out come rows of a text and a label. A row that does not fit the
header is reported; what makes the rest unreadable (no such column, an unclosed quote) is refused. Knows no files.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import NamedTuple

from textrnn.data.columns import Columns, missing_columns
from textrnn.data.defects import Report
from textrnn.errors import UserError
from textrnn.text.display import printable

# the parser keeps its limit in a C long, which has 32 bits on Windows
_LONGEST_CELL = 2**31 - 1
_LIMIT = Lock()
DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_PEEKED_ROWS = 1000
_QUOTE_MEND = 'close it, and write a quote inside a quoted cell twice ("")'


class Row(NamedTuple):
    """One row. `line` and `last_line` are where it begins and ends; without a label column the label is empty."""

    text: str
    label: str
    line: int
    last_line: int


def table_rows(lines: Iterable[str], delimiter: str, columns: Columns, which: str, report: Report) -> Iterator[Row]:
    """Yield the rows below the header; empty lines are none. `which` names the table in messages."""
    records = cell_rows(lines, delimiter, which)
    first = next(records, None)
    if first is None:
        raise UserError("the table is empty", which=which, mend="give one with a header and rows")
    header = [name.strip() for name in first[0]]
    text_at, label_at = _places(header, columns, delimiter, which, records)
    for cells, line, last_line in records:
        if len(cells) != len(header):
            fault = "more" if len(cells) > len(header) else "fewer"
            report(f"{fault} fields than in the header", line, f"{len(cells)} instead of {len(header)}")
        elif cells == first[0]:
            report("the header once more", line)
        else:
            label = "" if label_at is None else cells[label_at]
            if label_at is not None and not label.strip():
                report(f"no {columns.called[1]}", line)
            else:
                yield Row(cells[text_at], label, line, last_line)


def swallowed(rows: Iterable[Row], labels: Iterable[str], delimiter: str) -> list[int]:
    """Return the first lines of rows whose text has lines that look like rows: a quote may not be closed there.

    The parser cannot know: a quote that happens to stand at the end of a later cell closes the one left open.
    """
    ends = tuple(delimiter + label for label in labels)
    begins = tuple(label + delimiter for label in labels)
    return [
        row.line for row in rows if any(line.endswith(ends) or line.startswith(begins) for line in row.text.split("\n"))
    ]


def header_of(line: str, delimiter: str) -> list[str]:
    """Return the names of columns in `line`, none if it is no header."""
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
    except csv.Error:
        return []


def cell_rows(lines: Iterable[str], delimiter: str, which: str) -> Iterator[tuple[list[str], int, int]]:
    """Yield (cells, first line, last line) of every row that is not empty."""
    # what the parser took since the last row, for the place of a quote that was left open
    taken: list[str] = []

    def taking() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line + "\n"

    reader = csv.reader(taking(), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        taken.clear()
        try:
            cells = _next_row(reader)
        except csv.Error as error:
            raise _refusal(error, taken, line, delimiter, which) from None
        if cells is None:
            return
        if cells:
            yield cells, line, reader.line_num


def _next_row(reader: Iterator[list[str]]) -> list[str] | None:
    # the limit is one for the whole process, and others may count on it
    with _LIMIT:
        before = csv.field_size_limit(_LONGEST_CELL)
        try:
            return next(reader, None)
        finally:
            csv.field_size_limit(before)


def _refusal(error: csv.Error, taken: Sequence[str], line: int, delimiter: str, which: str) -> UserError:
    """Return the error of a row that began on `line` and of which the parser took the lines `taken`."""
    text = "\n".join(taken) + "\n"
    field = re.escape(delimiter)
    whole = re.compile(rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{field}\n][^{field}\n]*+|)[{field}\n]')
    opened = 0
    while opened < len(text) and (cell := whole.match(text, opened)):
        opened = cell.end()
    opened_on, ended_on = line + text.count("\n", 0, opened), line + len(taken) - 1
    where = f"{which} line {opened_on}"
    if "unexpected end of data" in str(error):
        return UserError("a quote that is never closed", which=where, mend=_QUOTE_MEND)
    if "expected after" in str(error):
        there = "" if ended_on == opened_on else f" opened here is closed on line {ended_on}, and"
        what = f"a quote{there} is followed by text" if there else "text after a closing quote"
        return UserError(what, which=where, mend=_QUOTE_MEND)
    return UserError(f"no table that can be read ({error})", which=where, mend="mend the row")


def _places(
    header: list[str],
    columns: Columns,
    delimiter: str,
    which: str,
    records: Iterator[tuple[list[str], int, int]],
) -> tuple[int, int | None]:
    """Return where text and label stand in a row."""
    wanted = [name for name in (columns.text, columns.label) if name is not None]
    missing = [name for name in wanted if name not in header]
    if missing:
        refuse_other_delimiter(header, delimiter, which)
        _refuse_data_as_header(header, columns, which, records)
        raise missing_columns(missing, header, columns, which)
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        what = f"{header.count(twice[0])} columns are called {printable(twice[0])}"
        raise UserError(what, which=which, mend="give each a name of its own")
    return header.index(columns.text), None if columns.label is None else header.index(columns.label)


def refuse_other_delimiter(header: list[str], delimiter: str, which: str) -> None:
    """Refuse a header of one column that holds another delimiter."""
    if len(header) != 1:
        return
    counts = {other: header[0].count(other) for other in DELIMITERS if other != delimiter}
    found = max(counts, key=lambda other: counts[other])
    if counts[found]:
        others = {",": "a name that ends in .csv", "\t": "a name that ends in .tsv"}
        mend = f"give it {others[found]}" if found in others else f"save it with {DELIMITERS[delimiter]}"
        what = f"1 column between {DELIMITERS[delimiter]}, and {DELIMITERS[found]} in the first line"
        raise UserError(what, which=which, mend=mend)


def _refuse_data_as_header(
    header: list[str], columns: Columns, which: str, records: Iterator[tuple[list[str], int, int]]
) -> None:
    """Refuse a table whose first row is one of data: one of its cells comes again in its column."""
    seen: list[set[str]] = [set() for _ in header]
    for cells, _, _ in islice(records, _PEEKED_ROWS):
        for column, cell in zip(seen, cells, strict=False):
            column.add(cell.strip())
    again = next((name for name, column in zip(header, seen, strict=True) if name and name in column), None)
    if again is not None:
        what = f"no header: {printable(again)!r} of the first line comes again below it"
        names = columns.called if columns.label is not None else columns.called[:1]
        mend = f"put a first line above the rows that names the columns: {','.join(names)}"
        raise UserError(what, which=which, mend=mend)

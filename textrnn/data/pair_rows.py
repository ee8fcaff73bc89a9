"""Lines to pairs: a source, a tab and a target a line, or a table or objects with a column for each.

In go lines and the names of columns; out come rows in which the source stands as text and the target as label. Without
a header a quote is a character like any other; in a table with a header it is what the table's format makes of it.
Knows no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from textrnn.data.columns import LABEL, SOURCE, TARGET, TEXT, Columns
from textrnn.data.defects import Report
from textrnn.data.formats import DELIMITERS as DELIMITER_OF
from textrnn.data.formats import Format
from textrnn.data.jsonl import json_rows, keys_of
from textrnn.data.table import DELIMITERS, Row, header_of, table_rows
from textrnn.errors import UserError

_LOOKED_AT = 200
# a column with so many cells for each different one is of labels
_FEW = 4
MEND = f"give lines of a source, a tab and a target, or a .csv or .jsonl with {SOURCE} and {TARGET}"


def pair_rows(
    lines: Iterator[str], told: Format | None, columns: Columns, which: str, report: Report, *, are_named: bool
) -> Iterator[Row]:
    """Yield the pairs of lines. told: the format that the name of the file tells; are_named: the user named columns."""
    head = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    first, lines = head[-1] if head else "", chain(head, lines)
    if not first.strip():
        raise UserError("no pairs: the file is empty" if not head else "no pairs", which=which, mend=MEND)
    if told == "jsonl" or (told is None and first.lstrip().startswith("{")):
        return json_rows(lines, columns, which, report)
    delimiter = _delimiter(first, told, columns, are_named=are_named)
    if delimiter is not None:
        return table_rows(lines, delimiter, columns, which, report)
    if told is None and "\t" not in first:
        raise UserError("no pairs: no tab in the first line", which=which, mend=MEND)
    return tab_rows(lines, report)


def tab_rows(lines: Iterable[str], report: Report) -> Iterator[Row]:
    """Yield the pair of every line that is not blank."""
    for number, line in enumerate(lines, 1):
        cells = line.split("\t")
        if len(cells) == 2:
            yield Row(cells[0], cells[1], number, number)
        elif len(cells) > 2:
            report("more than a source and a target", number, f"{len(cells)} fields instead of 2, apart by tabs")
        elif line.strip():
            report("no tab between source and target", number, "1 field instead of 2")


def looks_paired(lines: Iterable[str], told: Format | None) -> bool:
    """Whether a file that begins with `lines` holds pairs, and not labelled texts or a text."""
    shown = [line for line in islice(lines, _LOOKED_AT) if line.strip()]
    if not shown:
        return False
    if told == "jsonl" or (told is None and shown[0].lstrip().startswith("{")):
        return _are_pairs(keys_of(shown[0]))
    if any(_are_pairs(header_of(shown[0], mark)) for mark in DELIMITERS):
        return True
    if told != "tsv" or shown[0].count("\t") != 1 or {TEXT, LABEL} & {*shown[0].split("\t")}:
        return False
    # labels come again and again below their header, whatever it calls them
    columns = zip(*(line.split("\t") for line in shown[1:]), strict=False)
    return not any(len(column) >= _FEW * len({*column}) > _FEW for column in columns)


def _are_pairs(names: Sequence[str]) -> bool:
    return {SOURCE, TARGET} <= {*names} and not {TEXT, LABEL} <= {*names}


def _delimiter(first: str, told: Format | None, columns: Columns, *, are_named: bool) -> str | None:
    """Return what stands between the columns of a table with a header, None where the first line is no header."""
    if told is not None and (told == "csv" or are_named):
        return DELIMITER_OF[told]
    found = [mark for mark in DELIMITERS if {columns.text, columns.label} <= {*header_of(first, mark)}]
    if told == "tsv":
        # with other marks than tabs between them these are columns still: whoever reads the table names the marks
        return DELIMITER_OF[told] if found else None
    if are_named and not found:
        return "\t" if "\t" in first else ","
    return found[0] if found else None

"""Rows of labelled text gathered from files and folders: read, recognised, checked row by row, each with its place.

In go sources that were found, out come texts, labels, places, digests and notes. Knows nothing of built-in corpora.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from textrnn.data.columns import Columns
from textrnn.data.defects import Defects, Report, empty_texts, listed
from textrnn.data.fasttext import MARK, fasttext_rows
from textrnn.data.folders import labelled_sources
from textrnn.data.formats import DELIMITERS, Format, format_by_line, format_by_name
from textrnn.data.jsonl import json_rows, mixed_kinds
from textrnn.data.lines import lines_of
from textrnn.data.table import Row, swallowed, table_rows
from textrnn.errors import UserError
from textrnn.text.decoding import BinaryFileError, ReadingOptions
from textrnn.text.display import printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.reading import Reading
from textrnn.text.sources import Source

_FORMATS_MEND = f"give a .csv, .tsv or .jsonl, lines that begin with {MARK}, or a folder per label"
CONTROL = re.compile("[\x00-\x1f\x7f]")


@dataclass
class Gathering:
    """What was read so far.

    skip_bad: rows that cannot be used are left out, and not refused. skip_empty: empty texts are left out.
    """

    columns: Columns
    options: ReadingOptions
    skip_bad: bool
    skip_empty: bool
    reading_notes: ReadingNotes
    has_columns: bool = False
    unusable_rows: int = 0
    empty_texts: int = 0
    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _distinct: dict[str, str] = field(default_factory=dict)

    def add(self, text: str, label: str, place: str) -> None:
        """Take one row."""
        self.texts.append(text)
        # the same few labels stand in all rows: one string each
        self.labels.append(self._distinct.setdefault(label, label))
        self.places.append(place)

    def add_file(self, path: str, source: Source) -> None:
        """Take the rows of one file or of standard input. Raises UserError for all that cannot be used, at once."""
        reading = Reading(source, self.options, self.reading_notes)
        lines = lines_of(reading.pieces())
        format = format_by_name(path)
        if format is None:
            format, lines = _told_by_line(lines, self.columns, source.which)
        self.has_columns = self.has_columns or format != "fasttext"
        defects, long_rows, kinds = Defects(source.which), list[Row](), dict[str, set[str]]()
        for row in rows_in(lines, format, self.columns, source.which, defects.add, kinds):
            if row.label not in self._distinct and CONTROL.search(row.label):
                defects.add(f"a {self.columns.called[1]} with a line break, a tab or a control character", row.line)
                continue
            self.add(row.text, row.label, f"{source.which} line {row.line}")
            if row.last_line > row.line:
                long_rows.append(row)
        self.digests.append(reading.digest)
        self.unusable_rows += defects.count
        self.notes += defects.settle(skip_bad=self.skip_bad) + mixed_kinds(kinds, source.which)
        if suspects := swallowed(long_rows, self._distinct, DELIMITERS.get(format, "")):
            what = "a cell holds lines that look like rows: is a quote left open"
            self.notes.append(f"{source.which}: {what} ({listed(suspects)})?")

    def add_folder(self, folder: str) -> None:
        """Take the texts of a folder per label. What is no text is passed over, and noted."""
        for source, label, is_list in labelled_sources(folder, self.reading_notes):
            reading = Reading(source, self.options, self.reading_notes)
            try:
                text = "".join(reading.pieces())
            except BinaryFileError:
                self.reading_notes.add("binary files passed over", printable(folder), 1)
                continue
            if is_list:
                for number, line in enumerate(lines_of([text]), 1):
                    self.add(line, label, f"{source.which} line {number}")
            else:
                self.add(text.removesuffix("\n"), label, source.which)
            # the same files under other labels are other data
            self.digests.append(hashlib.sha256(label.encode("utf-8", "surrogateescape") + reading.digest).digest())

    def leave_out_empty(self) -> None:
        """Leave out texts of white space alone, if they are to be left out."""
        empty = [index for index, text in enumerate(self.texts) if not text.strip()] if self.skip_empty else []
        self.empty_texts = len(empty)
        self.notes += empty_texts([self.places[index] for index in empty], are_left_out=True)
        for index in reversed(empty):
            del self.texts[index], self.labels[index], self.places[index]


def rows_in(
    lines: Iterator[str],
    format: Format,
    columns: Columns,
    which: str,
    report: Report,
    kinds: dict[str, set[str]] | None = None,
) -> Iterator[Row]:
    """Yield the rows of lines in a format; `kinds` is as `json_rows` has it."""
    if format == "fasttext":
        return fasttext_rows(lines, report)
    if format == "jsonl":
        return json_rows(lines, columns, which, report, kinds)
    return table_rows(lines, DELIMITERS[format], columns, which, report)


def _told_by_line(lines: Iterator[str], columns: Columns, which: str) -> tuple[Format, Iterator[str]]:
    """Return the format that the first line tells, and all lines."""
    head = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    format = format_by_line(head, columns)
    if format is None:
        what = "no labelled texts" if any(map(str.strip, head)) else "no text at all"
        raise UserError(what, which=which, mend=_FORMATS_MEND)
    return format, chain(head, lines)

"""Pairs of texts, a source and its target: files, standard input or toy tasks to pairs, with the place of each.

Formats: lines of a source, a tab and a target; CSV, TSV and JSON Lines with a column for each. Both are kept as they
stand. Knows nothing of splits, ids or models.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from textrnn.data.columns import Columns
from textrnn.data.corpora import LABELLED_CORPORA, PAIR_CORPORA, TEXT_CORPORA, builtin_pairs
from textrnn.data.defects import Defects, listed
from textrnn.data.formats import format_by_name
from textrnn.data.given import list_of_texts
from textrnn.data.lines import lines_of
from textrnn.data.origin import digest_of, find_all, given_twice, name_of, sha256_of
from textrnn.data.pair_rows import MEND, looks_paired, pair_rows
from textrnn.data.tagged import has_ending
from textrnn.errors import UserError
from textrnn.text.decoding import ReadingOptions
from textrnn.text.display import counted, printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.reading import Reading
from textrnn.text.sources import STANDARD_INPUT, Source, find_sources


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Sources and their targets, none empty. places: where each pair stands, for messages.

    name: what the data is called, without a path. sha256: of the bytes read, of several files that of their digests,
    of a toy task that of its lines. unusable_rows: how many were left out. terms: under which they stand, where all
    of them are toy tasks; None where nobody said.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    places: tuple[str, ...]
    name: str
    sha256: str
    notes: tuple[str, ...]
    unusable_rows: int = 0
    terms: str | None = None

    def __len__(self) -> int:
        return len(self.sources)


@dataclass
class _Gathering:
    sources: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unusable_rows: int = 0

    def add(self, source: str, target: str, place: str) -> None:
        self.sources.append(source)
        self.targets.append(target)
        self.places.append(place)

    def add_toy(self, name: str) -> None:
        digest = hashlib.sha256()
        for number, (source, target) in enumerate(builtin_pairs(name), 1):
            self.add(source, target, f"{name} pair {number}")
            digest.update(f"{source}\t{target}\n".encode())
        self.digests.append(digest.digest())

    def add_file(self, path: str, reading: Reading, which: str, columns: Columns, *, are_named: bool) -> Defects:
        """Take the pairs of one file, and return what cannot be used."""
        defects, long_rows = Defects(which), list[int]()
        told = None if path == STANDARD_INPUT else format_by_name(path)
        for row in pair_rows(lines_of(reading.pieces()), told, columns, which, defects.add, are_named=are_named):
            if not row.text.strip():
                defects.add("no source", row.line)
            elif not row.label.strip():
                defects.add("no target", row.line)
            else:
                self.add(row.text, row.label, f"{which} line {row.line}")
                if row.last_line > row.line:
                    long_rows.append(row.line)
        self.digests.append(reading.digest)
        self.unusable_rows += defects.count
        if long_rows:
            what = f"{counted(len(long_rows), 'pair')} over several lines"
            self.notes.append(f"{which}: {what}: is a quote left open ({listed(long_rows)})?")
        return defects


def read_pairs(
    sources: Sequence[str | os.PathLike[str]],
    *,
    source_column: str | None = None,
    target_column: str | None = None,
    skip_bad: bool = False,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> Pairs:
    """Return the pairs of all files, in order; a name that is no file may be that of a toy task.

    source_column, target_column: named, the first line of a file is a header; without them it is one if it names both
    by their defaults. skip_bad: leave out, and count in a note, what is no pair or has an empty side; without it all
    such rows of a file are refused at once.
    """
    options = ReadingOptions(encoding=encoding, errors=errors, binary_mend="give a text file")
    options.check()
    columns = Columns.of_pairs(source_column, target_column)
    are_named = source_column is not None or target_column is not None
    notes, rows = ReadingNotes(), _Gathering()
    given = find_all(sources, lambda path: _source(path, stdin, notes), what="pairs", mend=MEND)
    for path in given_twice([path for path, _ in given]):
        notes.add("given twice, and read twice", printable(path))
    for path, found in given:
        if found is None:
            rows.add_toy(path)
        else:
            reading = Reading(found, options, notes)
            defects = rows.add_file(path, reading, found.which, columns, are_named=are_named)
            rows.notes += defects.settle(skip_bad=skip_bad)
    if not rows.sources:
        what = f"no pair that can be used ({'; '.join(rows.notes)})" if rows.notes else "no pairs"
        raise UserError(what, which=", ".join(printable(path) for path, _ in given), mend=MEND)
    return Pairs(
        sources=tuple(rows.sources),
        targets=tuple(rows.targets),
        places=tuple(rows.places),
        name=name_of(sources),
        sha256=sha256_of(rows.digests),
        notes=(*notes.lines(), *rows.notes),
        unusable_rows=rows.unusable_rows,
        terms=_terms_of([path for path, found in given if found is None], len(given)),
    )


def _terms_of(toys: Sequence[str], num_sources: int) -> str | None:
    if len(toys) < num_sources:
        return None
    return "; ".join(f"{name} ({PAIR_CORPORA[name].origin}): {PAIR_CORPORA[name].licence}" for name in toys)


def pairs_of(sources: Sequence[str], targets: Sequence[str], *, name: str = "pairs") -> Pairs:
    """Return pairs that a program has."""
    own, given = list_of_texts(sources, "sources"), list_of_texts(targets, "targets")
    if len(own) != len(given):
        raise UserError(f"{len(own):,} sources and {len(given):,} targets", mend="give a target for each source")
    for which, texts in (("sources", own), ("targets", given)):
        empty = next((number for number, text in enumerate(texts) if not text.strip()), None)
        if empty is not None:
            raise UserError("an empty text", which=f"{which}[{empty}]", mend="leave out this pair, or fill it")
    if not own:
        raise UserError("no pairs", which=name, mend="give at least one source and its target")
    return Pairs(
        sources=tuple(own),
        targets=tuple(given),
        places=tuple(f"{name} pair {number}" for number in range(len(own))),
        name=name,
        sha256=digest_of(zip(own, given, strict=True)).hex(),
        notes=(),
    )


def is_pairs(source: str | os.PathLike[str]) -> bool:
    """Whether a source looks like pairs: a toy task, a .tsv of two columns, a table with source and target.

    Standard input cannot be looked at twice, and is taken for something else; so is what cannot be read.
    """
    path = os.fspath(source)
    if path == STANDARD_INPUT:
        return False
    if not os.path.exists(path):
        return path in PAIR_CORPORA
    if not os.path.isfile(path) or has_ending(path):
        return False
    try:
        (found,) = find_sources(path, stdin=None, notes=ReadingNotes())
        lines = lines_of(Reading(found, ReadingOptions(errors="replace"), ReadingNotes()).arriving())
        return looks_paired(lines, format_by_name(path))
    except UserError:
        return False


def _source(path: str, stdin: BinaryIO | None, notes: ReadingNotes) -> Source | None:
    """Return what a path stands for, None for a toy task."""
    if os.path.isdir(path):
        raise UserError("is a folder", which=printable(path), mend="give a file, or - for standard input")
    if not os.path.exists(path) and path in PAIR_CORPORA:
        return None
    if not os.path.exists(path) and path in (*TEXT_CORPORA, *LABELLED_CORPORA):
        mend = f"give pairs, such as {' or '.join(PAIR_CORPORA)}"
        raise UserError("a corpus without pairs", which=path, mend=mend)
    (source,) = find_sources(path, stdin=stdin, notes=notes, known=PAIR_CORPORA)
    return source

"""Labelled texts: files, folders, standard input or built-in corpora to texts and labels, with the place of each.

Formats: CSV and TSV with a header, JSON Lines, fastText lines, a folder per label. The name of a file tells which;
where it tells nothing, and on standard input, the first line does. Knows nothing of splits, ids or models.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from textrnn.data.columns import Columns
from textrnn.data.corpora import LABELLED_CORPORA, PAIR_CORPORA, TEXT_CORPORA, builtin_rows
from textrnn.data.fasttext import MARK
from textrnn.data.folders import holds_folders
from textrnn.data.formats import format_by_name
from textrnn.data.gathering import CONTROL, Gathering
from textrnn.data.given import list_of, list_of_texts, refuse_surrogates
from textrnn.data.origin import digest_of, find_all, given_twice, name_of, sha256_of
from textrnn.errors import UserError
from textrnn.text.decoding import ReadingOptions
from textrnn.text.display import printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.reading import Reading
from textrnn.text.sources import STANDARD_INPUT, Source, find_sources


@dataclass(frozen=True, kw_only=True)
class LabelledRows:
    """Texts with their labels, which are text as it stands in the data.

    places: where each stands, for messages. name: what the data is called, without a path. sha256: of the bytes read,
    as a corpus has it; of the sorted rows where they come from no file. unusable_rows, empty_texts: how many were left
    out.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    places: tuple[str, ...]
    name: str
    sha256: str
    notes: tuple[str, ...]
    unusable_rows: int = 0
    empty_texts: int = 0


def read_labelled(
    sources: Sequence[str | os.PathLike[str]],
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    skip_bad: bool = False,
    skip_empty: bool | None = None,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
    seed: int = 0,
    columns: Columns | None = None,
) -> LabelledRows:
    """Return the rows of all sources, in order; a name that is no file may be that of a built-in labelled corpus.

    skip_bad: leave out, and count in a note, rows that cannot be used and empty texts; without it the former are
    refused, all of a file at once. skip_empty: whether empty texts are left out, if that is not as skip_bad has it.
    seed: the order of a built-in corpus. columns: where texts and labels stand, if that is said in other words.
    """
    options = ReadingOptions(encoding=encoding, errors=errors, binary_mend="give a text file")
    options.check()
    notes = ReadingNotes()
    skip_empty = skip_bad if skip_empty is None else skip_empty
    columns = Columns.of(text_column, label_column) if columns is None else columns
    rows = Gathering(columns, options, skip_bad, skip_empty, notes)
    given = find_all(
        sources, lambda path: _source(path, stdin, notes),
        what="labelled texts", mend="give a file, a folder, or - for standard input",
    )  # fmt: skip
    for path in given_twice([path for path, _ in given]):
        notes.add("given twice, and read twice", printable(path))
    for path, found in given:
        if found is not None:
            rows.add_file(path, found)
        elif os.path.isdir(path):
            rows.add_folder(path)
        else:
            pairs = builtin_rows(path, seed=seed)
            for number, (text, label) in enumerate(pairs, 1):
                rows.add(text, label, f"{path} row {number}")
            # the same data whatever their order
            rows.digests.append(digest_of(sorted(pairs)))
    rows.leave_out_empty()
    which = ", ".join(printable(source) for source in sources)
    if not rows.has_columns and (flag := columns.named):
        raise UserError(f"{flag}, and no columns", which=which, mend="leave it out")
    if not rows.texts:
        raise _no_rows(rows, which)
    return LabelledRows(
        texts=tuple(rows.texts),
        labels=tuple(rows.labels),
        places=tuple(rows.places),
        name=name_of(sources),
        sha256=sha256_of(rows.digests),
        notes=(*notes.lines(), *rows.notes),
        unusable_rows=rows.unusable_rows,
        empty_texts=rows.empty_texts,
    )


def _no_rows(rows: Gathering, which: str) -> UserError:
    if rows.unusable_rows or rows.empty_texts:
        return UserError(f"no row that can be used ({'; '.join(rows.notes)})", which=which, mend="mend the rows")
    return UserError("no rows", which=which, mend="give data with rows in it")


def rows_of(texts: Sequence[str], labels: Sequence[object], *, name: str = "texts") -> LabelledRows:
    """Return rows that a program has; a label that is no string is taken as Python writes it."""
    own, given = list_of_texts(texts, "texts"), list_of(labels, "labels")
    for number, label in enumerate(given):
        if label is None or (isinstance(label, float) and math.isnan(label)):
            raise UserError(f"no label but {label}", which=f"labels[{number}]", mend="leave out this row, or label it")
    names = [str(label) for label in given]
    if len(own) != len(names):
        raise UserError(f"{len(own):,} texts and {len(names):,} labels", mend="give a label for each text")
    for number, label in enumerate(names):
        refuse_surrogates(label, f"label {number}")
        if CONTROL.search(label):
            raise UserError("a control character in it", which=f"label {number}", mend="take it out of the label")
    if not names:
        raise UserError("no rows", which=name, mend="give at least one text and its label")
    return LabelledRows(
        texts=tuple(str(text) for text in own),
        labels=tuple(names),
        places=tuple(f"{name} row {number}" for number in range(len(names))),
        name=name,
        sha256=sha256_of([digest_of(zip(own, names, strict=True))]),
        notes=(),
    )


def is_labelled(source: str | os.PathLike[str]) -> bool:
    """Whether a source looks like labelled texts: by its name, by its first line, as folders in a folder.

    Standard input cannot be looked at twice, and is taken for text; so is what cannot be read, whoever reads it says
    why.
    """
    path = os.fspath(source)
    if path == STANDARD_INPUT:
        return False
    if not os.path.exists(path):
        return path in LABELLED_CORPORA
    if os.path.isdir(path):
        return holds_folders(path)
    if format_by_name(path) is not None:
        return True
    if not os.path.isfile(path):
        # a pipe gives its first line once
        return False
    try:
        (found,) = find_sources(path, stdin=None, notes=ReadingNotes())
        first = next(Reading(found, ReadingOptions(errors="replace"), ReadingNotes()).arriving(), "")
    except UserError:
        return False
    return first.lstrip().startswith(MARK)


def _source(path: str, stdin: BinaryIO | None, notes: ReadingNotes) -> Source | None:
    if os.path.isdir(path):
        return None
    if not os.path.exists(path):
        if path in LABELLED_CORPORA:
            return None
        if path in TEXT_CORPORA or path in PAIR_CORPORA:
            what = f"{'a text' if path in TEXT_CORPORA else 'pairs'} without labels"
            mend = f"give labelled texts, such as {' or '.join(LABELLED_CORPORA)}"
            raise UserError(what, which=path, mend=mend)
    (source,) = find_sources(path, stdin=stdin, notes=notes, known=LABELLED_CORPORA)
    return source

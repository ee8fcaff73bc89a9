"""Texts to be labelled, one after the other: a text a line, or a column of a table, read as they come.

Memory holds one chunk, and a line of a pipe is given before the next one has come. Knows nothing of labels.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from textrnn.data.columns import Columns
from textrnn.data.defects import refuse_at_once
from textrnn.data.formats import format_by_name
from textrnn.data.gathering import rows_in
from textrnn.data.lines import lines_of
from textrnn.errors import UserError
from textrnn.text.decoding import ReadingOptions
from textrnn.text.display import printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.reading import Reading
from textrnn.text.sources import STANDARD_INPUT, find_sources


def iter_texts(
    source: str | os.PathLike[str],
    *,
    text_column: str | None = None,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> Iterator[str]:
    """Return the texts of one source, empty ones included: of .csv, .tsv and .jsonl a column, else a text a line.

    A name that is no file may be that of a built-in corpus. What the name of a file tells is refused at once, what its
    content tells when it is reached.
    """
    options = ReadingOptions(encoding=encoding, errors=errors, binary_mend="give a text file")
    options.check()
    path = os.fspath(source)
    format = None if path == STANDARD_INPUT else format_by_name(path)
    if text_column is not None and format is None:
        mend = "it goes with a .csv, .tsv or .jsonl; here every line is a text"
        raise UserError("--text-column, and no columns", which=printable(path), mend=mend)
    if os.path.isdir(path):
        raise UserError("is a folder", which=printable(path), mend="give a file, or - for standard input")
    known = () if path == STANDARD_INPUT else _builtin_names()
    if path in known and not os.path.exists(path):
        return _builtin_texts(path)
    (found,) = find_sources(path, stdin=stdin, notes=ReadingNotes(), known=known)
    lines = lines_of(Reading(found, options, ReadingNotes()).arriving())
    if format is None:
        return lines
    rows = rows_in(lines, format, Columns.of_texts(text_column), found.which, refuse_at_once(found.which))
    return (row.text for row in rows)


def _builtin_names() -> tuple[str, ...]:
    # imported where a file is asked for: a pipe is answered sooner without
    from textrnn.data.corpora import LABELLED_CORPORA, PAIR_CORPORA, TEXT_CORPORA

    return (*LABELLED_CORPORA, *TEXT_CORPORA, *PAIR_CORPORA)


def _builtin_texts(name: str) -> Iterator[str]:
    from textrnn.data.corpora import LABELLED_CORPORA, PAIR_CORPORA, builtin_pairs, builtin_rows, builtin_text

    if name in LABELLED_CORPORA:
        return (text for text, _ in builtin_rows(name, seed=0))
    if name in PAIR_CORPORA:
        return (source for source, _ in builtin_pairs(name))
    corpus = builtin_text(name)
    return lines_of(piece for document in corpus.part(0, corpus.characters).documents() for piece in document)

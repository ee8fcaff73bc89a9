"""`textrnn inspect`: what to know of data before training on it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from textrnn.cli import streams
from textrnn.cli.figures import figure_rows
from textrnn.cli.options import Given, Json, check, command
from textrnn.config.classifier import LabelledSettings
from textrnn.config.text import ReadingSettings
from textrnn.errors import UserError
from textrnn.text.display import code_point, printable, short_name

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="labelled texts or plain text: files, folders, - for stdin, or the name of a built-in corpus",
    ),
]


@command(LabelledSettings, ReadingSettings)
def inspect(given: Given, files: Files, json: Json = False) -> int:
    """Look at data before training on it.

    Of labelled texts (.csv, .tsv, .jsonl, fastText lines, a folder per label): balance, lengths, repeated and
    contradicting rows, names of labels that may be meant as one, what guessing gets. Of a text: sizes and alphabet.
    Of both: what the default split holds out, and how much of it training has not seen, words in lower case.

    Standard input is taken for labelled texts if a column is named.

    Examples:
    textrnn inspect reviews.csv
    textrnn inspect reviews.csv --text-column review --label-column stars --json
    textrnn inspect my.txt
    cat reviews.csv | textrnn inspect - --label-column label
    """
    labelled, reading = check(given, LabelledSettings, ReadingSettings)
    from textrnn.data.labelled import is_labelled

    has_columns = labelled.text_column is not None or labelled.label_column is not None
    are_labelled = has_columns or any(map(is_labelled, files))
    # a file that does not exist is named when it is read
    plain = [file for file in files if (file == "-" or os.path.exists(file)) and not is_labelled(file)]
    if are_labelled and plain and not has_columns:
        mend = "inspect each kind by itself"
        raise UserError("plain text among labelled texts", which=printable(plain[0]), mend=mend)
    facts = _facts_of_rows(files, labelled, reading) if are_labelled else _facts_of_text(files, reading)
    if json:
        streams.json_line(facts)
    else:
        streams.table(_rows(facts))
    return 0


def _facts_of_rows(files: list[str], labelled: LabelledSettings, reading: ReadingSettings) -> dict[str, Any]:
    from textrnn.data.inspection import inspect_rows
    from textrnn.data.labelled import read_labelled

    # what cannot be used is counted, and said in the notes; a training would refuse it
    rows = read_labelled(
        files,
        text_column=labelled.text_column,
        label_column=labelled.label_column,
        skip_bad=True,
        skip_empty=labelled.skip_bad,
        encoding=reading.encoding,
        errors=reading.errors,
    )
    return inspect_rows(rows, skip_bad=labelled.skip_bad)


def _facts_of_text(files: list[str], reading: ReadingSettings) -> dict[str, Any]:
    from textrnn.data.corpora import resolve_text
    from textrnn.data.inspection import inspect_text

    return inspect_text(resolve_text(files, **reading.model_dump()))


def _rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the facts as name and text: those of JSON, with labels and lists written out."""
    rows: list[tuple[str, str]] = []
    for name, value in facts.items():
        if name == "labels":
            rows.append(("labels", ""))
            rows += [
                (f"  {short_name(label)}", f"{one['rows']:,} ({one['share']:.1%})") for label, one in value.items()
            ]
        elif name == "majority":
            rows += figure_rows({name: {**value, "label": short_name(value["label"])}})
        elif name == "notes":
            rows += [("note", note) for note in value]
        elif name == "held_out" and value is not None:
            symbols = ", ".join(f"{one} ({code_point(one)})" for one in value["unseen_symbols"])
            rows += figure_rows({name: {**value, "unseen_symbols": symbols or None}})
        elif name == "alphabet":
            rows += figure_rows({name: {kind: found for kind, found in value.items() if found}})
        else:
            rows += figure_rows({name: value})
    return rows

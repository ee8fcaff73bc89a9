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
from textrnn.config.forecaster import SeriesSettings
from textrnn.config.pairs import PairSettings
from textrnn.config.settings import flag
from textrnn.config.tagger import TaggedSettings
from textrnn.config.text import ReadingSettings
from textrnn.errors import UserError
from textrnn.text.display import code_point, printable, short_name

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="labelled texts, tagged words, pairs, plain text or one table of numbers: files, folders, - for stdin, or "
        "the name of a built-in corpus",
    ),
]


TEXT, LABELLED, TAGGED, PAIRS, SERIES = "plain text", "labelled texts", "tagged words", "pairs", "numbers"
_COLUMNS = {
    "text_column": LABELLED, "label_column": LABELLED, "source_column": PAIRS, "target_column": PAIRS, "column": SERIES,
}  # fmt: skip


# what has names of the user's own, with what is counted of each
_COUNTED = {"length_buckets": "rows", "labels": "rows", "tags": "words"}


@command(
    LabelledSettings,
    PairSettings,
    SeriesSettings,
    ReadingSettings,
    texts={"skip_bad": "leave out rows that cannot be used, as training does with it"},
)
def inspect(given: Given, files: Files, json: Json = False) -> int:
    """Look at data before training on it.

    Of labelled texts (.csv, .tsv, .jsonl, fastText lines, a folder per label): balance, lengths, repeated and
    contradicting rows, names of labels that may be meant as one, what guessing gets. Of pairs (a .tsv of source and
    target, a table with both): lengths, words and alphabet of either side, repeated pairs, sources with several
    targets. Of tagged words (.conll): tags, spans by kind, words with several tags. Of a text: sizes and alphabet. Of
    all: what the default split holds out, and how much of it training has not seen, words in lower case. Of numbers (a
    table of them, with dates beside; where words stand beside, --column names them): length, extremes, the season.

    Standard input is taken for what has such columns, if one is named.

    Examples:
    textrnn inspect reviews.csv
    textrnn inspect reviews.csv --text-column review --label-column stars --json
    textrnn inspect eng-fra.tsv
    textrnn inspect names.conll
    textrnn inspect my.txt
    textrnn inspect sales.csv --column units,returns
    cat reviews.csv | textrnn inspect - --label-column label
    """
    labelled, paired, columns, reading = check(given, LabelledSettings, PairSettings, SeriesSettings, ReadingSettings)
    named = {**labelled.given(), **paired.given(), **columns.given()}
    kind = _kind(files, [name for name in _COLUMNS if named.get(name)])
    if kind == SERIES:
        facts = _facts_of_series(files, columns, reading)
    elif kind == LABELLED:
        facts = _facts_of_rows(files, labelled, reading)
    elif kind == TAGGED:
        facts = _facts_of_tagged(files, TaggedSettings(skip_bad=labelled.skip_bad), reading)
    else:
        facts = _facts_of_pairs(files, paired, reading) if kind == PAIRS else _facts_of_text(files, reading)
    if json:
        streams.json_line(facts)
    else:
        streams.table(_rows(facts))
    return 0


def _facts_of_series(files: list[str], columns: SeriesSettings, reading: ReadingSettings) -> dict[str, Any]:
    from textrnn.cli.kinds.forecaster import the_one
    from textrnn.data.series import read_series
    from textrnn.data.series_facts import inspect_series

    series = read_series(the_one(files), column=columns.column, encoding=reading.encoding, errors=reading.errors)
    return inspect_series(series)


def _kind(files: list[str], columns: list[str]) -> str:
    """Return what the files hold, all of them: what a named column tells, else what they look like."""
    told = dict.fromkeys(_COLUMNS[name] for name in columns)
    if len(told) > 1:
        raise UserError(f"{' and '.join(map(flag, columns))} together", mend="name the columns of one kind of data")
    found = {file: _looks_like(file) for file in files}
    kind = next(iter(told), next((kind for kind in (TAGGED, SERIES, PAIRS, LABELLED) if kind in found.values()), TEXT))
    # a file that does not exist is named when it is read
    other = [file for file in files if found[file] != kind and (file == "-" or os.path.exists(file))]
    if other and not told:
        what = f"{found[other[0]]} among {kind}"
        raise UserError(what, which=printable(other[0]), mend="inspect each kind by itself")
    return kind


def _looks_like(file: str) -> str:
    from textrnn.data.labelled import is_labelled
    from textrnn.data.pairs import is_pairs
    from textrnn.data.series_look import is_series
    from textrnn.data.tagged import is_tagged

    looks = {TAGGED: is_tagged, SERIES: is_series, PAIRS: is_pairs, LABELLED: is_labelled}
    return next((kind for kind, looks_so in looks.items() if looks_so(file)), TEXT)


def _facts_of_pairs(files: list[str], paired: PairSettings, reading: ReadingSettings) -> dict[str, Any]:
    from textrnn.data.pair_inspection import inspect_pairs
    from textrnn.data.pairs import read_pairs

    pairs = read_pairs(
        files,
        source_column=paired.source_column,
        target_column=paired.target_column,
        skip_bad=True,
        encoding=reading.encoding,
        errors=reading.errors,
    )
    return inspect_pairs(pairs, skip_bad=paired.skip_bad)


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


def _facts_of_tagged(files: list[str], tagged: TaggedSettings, reading: ReadingSettings) -> dict[str, Any]:
    from textrnn.data.tag_inspection import inspect_tagged
    from textrnn.data.tagged import read_tagged

    sentences = read_tagged(files, skip_bad=True, encoding=reading.encoding, errors=reading.errors)
    return inspect_tagged(sentences, skip_bad=tagged.skip_bad)


def _facts_of_text(files: list[str], reading: ReadingSettings) -> dict[str, Any]:
    from textrnn.data.corpora import resolve_text
    from textrnn.data.inspection import inspect_text

    return inspect_text(resolve_text(files, **reading.model_dump()))


def _rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the facts as name and text: those of JSON, with labels and lists written out."""
    rows: list[tuple[str, str]] = []
    for name, value in facts.items():
        if name in _COUNTED:
            rows.append((name.replace("_", " "), ""))
            rows += [
                (f"  {short_name(label)}", f"{one[_COUNTED[name]]:,} ({one['share']:.1%})")
                for label, one in value.items()
            ]
        elif name == "spans" and value is not None:
            rows.append((name, ""))
            rows += [(f"  {short_name(kind)}", f"{count:,}") for kind, count in value.items()]
        elif name == "majority":
            guess = next(iter(value))
            rows += figure_rows({name: {**value, guess: short_name(value[guess])}})
        elif name == "notes":
            rows += [("note", note) for note in value]
        elif name == "held_out" and value is not None:
            rows += figure_rows({name: _spelled(value)})
        elif name == "alphabet":
            rows += figure_rows({name: _filled(value)})
        elif name in ("sources", "targets"):
            rows += figure_rows({name: {**value, "alphabet": _filled(value["alphabet"])}})
        else:
            rows += figure_rows({name: value})
    return rows


def _filled(alphabet: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: found for kind, found in alphabet.items() if found}


def _spelled(held_out: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts with the symbols that training has not seen as one text."""
    told: dict[str, Any] = {}
    for name, value in held_out.items():
        if name == "unseen_symbols":
            told[name] = ", ".join(f"{one} ({code_point(one)})" for one in value) or None
        else:
            told[name] = _spelled(value) if isinstance(value, dict) else value
    return told

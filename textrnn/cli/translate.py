"""`textrnn translate`: write a text for each text, those of the command line, of a file or of a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textrnn.cli import streams
from textrnn.cli.arriving import MOST_THREADS, texts_arriving
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_translator
from textrnn.cli.options import Given, check, command
from textrnn.cli.threads import cores_usable, limit_threads, note_oversubscription
from textrnn.config.classifier import LabelledSettings
from textrnn.config.seq2seq import TranslateSettings
from textrnn.config.text import ReadingSettings
from textrnn.config.training import MachineSettings
from textrnn.errors import UserError
from textrnn.text.display import counted

if TYPE_CHECKING:
    from textrnn.inference.seq2seq.model import Translation, Translator

Texts = Annotated[
    list[str] | None, typer.Argument(metavar="TEXT", help="texts to translate; - or a pipe: a text a line from stdin")
]
File = Annotated[
    str | None,
    typer.Option(
        "--file", metavar="FILE", rich_help_panel="Reading",
        help="a text a line; of a .csv, .tsv or .jsonl the column --text-column; - for stdin",
    ),
]  # fmt: skip
JsonLines = Annotated[
    bool, typer.Option("--json", help="print a JSON value a line instead of text", rich_help_panel="Output")
]
Attention = Annotated[
    bool, typer.Option("--attention", help="draw where each unit looked in its source", rich_help_panel="Output")
]
Png = Annotated[
    Path | None,
    typer.Option(
        "--png", metavar="FILE", rich_help_panel="Output",
        help="draw where each unit of one text looked as a picture, too (extra plots)",
    ),
]  # fmt: skip


@command(
    TranslateSettings,
    LabelledSettings,
    ReadingSettings,
    MachineSettings,
    only=["threads"],
    without=["label_column", "skip_bad", "allow_binary"],
    texts={"threads": f"threads to compute with (default: one a core, at most {MOST_THREADS})"},
)
def translate(
    given: Given,
    texts: Texts = None,
    file: File = None,
    model: Model = None,
    runs_dir: RunsDir = RUNS_DIR,
    attention: Attention = False,
    png: Png = None,
    json: JsonLines = False,
) -> int:
    """Write a text for each text.

    A line for each, in their order; an empty one for an empty text. A pipe is answered while it goes on.

    Examples:
    textrnn translate "the 3rd of March, 1987"
    textrnn translate "How are you?" --beam 5 --json
    textrnn translate "the 3rd of March, 1987" --attention
    cat sources.txt | textrnn translate - -m my-run
    """
    search, labelled, reading, machine = check(
        given, TranslateSettings, LabelledSettings, ReadingSettings, MachineSettings
    )
    _check_drawing(texts or [], attention=attention, png=png, json=json)
    note_oversubscription(machine.threads)
    # texts are divided among threads, not the products within one
    limit_threads(1)
    arriving = texts_arriving("textrnn translate", "How are you?", texts or [], file, labelled.text_column, reading)
    translator = open_translator(model, runs_dir)
    if png is not None or attention:
        _draw(translator, arriving, search, is_drawn=attention, png=png)
    else:
        threads = machine.threads or min(cores_usable(), MOST_THREADS)
        _answer(translator, arriving, search, threads, json=json)
    return 0


def _check_drawing(texts: Sequence[str], *, attention: bool, png: Path | None, json: bool) -> None:
    if json and (attention or png is not None):
        name = "--attention" if attention else "--png"
        raise UserError(f"{name} with --json", which="textrnn translate", mend="leave one of them out")
    if png is not None and (len(texts) != 1 or texts == ["-"]):
        raise UserError(f"--png with {counted(len(texts), 'text')} on the command line", which="textrnn translate",
                        mend="a picture is of one: give it as TEXT")  # fmt: skip
    if png is not None:
        from textrnn.report.plots import check_picture

        check_picture(png)


def _answer(
    translator: Translator, texts: Iterator[str], search: TranslateSettings, threads: int, *, json: bool
) -> None:
    from textrnn.inference.answering import answered

    def answer(batch: Sequence[str]) -> list[Translation]:
        return translator.translate_with(batch, search)

    longest, unknown = translator.longest_seen, 0
    with closing(answered(texts, [answer] * threads)) as batches:
        for answers in batches:
            most = max((one.read for one in answers), default=0)
            if longest is not None and most > longest:
                streams.note(_longer(translator, most, longest))
                longest = most
            unknown += sum(one.unknown for one in answers)
            _write(answers, json=json)
    _note_unknown(translator, unknown)


def _longer(translator: Translator, most: int, longest: int) -> str:
    return f"a text of {most:,} {translator.sides.unit}s is longer than any trained on ({longest:,})"


def _note_unknown(translator: Translator, unknown: int) -> None:
    if unknown:
        streams.note(f"{counted(unknown, translator.sides.unit)} that the model never saw read as <unk>")


def _write(answers: Sequence[Translation], *, json: bool) -> None:
    if json:
        streams.text("".join(dumps(one.to_json(), ensure_ascii=False, allow_nan=False) + "\n" for one in answers))
    else:
        # a line a text, whatever the model has learned to write
        streams.text("".join(" ".join(one.text.splitlines()) + "\n" for one in answers))
    sys.stdout.flush()


def _draw(
    translator: Translator, texts: Iterator[str], search: TranslateSettings, *, is_drawn: bool, png: Path | None
) -> None:
    """Write each text with a picture of where its units looked."""
    from textrnn.report.heatmap import save_heatmap, write_heatmap

    for text in texts:
        (one,) = translator.translate_with([text], search)
        _write([one], json=False)
        if text.strip():
            targets, sources, weights = translator.attention_with(text, search)
            if is_drawn:
                write_heatmap(weights, sources, targets, sys.stdout)
            if png is not None:
                save_heatmap(png, weights, sources, targets)
        _note_unknown(translator, one.unknown)

"""`textrnn tag`: label every word of sentences, those of the command line, of a file or of a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from json import dumps
from typing import TYPE_CHECKING, Annotated

import typer

from textrnn.cli import streams
from textrnn.cli.arriving import MOST_THREADS, texts_arriving, unbuffered_stdin
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_tagger
from textrnn.cli.options import Given, check, command
from textrnn.cli.threads import cores_usable, limit_threads, note_oversubscription
from textrnn.config.classifier import LabelledSettings
from textrnn.config.text import ReadingSettings
from textrnn.config.training import MachineSettings
from textrnn.errors import UserError

if TYPE_CHECKING:
    from textrnn.inference.tagger.model import Tagged, Tagger

Texts = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="sentences to tag; - or a pipe: a sentence a line from stdin"),
]
File = Annotated[
    str | None,
    typer.Option(
        "--file", metavar="FILE", rich_help_panel="Reading",
        help="a sentence a line; the words of a .conll, whose tags are not looked at; of a .csv, .tsv or .jsonl the "
        "column --text-column; - for stdin",
    ),
]  # fmt: skip
JsonLines = Annotated[
    bool, typer.Option("--json", help="print a JSON value a line instead of text", rich_help_panel="Output")
]
# a plain sentence, or its words
Sentence = str | tuple[str, ...]


@command(
    LabelledSettings,
    ReadingSettings,
    MachineSettings,
    only=["threads"],
    without=["label_column", "skip_bad", "allow_binary"],
    texts={"threads": f"threads to compute with (default: one a core, at most {MOST_THREADS})"},
)
def tag(
    given: Given,
    texts: Texts = None,
    file: File = None,
    model: Model = None,
    runs_dir: RunsDir = RUNS_DIR,
    json: JsonLines = False,
) -> int:
    """Label every word.

    A line for each word, word and tag with a tab between, and a blank line behind each sentence (CoNLL). A plain
    sentence is cut into words as the data of the model has them. A pipe is answered while it goes on.

    Examples:
    textrnn tag "Anna flew from Lima to Oslo" --json
    textrnn tag --file sentences.txt > tagged.conll
    cat sentences.txt | textrnn tag - -m my-run
    """
    labelled, reading, machine = check(given, LabelledSettings, ReadingSettings, MachineSettings)
    note_oversubscription(machine.threads)
    # sentences are divided among threads, not the products within one
    limit_threads(1)
    arriving = _arriving(texts or [], file, labelled.text_column, reading)
    _answer(open_tagger(model, runs_dir), arriving, machine.threads or min(cores_usable(), MOST_THREADS), json=json)
    return 0


def _arriving(
    texts: list[str], file: str | None, text_column: str | None, reading: ReadingSettings
) -> Iterator[Sentence]:
    from textrnn.data.tagged import has_ending, iter_words

    if file is None or texts or not has_ending(file):
        return texts_arriving("textrnn tag", "Anna flew to Oslo", texts, file, text_column, reading)
    if text_column is not None:
        what, mend = "--text-column, and no columns with names", "it goes with a .csv, .tsv or .jsonl"
        raise UserError(what, which=file, mend=mend)
    return iter_words(file, encoding=reading.encoding, errors=reading.errors, stdin=unbuffered_stdin())


def _answer(tagger: Tagger, sentences: Iterator[Sentence], threads: int, *, json: bool) -> None:
    from textrnn.inference.answering import answered

    def answer(own: Tagger, batch: Sequence[Sentence]) -> list[Tagged]:
        return own.tag_words([own.words(one) if isinstance(one, str) else one for one in batch])

    works = [partial(answer, tagger if number == 0 else tagger.twin()) for number in range(threads)]
    longest = tagger.longest_seen
    with closing(answered(sentences, works)) as batches:
        for answers in batches:
            most = max((len(one.words) for one in answers), default=0)
            if longest is not None and most > longest:
                streams.note(f"a sentence of {most:,} words is longer than any trained on ({longest:,})")
                longest = most
            _write(answers, json=json)


def _write(answers: Sequence[Tagged], *, json: bool) -> None:
    if json:
        streams.text("".join(dumps(one.to_json(), ensure_ascii=False, allow_nan=False) + "\n" for one in answers))
    else:
        streams.text("".join(one.to_conll() for one in answers))
    sys.stdout.flush()

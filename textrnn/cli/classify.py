"""`textrnn classify`: label texts, those of the command line, of a file or of a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from json import dumps
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from textrnn.cli import streams
from textrnn.cli.arriving import MOST_THREADS, texts_arriving
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_classifier
from textrnn.cli.options import Given, check, command
from textrnn.cli.threads import cores_usable, limit_threads, note_oversubscription
from textrnn.config.classifier import ClassifySettings, LabelledSettings
from textrnn.config.text import ReadingSettings
from textrnn.config.training import MachineSettings
from textrnn.text.display import counted

if TYPE_CHECKING:
    from textrnn.explain.words import Explanation
    from textrnn.inference.classifier.model import TextClassifier
    from textrnn.inference.classifier.verdict import Verdict

# with --explain, how long nothing is said at most
SAID_EVERY_S = 5.0

Texts = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="texts to label; - or a pipe: a text a line from stdin"),
]
File = Annotated[
    str | None,
    typer.Option(
        "--file", metavar="FILE", rich_help_panel="Reading",
        help="a text a line, or of a .csv, .tsv or .jsonl the column --text-column; - for stdin",
    ),
]  # fmt: skip
JsonLines = Annotated[
    bool, typer.Option("--json", help="print a JSON value a line instead of text", rich_help_panel="Output")
]


class Patience:
    """Says on stderr how far the reasons of a long text are, now and then."""

    def __init__(self, text: str) -> None:
        self._what = f"reasons of a text of {counted(len(text), 'character')}"
        self._began = self._said = time.monotonic()

    def __call__(self, asked: int, most: int) -> None:
        """Take note that so many texts were asked, of so many at most."""
        now = time.monotonic()
        if asked < most and now - self._said >= SAID_EVERY_S:
            self._said = now
            streams.note(f"{self._what}: {asked / most:.0%} after {now - self._began:.0f} s")


class Answer(NamedTuple):
    """What is said of one text, and why if that was asked."""

    verdict: Verdict
    explanation: Explanation | None
    attention: list[tuple[str, float]] | None


@command(
    ClassifySettings,
    LabelledSettings,
    ReadingSettings,
    MachineSettings,
    only=["threads"],
    without=["label_column", "skip_bad", "allow_binary"],
    groups=dict.fromkeys(ClassifySettings.model_fields, "Output"),
    texts={"threads": f"threads to compute with (default: one a core, at most {MOST_THREADS})"},
)
def classify(
    given: Given,
    texts: Texts = None,
    file: File = None,
    model: Model = None,
    runs_dir: RunsDir = RUNS_DIR,
    json: JsonLines = False,
) -> int:
    """Label texts.

    A line for each text, in order: its label and the probability of that, with a tab between. A pipe is answered while
    it goes on; memory does not grow with it.

    Examples:
    textrnn classify "a lovely film" "not good at all" --explain
    textrnn classify --file reviews.csv --text-column review --json
    cat texts.txt | textrnn classify - --abstain-below 0.9
    """
    kinds = (ClassifySettings, LabelledSettings, ReadingSettings, MachineSettings)
    settings, labelled, reading, machine = check(given, *kinds)
    note_oversubscription(machine.threads)
    # texts are divided among threads, not the products within one
    limit_threads(1)
    arriving = texts_arriving("textrnn classify", "a lovely film", texts or [], file, labelled.text_column, reading)
    classifier = open_classifier(model, runs_dir)
    if settings.abstain_below is not None and (settings.k > 1 or settings.probs) and not json:
        streams.note("--abstain-below beside several labels a text: all are named, ? stands for a single answer alone")
    if settings.k > len(classifier.classes_):
        streams.note(f"-k {settings.k} is more than the {len(classifier.classes_)} labels there are: all are shown")
    _answer(classifier, arriving, settings, machine.threads or min(cores_usable(), MOST_THREADS), json=json)
    return 0


def _answer(
    classifier: TextClassifier, texts: Iterator[str], settings: ClassifySettings, threads: int, *, json: bool
) -> None:
    from textrnn.inference.answering import USUAL, answered

    def answer(own: TextClassifier, batch: Sequence[str]) -> list[Answer]:
        verdicts = own.verdicts(batch)
        if not settings.explain:
            return [Answer(verdict, None, None) for verdict in verdicts]
        return [
            Answer(
                verdict,
                own.explain(verdict.text, label=verdict.label, progress=Patience(verdict.text)),
                own.attention(verdict.text),
            )
            for verdict in verdicts
        ]

    works = [partial(answer, classifier if number == 0 else classifier.twin()) for number in range(threads)]
    # reasons take long: each is shown as soon as it is known
    limits = USUAL._replace(texts=1) if settings.explain else USUAL
    with closing(answered(texts, works, limits=limits)) as batches:
        for answers in batches:
            _write(answers, settings, json=json)


def _write(answers: Sequence[Answer], settings: ClassifySettings, *, json: bool) -> None:
    from textrnn.report.answer import answer_json, answer_line, write_answer

    if json:
        values = [answer_json(answer.verdict, settings, answer.explanation, answer.attention) for answer in answers]
        streams.text("".join(dumps(value, ensure_ascii=False, allow_nan=False) + "\n" for value in values))
    elif not settings.explain:
        streams.text("".join(answer_line(answer.verdict, settings) + "\n" for answer in answers))
    else:
        for answer in answers:
            write_answer(answer.verdict, settings, sys.stdout, answer.explanation, answer.attention)
        sys.stdout.flush()

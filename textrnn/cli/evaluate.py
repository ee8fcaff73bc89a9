"""`textrnn evaluate`: figures of a run on data it has not seen."""

from __future__ import annotations

from typing import Annotated

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_language_model
from textrnn.cli.figures import figure_rows
from textrnn.cli.options import Given, Json, check, command
from textrnn.cli.threads import limit_threads
from textrnn.config.language_model import EvaluateSettings
from textrnn.config.text import ReadingSettings
from textrnn.config.training import MachineSettings

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="text the model has not seen: files, folders, - for stdin, or the name of a built-in corpus",
    ),
]


@command(
    EvaluateSettings,
    ReadingSettings,
    MachineSettings,
    only=["threads"],
    texts={"threads": "threads to compute with (default: 1)"},
)
def evaluate(given: Given, files: Files, model: Model = None, runs_dir: RunsDir = RUNS_DIR, json: Json = False) -> int:
    """Measure a run on data it has not seen.

    A text of n units gives n-1 predictions. Perplexity is exp of all nats over all units, whatever the batch.

    Examples:
    textrnn evaluate held-out.txt
    textrnn evaluate held-out.txt -m my-run --protocol window:256 --json
    textrnn evaluate held-out.txt --continue 50:100
    """
    settings, reading, machine = check(given, EvaluateSettings, ReadingSettings, MachineSettings)
    limit_threads(machine.threads)
    from textrnn.data.corpora import resolve_text

    language_model = open_language_model(model, runs_dir)
    corpus = resolve_text(files, **reading.model_dump())
    evaluation = language_model.evaluate(corpus, protocol=settings.protocol, continuation=settings.continuation)
    streams.notes(evaluation.notes)
    figures = evaluation.to_json()
    if json:
        streams.json_line(figures)
    else:
        streams.table(figure_rows(figures))
    return 0

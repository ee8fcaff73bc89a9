"""`textrnn evaluate`: figures of a run on data it has not seen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, chosen_run
from textrnn.cli.figures import result_tables
from textrnn.cli.fitting import CONDITIONED, LANGUAGE_MODEL, check_fit, kind_of, task_for
from textrnn.cli.measuring.classifier import figures_of_classifier
from textrnn.cli.measuring.forecaster import figures_of_forecaster
from textrnn.cli.measuring.language_model import figures_of_language_model
from textrnn.cli.measuring.seq2seq import figures_of_translator
from textrnn.cli.measuring.tagger import figures_of_tagger
from textrnn.cli.options import Given, Json, check, command
from textrnn.cli.threads import limit_threads
from textrnn.config.classifier import LabelledSettings
from textrnn.config.forecaster import SeriesSettings
from textrnn.config.language_model import ConditionedSettings, EvaluateSettings
from textrnn.config.pairs import PairSettings
from textrnn.config.seq2seq import TranslateSettings
from textrnn.config.tagger import TaggedSettings
from textrnn.config.text import ReadingSettings
from textrnn.config.training import MachineSettings
from textrnn.errors import UserError

if TYPE_CHECKING:
    from textrnn.runs.folder import Run

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="data the model has not seen: text for a language model, labelled texts for a classifier, tagged words "
        "for a tagger, pairs of texts for an encoder-decoder, one table of numbers for a forecaster; files, folders, - "
        "for stdin, or the name of a built-in corpus",
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        "--against", metavar="RUN", rich_help_panel="Measuring",
        help="another run of its kind, measured on the same data, with a paired interval of the difference",
    ),
]  # fmt: skip
# of resampling: the same figures every time
SEED = 0


@command(
    EvaluateSettings,
    LabelledSettings,
    ConditionedSettings,
    SeriesSettings,
    PairSettings,
    TranslateSettings,
    ReadingSettings,
    MachineSettings,
    only=["threads"],
    texts={
        "threads": "threads to compute with (default: 1)",
        "skip_bad": "leave out rows, pairs or sentences that cannot be used, and say how many",
        "condition_column": "the column of the conditions, of a language model that has some (default: as in training)",
    },
)
def evaluate(
    given: Given,
    files: Files,
    model: Model = None,
    runs_dir: RunsDir = RUNS_DIR,
    against: Against = None,
    json: Json = False,
) -> int:
    """Measure a run on data it has not seen.

    What the files hold says what is measured, unless --model does: labelled texts a classifier, tagged words a tagger,
    each beside what simple methods learned from the same rows; pairs of texts an encoder-decoder, by BLEU, chrF and
    the share of texts that are right as they stand; numbers, with dates beside or named by --column, a forecaster, from
    every point on that has a window before it and a horizon behind it; plain text a language model. A text of n units
    gives n-1 predictions; perplexity is exp of all nats over all units, whatever the batch.

    Examples:
    textrnn evaluate held-out.txt
    textrnn evaluate held-out.txt -m my-run --protocol window:256 --json
    textrnn evaluate held-out.txt --continue 50:100
    textrnn evaluate held-out.txt -m my-run --against shakespeare
    textrnn evaluate held-out.txt --dynamic
    textrnn evaluate held-out.txt --free-running 10,50,200
    textrnn evaluate names.tsv -m my-names
    textrnn evaluate reviews.csv
    textrnn evaluate reviews.csv -m my-run --against sentiment
    textrnn evaluate names.conll --json
    textrnn evaluate eng-fra.tsv --beam 5
    textrnn evaluate sales.csv -m my-run
    """
    settings, labelled, series, paired, search, reading, machine = check(
        given,
        EvaluateSettings,
        LabelledSettings,
        SeriesSettings,
        PairSettings,
        TranslateSettings,
        ReadingSettings,
        MachineSettings,
    )
    columns = {name: given[name] for name in ConditionedSettings.model_fields if name in given}
    if settings.dynamic and against is not None:
        raise UserError("--against with --dynamic", mend="leave one of them out")
    limit_threads(machine.threads)
    run = _run(model, runs_dir, files, {*given, *(["against"] if against is not None else [])})
    if "-" in files and sys.stdin.isatty():
        streams.note("reading from the terminal; end it with Ctrl-D")
    if run.task == "tagger":
        figures = figures_of_tagger(run, files, TaggedSettings(skip_bad=labelled.skip_bad), reading)
    elif run.task == "forecaster":
        figures = figures_of_forecaster(run, files, series, reading)
    elif run.task == "seq2seq":
        figures = figures_of_translator(run, files, paired, search, reading)
    elif run.task == "classifier":
        figures = figures_of_classifier(run, files, labelled, reading, against, runs_dir, seed=SEED)
    else:
        figures = figures_of_language_model(run, files, settings, columns, reading, against, runs_dir, seed=SEED)
    if json:
        streams.json_line(figures)
    else:
        streams.tables(result_tables(figures))
    return 0


def _run(model: str | None, runs_dir: Path, files: Sequence[str], typed: set[str]) -> Run:
    """Return the run to measure: the one that was named, if the files fit it, or one that fits them."""
    from textrnn.runs.find import open_named

    if model is None:
        task = task_for(files, typed)
        check_fit(task, None, files, typed)
        return chosen_run(None, runs_dir, LANGUAGE_MODEL if task == CONDITIONED else task)
    run = open_named(model, runs_dir=runs_dir)
    check_fit(kind_of(run), run, files, typed)
    return run

"""`textrnn evaluate`: figures of a run on data it has not seen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, chosen_run
from textrnn.cli.figures import result_tables
from textrnn.cli.fitting import check_fit, task_for
from textrnn.cli.options import Given, Json, check, command
from textrnn.cli.threads import limit_threads
from textrnn.config.classifier import LabelledSettings
from textrnn.config.language_model import EvaluateSettings
from textrnn.config.tagger import TaggedSettings
from textrnn.config.text import ReadingSettings
from textrnn.config.training import MachineSettings
from textrnn.errors import UserError

if TYPE_CHECKING:
    from textrnn.inference.classifier.evaluation import LabelledEvaluation
    from textrnn.inference.language_model.evaluation import LanguageModelEvaluation
    from textrnn.inference.language_model.model import LanguageModel
    from textrnn.runs.folder import Run
    from textrnn.text.corpus import Corpus

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="data the model has not seen: text for a language model, labelled texts for a classifier, tagged words "
        "for a tagger; files, folders, - for stdin, or the name of a built-in corpus",
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
    ReadingSettings,
    MachineSettings,
    only=["threads"],
    texts={"threads": "threads to compute with (default: 1)"},
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
    each beside what simple methods learned from the same rows; plain text a language model. A text of n units gives
    n-1 predictions; perplexity is exp of all nats over all units, whatever the batch.

    Examples:
    textrnn evaluate held-out.txt
    textrnn evaluate held-out.txt -m my-run --protocol window:256 --json
    textrnn evaluate held-out.txt --continue 50:100
    textrnn evaluate held-out.txt -m my-run --against shakespeare
    textrnn evaluate held-out.txt --dynamic
    textrnn evaluate reviews.csv
    textrnn evaluate reviews.csv -m my-run --against sentiment
    textrnn evaluate names.conll --json
    """
    settings, labelled, reading, machine = check(
        given, EvaluateSettings, LabelledSettings, ReadingSettings, MachineSettings
    )
    if settings.dynamic and against is not None:
        raise UserError("--against with --dynamic", mend="leave one of them out")
    limit_threads(machine.threads)
    run = _run(model, runs_dir, files, {*given, *(["against"] if against is not None else [])})
    if "-" in files and sys.stdin.isatty():
        streams.note("reading from the terminal; end it with Ctrl-D")
    if run.task == "tagger":
        figures = _of_tagger(run, files, TaggedSettings(skip_bad=labelled.skip_bad), reading)
    elif run.task == "classifier":
        figures = _of_classifier(run, files, labelled, reading, against, runs_dir)
    else:
        figures = _of_language_model(run, files, settings, reading, against, runs_dir)
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
        return chosen_run(None, runs_dir, task)
    run = open_named(model, runs_dir=runs_dir)
    check_fit(run.task, run, files, typed)
    return run


def _of_language_model(
    run: Run,
    files: Sequence[str],
    settings: EvaluateSettings,
    reading: ReadingSettings,
    against: str | None,
    runs_dir: Path,
) -> dict[str, Any]:
    from textrnn.data.corpora import resolve_text
    from textrnn.inference.language_model.against import check_comparable, difference_from
    from textrnn.inference.language_model.loading import model_from_run

    language_model = model_from_run(run)
    # a run that is not there is refused before the text is read
    other = None if against is None else model_from_run(chosen_run(against, runs_dir, "language-model"))
    if other is not None:
        check_comparable(language_model, other)
    corpus = resolve_text(files, **reading.model_dump())
    evaluation = _measured(language_model, corpus, settings)
    streams.notes(evaluation.notes)
    if other is None:
        return evaluation.to_json()
    difference = difference_from(language_model, other, corpus, settings.protocol, seed=SEED)
    return {**evaluation.to_json(), "against": difference.to_json()}


def _measured(model: LanguageModel, corpus: Corpus, settings: EvaluateSettings) -> LanguageModelEvaluation:
    if not settings.dynamic:
        return model.evaluate(corpus, protocol=settings.protocol, continuation=settings.continuation)
    from textrnn.training.language_model.dynamic import evaluate_dynamic

    return evaluate_dynamic(model, corpus, settings)


def _of_tagger(run: Run, files: Sequence[str], tagged: TaggedSettings, reading: ReadingSettings) -> dict[str, Any]:
    from textrnn.data.tagged import read_tagged
    from textrnn.inference.tagger.loading import tagger_from_run

    tagger = tagger_from_run(run)
    sentences = read_tagged(files, **tagged.model_dump(), encoding=reading.encoding, errors=reading.errors)
    evaluation = tagger.evaluate(sentences)
    streams.notes((*sentences.notes, *evaluation.notes))
    return evaluation.to_json()


def _of_classifier(
    run: Run,
    files: Sequence[str],
    labelled: LabelledSettings,
    reading: ReadingSettings,
    against: str | None,
    runs_dir: Path,
) -> dict[str, Any]:
    from textrnn.data.labelled import read_labelled
    from textrnn.inference.classifier.evaluation import compared
    from textrnn.inference.classifier.loading import classifier_from_run

    # a run that is not there is refused before the texts are read
    other_run = None if against is None else chosen_run(against, runs_dir, "classifier")
    rows = read_labelled(files, **labelled.model_dump(), encoding=reading.encoding, errors=reading.errors)
    evaluation = classifier_from_run(run).evaluate(rows, seed=SEED)
    streams.notes((*rows.notes, *evaluation.notes))
    figures = evaluation.to_json()
    if other_run is None:
        return figures
    other = classifier_from_run(other_run).evaluate(rows, seed=SEED)
    streams.notes(f"{other.model}: {note}" for note in other.notes if note not in evaluation.notes)
    return {**figures, "against": _against(other, compared(evaluation, other, rows, seed=SEED).to_json())}


def _against(other: LabelledEvaluation, test: dict[str, Any]) -> dict[str, Any]:
    shown = ("difference", "interval_95", "p_value")
    return {"model": other.model, "accuracy": other.accuracy, **{name: test[name] for name in shown}}

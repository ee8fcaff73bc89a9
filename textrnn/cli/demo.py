"""`textrnn demo`: both main roads once, a text that is written on and sentences that are judged; then what to try next.

Trains on built-in data only. Knows nothing of how a training is shown.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from textrnn import cli
from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.course import Course, Wanted, command_line
from textrnn.cli.kinds.classifier import CLASSIFIERS
from textrnn.cli.kinds.kind import Kind
from textrnn.cli.kinds.language_model import LANGUAGE_MODELS
from textrnn.cli.options import Given, check, command
from textrnn.cli.train import train
from textrnn.config.generation import GenerationSettings
from textrnn.config.training import TrainingSettings
from textrnn.errors import UserError

BUDGET, SENTIMENT_BUDGET = "2m", "1m"
NAME, SENTIMENT_NAME = "demo", "demo-sentiment"
PROMPT = "ROMEO:"
SENTENCES = (
    "a lovely film, funny and wise",
    "not good at all",
    "the plot is thin, but the actors make it worth your while",
)


@command(TrainingSettings, only=["budget"], texts={"budget": "time for each of both trainings (default: 2m and 1m)"})
def demo(given: Given, runs_dir: RunsDir = RUNS_DIR) -> int:
    """Train on Shakespeare for two minutes and write; train on film reviews for one and judge; say what to try next.

    The models are kept as the runs "demo" and "demo-sentiment", which the next demo replaces.

    Examples:
    textrnn demo
    textrnn demo --budget 30s
    """
    check(given, TrainingSettings)
    folders = (runs_dir / NAME, runs_dir / SENTIMENT_NAME)
    for folder in folders:
        _check_place(folder)
    started_at = cli.started_at
    for kind, folder, budget, show in (
        (LANGUAGE_MODELS, folders[0], BUDGET, _write),
        (CLASSIFIERS, folders[1], SENTIMENT_BUDGET, _judge),
    ):
        course, code = _trained(kind, folder, str(given.get("budget", budget)), runs_dir, started_at)
        if course is None or code:
            return code
        show(course)
        started_at = time.monotonic()
    streams.plain(_next_commands(*folders))
    return 0


def _trained(kind: Kind, folder: Path, budget: str, runs_dir: Path, started_at: float) -> tuple[Course | None, int]:
    assert kind.default is not None
    what = kind.task.replace("-", " ")
    repeated = command_line(kind.command, kind.default, "--budget", budget)
    streams.plain(f"\nTraining a {what} on {kind.default} for at most {budget}: {repeated}\n")
    given = {"budget": budget, "out": str(folder), "overwrite": True}
    wanted = Wanted(given=given, files=(kind.default,), runs_dir=runs_dir, started_at=started_at)
    return train(kind, wanted, json=False)


def _write(course: Course) -> None:
    """Write on from the prompt."""
    streams.plain(f"\nWhat it writes after {PROMPT} ({_prompted(course.folder)})\n")
    generation = course.training.model().write(PROMPT, GenerationSettings.check({"seed": 1}))
    streams.text(PROMPT)
    for piece in generation:
        streams.text(piece)
    streams.text("\n")


def _judge(course: Course) -> None:
    """Tell how good the classifier is, and judge some sentences with the reasons."""
    from textrnn.report.strip import write_reasons

    validation = course.training.result()["validation"]
    figures = f"macro F1 {validation['macro_f1']:.4f}, accuracy {validation['accuracy']:.4f}"
    streams.plain(f"\nOf {validation['examples']:,} sentences it has not seen: {figures}")
    streams.plain(f"What it says of three more, and why ({_explained(course.folder)})\n")
    model = course.training.model()
    for verdict in model.verdicts(SENTENCES):
        streams.text(f"{verdict.label}\t{verdict.score:.4f}\t{verdict.text}\n")
        write_reasons(verdict.text, model.explain(verdict.text), sys.stdout)
        streams.text("\n")


def _prompted(folder: Path) -> str:
    return command_line("generate", "--model", str(folder), "--prompt", PROMPT)


def _explained(folder: Path) -> str:
    return command_line("classify", "--model", str(folder), "--explain", SENTENCES[0])


def _next_commands(writer: Path, judge: Path) -> str:
    return (
        "Try next:\n"
        f"  {_prompted(writer)} --temperature 0.5\n"
        f"  {_explained(judge)}\n"
        f"  {command_line('repl', '--model', str(writer))}\n"
        f"  {command_line('train-lm', 'YOUR.txt', '--budget', '3m')}\n"
        f"  {command_line('train-classifier', 'YOUR.csv', '--budget', '3m')}\n"
        f"  {command_line('evaluate', 'YOUR.csv', '--model', str(judge))}\n"
        f"  {command_line('--help')}"
    )


def _check_place(folder: Path) -> None:
    """Refuse a folder that the demo's run cannot replace; where it lies is said by another flag than in training."""
    from textrnn.runs.target import check_available

    try:
        check_available(folder, overwrite=True)
    except UserError as error:
        mend = "give another --runs-dir" if "--out" in (error.mend or "") else error.mend
        raise UserError(error.what, which=error.which, mend=mend) from None

"""`textrnn train-lm`: train a language model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.course import DEFAULT_TEXT, Course, Finished, Wanted, command_line, prepare
from textrnn.cli.errors import INTERRUPTED
from textrnn.cli.figures import figure_rows
from textrnn.cli.options import Given, Json, command
from textrnn.cli.signals import Signals
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.run import RunSettings

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="text files, folders, - for stdin, or the name of a built-in corpus",
        show_default=DEFAULT_TEXT,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE.toml", rich_help_panel="Run",
        help="settings by name; what counts: flag, then environment TEXTRNN_*, then file, then default",
    ),
]  # fmt: skip


@command(RunSettings, TrainLanguageModelSettings)
def train_lm(
    given: Given,
    files: Files = None,
    config: Config = None,
    runs_dir: RunsDir = RUNS_DIR,
    json: Json = False,
) -> int:
    """Train a language model.

    Give it time, and it chooses every size that you do not give (--budget 3m is the default); or say --steps or
    --epochs, and nothing depends on how fast this machine is. Ctrl-C stops, saves, and says how to go on.

    Examples:
    textrnn train-lm
    textrnn train-lm my.txt --budget 10m --out checkpoints/mine
    textrnn train-lm poems/ --tokenizer word --cell gru --epochs 20 --json
    cat *.txt | textrnn train-lm - --steps 200
    textrnn train-lm my.txt --resume
    """
    wanted = Wanted(given=given, files=tuple(files or ()), config=config, runs_dir=runs_dir)
    course, code = train(wanted, json=json)
    if course is not None and not code:
        streams.note(f"next: {command_line('generate', '--model', str(course.folder), '--prompt', 'TEXT')}")
    return code


def train(wanted: Wanted, *, json: bool) -> tuple[Course | None, int]:
    """Train what is wanted, in view of the user, and tell the result; return the course, if any, and the exit code."""
    with Signals() as signals:
        course = None
        try:
            prepared = prepare(wanted)
            if isinstance(prepared, Finished):
                if json:
                    streams.json_line(prepared.result)
                return None, 0
            course = prepared
            follow(course, signals, json=json)
        except KeyboardInterrupt:
            has_begun = course is not None
            streams.note(f"ended {'at once; what was saved earlier stands' if has_begun else 'before training began'}")
            return None, signals.exit_code or INTERRUPTED
        finally:
            if course is not None:
                course.leave()
        try:
            tell(course, signals, json=json)
        except OSError:
            # a terminal that has gone is what the signal said
            if signals.received is None:
                raise
            streams.give_up_stdout()
        return course, signals.exit_code


def follow(course: Course, signals: Signals, *, json: bool) -> None:
    """Train to the end, or until a signal comes, in view of the user."""
    from textrnn.report.view import view_for

    signals.stop = course.training.stop
    with view_for(sys.stderr, json=json) as view:
        for record in course.training.records():
            view.feed(record)
    # from here on there is nothing to save any more
    signals.stop = None


def tell(course: Course, signals: Signals, *, json: bool) -> None:
    """Give the result on stdout, and on stderr how to go on."""
    result = course.training.result()
    if json:
        streams.json_line(result)
    else:
        streams.table(figure_rows(result))
    sys.stdout.flush()
    if signals.received is None:
        return
    if result["run"] is None:
        streams.note(f"stopped by {signals.name}; nothing was saved")
    elif result["stopped_by"] == "signal":
        streams.note(f"stopped by {signals.name} and saved; go on with: {course.command_to_resume()}")
    else:
        streams.note(f"{signals.name} came when training had ended: the run in {course.folder} is finished")

"""A training in view of the user, of whatever kind: followed to its end or to a signal, then told.

In: the kind and what was typed. Out: the course, if any, and the exit code. Knows no flag.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from textrnn.cells.jit import before_compiling
from textrnn.cli import streams
from textrnn.cli.course import Course, Finished, Wanted, prepare
from textrnn.cli.errors import INTERRUPTED
from textrnn.cli.figures import result_tables
from textrnn.cli.kinds.kind import Kind
from textrnn.cli.signals import Signals
from textrnn.cli.threads import leave_cores_to_torch

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE.toml", rich_help_panel="Run",
        help="settings by name; what counts: flag, then environment TEXTRNN_*, then file, then default",
    ),
]  # fmt: skip


def train_and_tell_next(kind: Kind, wanted: Wanted, *, json: bool) -> int:
    """Train what is wanted, say how it is put to use, and return the exit code."""
    course, code = train(kind, wanted, json=json)
    if course is not None and not code:
        streams.note(f"next: {course.command_to_use()}")
    return code


def train(kind: Kind, wanted: Wanted, *, json: bool) -> tuple[Course | None, int]:
    """Train what is wanted, in view of the user, and tell the result; return the course, if any, and the exit code."""
    leave_cores_to_torch()
    with Signals() as signals:
        course = None
        try:
            with before_compiling(streams.note):
                prepared = prepare(kind, wanted, signals)
            if isinstance(prepared, Finished):
                if json:
                    streams.json_line(prepared.result)
                return None, 0
            course = prepared
            follow(course, signals, json=json)
        except KeyboardInterrupt:
            has_begun = signals.stop is not None
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
    """Train to the end, or until a signal comes, in view of the user; what comes when training has ended is held."""
    from textrnn.report.records import Note
    from textrnn.report.view import view_for

    # what came while it was made ready ends it now
    signals.let_go()
    signals.stop = course.training.stop
    with view_for(sys.stderr, json=json) as view, before_compiling(lambda text: view.feed(Note(text=text))):
        for record in course.training.records():
            view.feed(record)
    # from here on there is nothing to save any more
    signals.hold()
    signals.stop = None


def tell(course: Course, signals: Signals, *, json: bool) -> None:
    """Give the result on stdout, and on stderr how to go on."""
    result = course.training.result()
    if json:
        streams.json_line(result)
    else:
        streams.tables(result_tables(result))
    sys.stdout.flush()
    if signals.received is None:
        return
    if result["run"] is None:
        streams.note(f"stopped by {signals.name}; nothing was saved")
    elif result["stopped_by"] == "signal":
        streams.note(f"stopped by {signals.name} and saved; go on with: {course.command_to_resume()}")
    else:
        streams.note(f"{signals.name} came when training had ended: the run in {course.folder} is finished")

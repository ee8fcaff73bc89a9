"""`textrnn learn`: the lessons, as a walk at a terminal, one after another in a pipe, or one alone."""

from __future__ import annotations

import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_language_model
from textrnn.cli.options import Given, check, command
from textrnn.cli.threads import limit_threads
from textrnn.config.training import MachineSettings
from textrnn.errors import UserError
from textrnn.learn.names import NAMES

if TYPE_CHECKING:
    from textrnn.inference.language_model import LanguageModel


def _complete(incomplete: str) -> list[str]:
    return [name for name in NAMES if name.startswith(incomplete)]


LessonName = Annotated[
    str | None,
    typer.Option("--lesson", metavar="NAME", help="one lesson alone (--list names them)", autocompletion=_complete),
]
Listed = Annotated[bool, typer.Option("--list", help="the lessons with their names, and nothing else")]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        help="no colour, no wrapping, pictures in ASCII, and no waiting: what a pipe gets",
        rich_help_panel="Output",
    ),
]


@command(MachineSettings, only=["threads"], texts={"threads": "threads to compute with (default: 1)"})
def learn(
    given: Given,
    lesson: LessonName = None,
    model: Model = None,
    runs_dir: RunsDir = RUNS_DIR,
    listed: Listed = False,
    plain: Plain = False,
) -> int:
    """Learn how a recurrent network works: lessons in the terminal.

    Every number is computed while you read, by the code that trains and runs the models here. Enter goes on, b goes
    back, q leaves, a number or a name goes there. Some lessons look into a trained language model: --model names it.

    Examples:
    textrnn learn
    textrnn learn --lesson memory
    textrnn learn --lesson memory --model my-run
    textrnn learn --plain > lessons.txt
    """
    (machine,) = check(given, MachineSettings)
    limit_threads(machine.threads)
    if lesson is not None and lesson not in NAMES:
        raise UserError(f"no lesson {lesson!r}", which="--lesson", mend=f"expected {', '.join(NAMES)}")
    from textrnn.learn.page import Page
    from textrnn.learn.table import LESSONS
    from textrnn.learn.walk import contents, rest, tell, walk

    chosen = [one for one in LESSONS if lesson in (None, one.name)]
    size = None if plain or not sys.stdout.isatty() else shutil.get_terminal_size
    page = Page(sys.stdout, size=size)
    if listed:
        contents(page, LESSONS)
        return 0
    if model is not None and not any(one.uses_model for one in chosen):
        streams.note(f"lesson {chosen[0].name} looks into no trained model: --model changes nothing in it")

    @cache
    def get_model() -> LanguageModel | None:
        return _opened(model, runs_dir)

    if model is not None:
        # what cannot be opened is refused before the first line
        get_model()
    if lesson is None and size is not None and sys.stdin.isatty():
        resting = Page(sys.stdout, size=size, ask=lambda: rest(resting, LESSONS, _ask))
        walk(resting, LESSONS, get_model, _ask)
        return 0
    for number, one in enumerate(LESSONS, start=1):
        if one in chosen:
            tell(page, one, number, get_model)
    return 0


def _opened(model: str | None, runs_dir: Path) -> LanguageModel | None:
    """Return the language model that was named or is there by default; None where none was named and none is there."""
    try:
        return open_language_model(model, runs_dir)
    except UserError as error:
        if model is not None:
            raise
        streams.note(f"{error}; the lessons go on without one")
        return None


def _ask(prompt: str) -> str:
    """Return what is typed; the end of the input leaves."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    try:
        answer = input()
    except EOFError:
        sys.stdout.write("\n")
        return "q"
    except KeyboardInterrupt:
        # the shell's prompt goes on a line of its own
        sys.stdout.write("\n")
        raise
    sys.stdout.write("\n")
    return answer

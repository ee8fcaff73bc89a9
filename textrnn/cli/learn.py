"""`textrnn learn`: the lessons, as a walk at a terminal, one after another in a pipe, or one alone."""

from __future__ import annotations

import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, RunsDir, open_language_model
from textrnn.cli.options import Given, check, command
from textrnn.cli.threads import limit_threads
from textrnn.config.training import MachineSettings
from textrnn.errors import UserError
from textrnn.learn.names import NAMES, place_of, suggestion

if TYPE_CHECKING:
    from textrnn.inference.language_model.model import LanguageModel


# the texts of the lessons speak of this one
SHIPPED = "shakespeare"


def _complete(incomplete: str) -> list[str]:
    return [name for name in NAMES if name.startswith(incomplete)]


LessonName = Annotated[
    str | None,
    typer.Option(
        "--lesson", metavar="NAME", help="one lesson alone, by its name or number (--list)", autocompletion=_complete
    ),
]
LessonWord = Annotated[
    str | None,
    typer.Argument(
        metavar="LESSON", help="one lesson alone, as by --lesson", show_default=False, autocompletion=_complete
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="RUN", rich_help_panel="Run",
        help=f"a run folder, or a name under --runs-dir or of a model that ships (default: {SHIPPED})",
    ),
]  # fmt: skip
Listed = Annotated[bool, typer.Option("--list", help="the lessons with their names, and nothing else")]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        help="no colour, pictures in ASCII, and no waiting: what a pipe gets (there, nothing is wrapped)",
        rich_help_panel="Output",
    ),
]


@command(MachineSettings, only=["threads"], texts={"threads": "threads to compute with (default: 1)"})
def learn(
    given: Given,
    word: LessonWord = None,
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
    textrnn learn vanishing
    textrnn learn --lesson memory
    textrnn learn --lesson memory --model my-run
    textrnn learn --plain > lessons.txt
    """
    (machine,) = check(given, MachineSettings)
    limit_threads(machine.threads)
    named = _named(lesson, word)
    from textrnn.learn.page import Page
    from textrnn.learn.table import LESSONS
    from textrnn.learn.walk import contents, rest, tell, walk

    chosen = [one for one in LESSONS if named in (None, one.name)]
    is_terminal = sys.stdout.isatty()
    size = shutil.get_terminal_size if is_terminal and not plain else None
    # a terminal would cut words
    page = Page(sys.stdout, size=size, wrap_at=shutil.get_terminal_size()[0] if is_terminal else None)
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
    if named is None and size is not None and sys.stdin.isatty():
        resting = Page(sys.stdout, size=size, ask=lambda: rest(resting, LESSONS, _ask))
        walk(resting, LESSONS, get_model, _ask)
        return 0
    for number, one in enumerate(LESSONS, start=1):
        if one in chosen:
            tell(page, one, number, get_model)
    return 0


def _named(lesson: str | None, word: str | None) -> str | None:
    """Return the name of the lesson that was asked for, by --lesson or by a word behind the command."""
    asked, where = (word, "LESSON") if lesson is None else (lesson, "--lesson")
    if asked is None:
        return None
    if lesson is not None and word is not None:
        raise UserError(f"{word!r} and --lesson {lesson}", which="LESSON", mend="name one lesson")
    place = place_of(asked)
    if place is None:
        raise UserError(f"no lesson {asked!r}", which=where, mend=f"expected {suggestion(asked)}")
    return NAMES[place]


def _opened(model: str | None, runs_dir: Path) -> LanguageModel | None:
    """Return the language model that was named, else the one that ships, else the newest; None where there is none."""
    from textrnn.runs.find import shipped_dir

    folder = shipped_dir() / SHIPPED
    try:
        if model is None and folder.is_dir():
            opened = open_language_model(str(folder), runs_dir)
            streams.note(f"model {folder} (--model names another)")
            return opened
        named = open_language_model(model, runs_dir)
        if named.settings.hierarchy != "none":
            mend = "name one whose layers all take every step"
            raise UserError(f"model {named.name} has a slower layer over {named.settings.hierarchy}", mend=mend)
        return named
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

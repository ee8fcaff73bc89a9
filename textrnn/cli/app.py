"""The commands, in the order in which the help names them.

In: what was typed. Out: an app that knows the command which was meant, or all of them where that is not plain: whoever
writes a text does not wait for the modules of training.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from textrnn import __version__
from textrnn.cli.help import CONTEXT, Command, Group

# each in the module of its name
COMMANDS = (
    "train-lm",
    "generate",
    "train-classifier",
    "classify",
    "train-tagger",
    "tag",
    "train-seq2seq",
    "translate",
    "train-forecaster",
    "forecast",
    "evaluate",
    "metrics",
    "repl",
    "learn",
    "inspect",
    "summary",
    "runs",
    "env",
    "demo",
    "data",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"textrnn {__version__}")
        raise typer.Exit


def textrnn(
    version: Annotated[
        bool, typer.Option("--version", help="show the version", is_eager=True, callback=_show_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show the traceback of an error")] = False,
) -> None:
    """Recurrent networks on text: train with PyTorch, run with NumPy.

    Give it a text file, and it trains a model that writes in the style of that text;
    give it a table of labelled texts, and it trains a model that labels others, and says
    why; tagged words, pairs of texts, series of numbers likewise. What it made runs
    anywhere, at once.

    Examples:
    textrnn generate --prompt "ROMEO:"
    textrnn train-lm my.txt --budget 3m
    textrnn train-classifier reviews.csv --budget 3m
    textrnn classify "a lovely film" --explain
    textrnn train-seq2seq dates --budget 3m
    textrnn translate "the 3rd of March, 1987" --attention
    textrnn train-forecaster sales.csv --horizon 24
    textrnn COMMAND --help
    """


def meant(words: Sequence[str]) -> Sequence[str]:
    """Return the command that `words` name first, alone; all of them where they name none."""
    first = next((word for word in words if not word.startswith("-")), None)
    return [first] if first in COMMANDS else COMMANDS


def app_of(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """Return the app with these commands."""
    app = typer.Typer(
        name="textrnn", cls=Group, context_settings=CONTEXT, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    app.callback()(textrnn)
    for name in names:
        module = name.replace("-", "_")
        command = getattr(import_module(f"textrnn.cli.{module}"), module)
        if isinstance(command, typer.Typer):
            app.add_typer(command)
        else:
            app.command(cls=Command, context_settings=CONTEXT)(command)
    return app

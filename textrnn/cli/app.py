"""The commands, in the order in which the help names them."""

from __future__ import annotations

from typing import Annotated

import typer

from textrnn import __version__
from textrnn.cli.classify import classify
from textrnn.cli.data import data
from textrnn.cli.demo import demo
from textrnn.cli.env import env
from textrnn.cli.evaluate import evaluate
from textrnn.cli.generate import generate
from textrnn.cli.help import CONTEXT, Command, Group
from textrnn.cli.inspect import inspect
from textrnn.cli.learn import learn
from textrnn.cli.metrics import metrics
from textrnn.cli.options import CommandFunction
from textrnn.cli.repl import repl
from textrnn.cli.runs import runs
from textrnn.cli.summary import summary
from textrnn.cli.tag import tag
from textrnn.cli.train_classifier import train_classifier
from textrnn.cli.train_lm import train_lm
from textrnn.cli.train_tagger import train_tagger

app = typer.Typer(
    name="textrnn", cls=Group, context_settings=CONTEXT, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"textrnn {__version__}")
        raise typer.Exit


@app.callback()
def textrnn(
    version: Annotated[
        bool, typer.Option("--version", help="show the version", is_eager=True, callback=_show_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show the traceback of an error")] = False,
) -> None:
    """Recurrent networks on text: train with PyTorch, run with NumPy.

    Give it a text file, and it trains a model that writes in the style of that text;
    give it a table of labelled texts, and it trains a model that labels others, and says
    why. What it made runs anywhere, at once.

    Examples:
    textrnn generate --prompt "ROMEO:"
    textrnn train-lm my.txt --budget 3m
    textrnn train-classifier reviews.csv --budget 3m
    textrnn classify "a lovely film" --explain
    textrnn COMMAND --help
    """


COMMANDS: tuple[CommandFunction, ...] = (
    train_lm,
    generate,
    train_classifier,
    classify,
    train_tagger,
    tag,
    evaluate,
    metrics,
    repl,
    learn,
    inspect,
    summary,
    runs,
    env,
    demo,
)
for _command in COMMANDS:
    app.command(cls=Command, context_settings=CONTEXT)(_command)
app.add_typer(data)

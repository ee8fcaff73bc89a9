"""`textrnn data`: the built-in corpora, and one of them on stdout."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from textrnn.cli import streams
from textrnn.cli.figures import figure_rows
from textrnn.cli.help import CONTEXT, Command, Group
from textrnn.cli.options import Debug, Json, command
from textrnn.config.settings import did_you_mean
from textrnn.errors import UserError

data = typer.Typer(name="data", cls=Group, context_settings=CONTEXT, rich_markup_mode=None)


@data.callback(invoke_without_command=True)
def list_corpora(context: typer.Context, json: Json = False, debug: Debug = False) -> int:
    """List the built-in corpora, or print one.

    Examples:
    textrnn data
    textrnn data show shakespeare | head
    """
    if context.invoked_subcommand is None:
        _list(json=json)
    return 0


def _list(*, json: bool) -> None:
    from textrnn.data.corpora import LABELLED_CORPORA, PAIR_CORPORA, TEXT_CORPORA, available

    known = [*TEXT_CORPORA.values(), *LABELLED_CORPORA.values(), *PAIR_CORPORA.values()]
    facts: list[dict[str, Any]] = [
        {
            "name": info.name,
            "kind": info.kind,
            "available": available(info),
            "description": info.description,
            "origin": info.origin,
            "licence": info.licence,
            "extra": info.extra,
            "install": None if available(info) else f'pip install "{info.pip_name}"',
        }
        for info in known
    ]
    if json:
        streams.json_line(facts)
    else:
        streams.table(figure_rows({info["name"]: {**info, "name": None} for info in facts}))


@data.command(cls=Command, context_settings=CONTEXT)
@command()
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="the name of a built-in corpus")]) -> int:
    """Print a built-in corpus to stdout: a text, labelled texts a line each, pairs with a tab between them.

    Examples:
    textrnn data show shakespeare > shakespeare.txt
    textrnn data show dates | head
    """
    from textrnn.data.corpora import LABELLED_CORPORA, PAIR_CORPORA, TEXT_CORPORA, builtin_text

    known = [*TEXT_CORPORA, *LABELLED_CORPORA, *PAIR_CORPORA]
    if name not in known:
        raise UserError(f"unknown corpus {name}", which="textrnn data show", mend=did_you_mean(name, known))
    corpus = builtin_text(name)
    for document in corpus.part(0, corpus.characters).documents():
        for piece in document:
            streams.text(piece)
    return 0

"""Settings as options of a command.

In: a function and Settings classes. Out: the function with one option for each setting, named, explained and completed
from what the class says. A value is passed on as it was typed, and only if it was typed: checking is config's.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from textrnn.config.merge import merge
from textrnn.config.run import RunSettings
from textrnn.config.settings import Settings, choices, facts, flag
from textrnn.config.training import MachineSettings, TrainingSettings
from textrnn.errors import UserError

Given = dict[str, Any]
CommandFunction = Callable[..., int | None]
Checked = TypeVar("Checked", bound=Settings)

Debug = Annotated[bool, typer.Option("--debug", help="show the traceback of an error", rich_help_panel="Other")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON value instead of text", rich_help_panel="Output")]


def command(
    *kinds: type[Settings],
    only: Iterable[str] = (),
    without: Iterable[str] = (),
    groups: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Callable[[CommandFunction], CommandFunction]:
    """Return a decorator that gives a function the options of `kinds`, and `--debug`.

    The function gets a dict `given` of the options that were typed: setting name -> text, or bool, or a list of texts.
    only: of MachineSettings and TrainingSettings themselves, those settings. without: settings that make no sense here.
    groups, texts: for single settings, another heading and another text in the help.
    """
    wanted, unwanted = set(only), set(without)
    fields = {
        name: (kind, field)
        for kind in kinds
        for name, field in kind.model_fields.items()
        if name not in unwanted and (kind not in (MachineSettings, TrainingSettings) or name in wanted)
    }
    options = [
        _parameter(kind, name, field, (groups or {}).get(name), (texts or {}).get(name))
        for name, (kind, field) in fields.items()
    ]

    def decorate(function: CommandFunction) -> CommandFunction:
        def called(**values: Any) -> int | None:
            # the runner looks for --debug itself: most errors come before this is called
            del values["debug"]
            if fields:
                given = {name: values.pop(name) for name in fields}
                values["given"] = {name: value for name, value in given.items() if value is not None and value != []}
            return function(**values)

        called.__name__, called.__doc__ = function.__name__, function.__doc__
        own = inspect.signature(function, eval_str=True).parameters.values()
        debug = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug)
        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own if parameter.name != "given"
        ]
        # by which a command that cannot be parsed checks the values it was given
        called.kinds = kinds  # type: ignore[attr-defined]
        called.__signature__ = inspect.Signature([*parameters, *options, debug])  # type: ignore[attr-defined]
        return called

    return decorate


def check(given: Given, *kinds: type[Settings], file: Path | None = None) -> tuple[Any, ...]:
    """Return the settings of each kind, from the options that were `given`, the environment and the config file.

    Raises one UserError for all of them.
    """
    checked, bad = [], []
    for kind in kinds:
        flags = {name: value for name, value in given.items() if name in kind.model_fields}
        try:
            checked.append(merge(kind, flags, environment=os.environ, file=file, beside=kinds))
        except UserError as error:
            bad.append(error)
    if bad:
        raise UserError.join(bad)
    return tuple(checked)


def _parameter(
    kind: type[Settings], name: str, field: FieldInfo, group: str | None, text: str | None
) -> inspect.Parameter:
    aliases = facts(field)["aliases"]
    short = [alias for alias in aliases if not alias.startswith("--")]
    long = [alias for alias in aliases if alias.startswith("--")]
    holds, words = _holds(field), choices(field)
    main = flag(name)
    option = typer.Option(
        None,
        *short,
        # what is off by its nature needs no flag to be off
        f"{main}/--no-{main.removeprefix('--')}" if holds is bool and not issubclass(kind, RunSettings) else main,
        *long,
        help=text or field.description,
        metavar=_metavar(name, field),
        show_default=_default(field) or False,
        rich_help_panel=group or _group(kind, name),
        autocompletion=_completion(words) if words else None,
    )
    annotation: Any = bool | None if holds is bool else list[str] | None if holds is tuple else str | None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=annotation)


def _completion(words: tuple[str, ...]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete


def _group(kind: type[Settings], name: str) -> str:
    owners = [owner for owner in kind.__mro__ if name in inspect.get_annotations(owner) and issubclass(owner, Settings)]
    # the class that declares it first
    return owners[-1].heading


def _holds(field: FieldInfo) -> type:
    """Return which of Python's types a setting holds, apart from `None` and checks."""
    parts: list[Any] = [field.annotation]
    while parts:
        part = parts.pop(0)
        if part in (bool, int, float, str):
            return part  # type: ignore[no-any-return]
        # a tuple of two numbers is typed as one word, a tuple of any length by repeating the flag
        if get_origin(part) is tuple:
            return tuple if Ellipsis in get_args(part) else str
        parts += get_args(part)
    return str


def _metavar(name: str, field: FieldInfo) -> str:
    words, expected = choices(field), str(facts(field)["expected"])
    if words:
        return "|".join(words)
    if expected.startswith("a duration"):
        return "DURATION"
    if expected.startswith("P:C"):
        return "P:C"
    if expected.startswith("lengths"):
        return "L,M,..."
    if expected.startswith("a folder") or expected.startswith("a run"):
        return "RUN"
    if expected.startswith("a file"):
        return "FILE"
    if expected.startswith("the name of"):
        return "NAME"
    return {int: "N", float: "X", tuple: "TEXT"}.get(_holds(field), name.upper())


def _default(field: FieldInfo) -> str:
    if field.default is None or field.default is False or field.default == ():
        return ""
    if isinstance(field.default, float):
        unit = "s" if str(facts(field)["expected"]).startswith("a duration") else ""
        return f"{field.default:g}{unit}"
    return "on" if field.default is True else str(field.default)

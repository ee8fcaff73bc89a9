"""How `--help` looks: plain text, 80 columns, options in named groups, examples as they are typed.

In: a command's docstring (description, then an `Examples:` block) and its options with their group. Out: text. No
markup is read and no terminal library imported, so that help is quick, and the same in a terminal and in a pipe.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import typer.core
from typer._click.exceptions import NoSuchOption, UsageError

from textrnn.cli.errors import usage_error
from textrnn.cli.options import check
from textrnn.config.settings import Settings, did_you_mean
from textrnn.errors import UserError

WIDTH = 80
CONTEXT = {"help_option_names": ["-h", "--help"]}
_LEFT = 28
_ORDER = (
    "Arguments",
    "Run",
    "Text",
    "Sampling",
    "Searching",
    "Measuring",
    "Training",
    "Network",
    "Reading",
    "Machine",
    "Output",
    "Options",
    "Other",
)
# a text may well look like an option; a number or a path that does is a value left out
_FREE_TEXTS = ("prompt", "stop")


def description(docstring: str | None) -> str:
    """Return what a docstring says before its examples."""
    return (docstring or "").partition("\n\nExamples:\n")[0]


def examples(docstring: str | None) -> list[str]:
    """Return the command lines in a docstring's `Examples:` block."""
    return [line.strip() for line in (docstring or "").partition("\n\nExamples:\n")[2].splitlines() if line.strip()]


class _Plain:
    """What a command and a group of commands share."""

    help: str | None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        blocks = [self._usage(ctx), self._description(), self._examples(), *self._commands(ctx), *self._options(ctx)]
        formatter.write("\n\n".join(block for block in blocks if block) + "\n")

    def _usage(self, ctx: Any) -> str:
        pieces = " ".join(self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        return f"Usage: {ctx.command_path} {pieces}"

    def _description(self) -> str:
        paragraphs = description(self.help).split("\n\n")
        return "\n\n".join(
            textwrap.fill(paragraph, WIDTH, initial_indent="  ", subsequent_indent="  ") for paragraph in paragraphs
        )

    def _examples(self) -> str:
        lines = examples(self.help)
        return "\n".join(["Examples:", *("  " + line for line in lines)]) if lines else ""

    def _commands(self, ctx: Any) -> list[str]:
        names = self.list_commands(ctx) if hasattr(self, "list_commands") else []
        rows = [(name, description(self.get_command(ctx, name).help).partition("\n\n")[0]) for name in names]  # type: ignore[attr-defined]
        return [_block("Commands", rows)] if rows else []

    def _options(self, ctx: Any) -> list[str]:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):  # type: ignore[attr-defined]
            if parameter.param_type_name == "argument":
                groups.setdefault("Arguments", []).append((parameter.display_name_raw, parameter.help or ""))
            elif not parameter.hidden:
                group = getattr(parameter, "rich_help_panel", None) or (
                    "Other" if parameter.name == "help" else "Options"
                )
                groups.setdefault(group, []).append(_row(parameter))
        return [_block(name, groups[name]) for name in sorted(groups, key=_ORDER.index)]


class Command(_Plain, typer.core.TyperCommand):
    """A command whose help is plain text, and whose options do not swallow one another."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            rest = super().parse_args(ctx, list(args))
        except NoSuchOption as error:
            if ctx.resilient_parsing:
                raise
            raise self._all_that_is_wrong(ctx, args, error) from None
        names = [name for parameter in self.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)]
        # an argument has a name too, by which a file may well be called
        known = {name for name in names if name.startswith("-")}
        for parameter in self.params:
            value = ctx.params.get(parameter.name)
            if isinstance(value, str | Path) and str(value) in known and parameter.name not in _FREE_TEXTS:
                what = f"no value (found the option {value})"
                raise UserError(what, which=max(parameter.opts, key=len), mend=f"see {ctx.command_path} --help")
        return rest

    def _all_that_is_wrong(self, ctx: Any, args: list[str], error: Any) -> UserError:
        """Return `error`, an unknown option, with all others of `args` and every bad value."""
        rest = [word for word in args if word not in CONTEXT["help_option_names"]]
        bad: list[UserError] = []
        # the value of an unknown option is then an argument too many
        ctx.allow_extra_args = True
        while error is not None:
            bad.append(usage_error(error))
            place = next((place for place, word in enumerate(rest) if word.startswith(error.option_name)), None)
            if place is None:
                # one of several letters after one dash
                return UserError.join(bad)
            del rest[place]
            try:
                super().parse_args(ctx, list(rest))
                error = None
            except NoSuchOption as another:
                error = another
            except (UsageError, UserError):
                return UserError.join(bad)
        try:
            check({name: value for name, value in ctx.params.items() if value not in (None, [], ())}, *self.kinds)
        except UserError as found:
            bad.append(found)
        return UserError.join(bad)

    def invoke(self, ctx: Any) -> Any:
        signals = ctx.find_root().obj
        if signals is not None:
            # until now they were held; what they mean from here on is for the command to say
            signals.let_go()
            signals.restore()
        return super().invoke(ctx)

    @property
    def kinds(self) -> tuple[type[Settings], ...]:
        """The settings that the command takes."""
        return getattr(self.callback, "kinds", ())


class Group(_Plain, typer.core.TyperGroup):
    """A group of commands whose help is plain text, and which names the command that was meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing and not args[0].startswith("-"):
            raise UserError(
                f"unknown command {args[0]}",
                which=ctx.command_path,
                mend=did_you_mean(args[0], self.list_commands(ctx)),
            )
        return super().resolve_command(ctx, args)


def _row(option: Any) -> tuple[str, str]:
    """Return left and right column of an option: short and main name, value; help, further names, default."""
    short = sorted(name for name in option.opts if not name.startswith("--"))
    long = [name for name in option.opts if name.startswith("--")]
    names = [*short, *long[:1]]
    if option.secondary_opts:
        names[-1] += f"/{option.secondary_opts[0]}"
    left = ", ".join(names) if short else "    " + ", ".join(names)
    if not option.is_flag:
        left += " " + (option.metavar or "TEXT")
    notes = ["also " + ", ".join(long[1:])] if len(long) > 1 else []
    if isinstance(option.show_default, str):
        notes.append(f"default {option.show_default}")
    text = " ".join((option.help or "").split())
    return left, text + (f" [{'; '.join(notes)}]" if notes else "")


def _block(name: str, rows: list[tuple[str, str]]) -> str:
    width = min(_LEFT, max(len(left) for left, _ in rows) + 2)
    lines = [f"{name}:"]
    for left, right in rows:
        wrapped = textwrap.wrap(right, WIDTH - width - 2, break_on_hyphens=False, break_long_words=False) or [""]
        if len(left) + 2 > width:
            lines.append("  " + left)
        else:
            lines.append(f"  {left:<{width}}{wrapped.pop(0)}".rstrip())
        lines += [" " * (width + 2) + line for line in wrapped]
    return "\n".join(lines)

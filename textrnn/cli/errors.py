"""Every way in which a command can end, made into an exit code and at most one line on stderr.

In: what was raised. Out: the line without its `textrnn: error: `, or none, and the exit code. Knows no command.
"""

from __future__ import annotations

import errno
from difflib import get_close_matches
from typing import Any

import typer
from typer._click.exceptions import (
    BadOptionUsage,
    MissingParameter,
    NoSuchOption,
    UsageError,
)  # typer keeps its own click since 0.26

from textrnn.errors import TextrnnError, UserError, WorldError

INTERRUPTED = 130
_MENDABLE = {
    errno.ENOENT: "give one that exists",
    errno.EACCES: "give one that you may read or write",
    errno.EPERM: "give one that you may read or write",
    errno.EISDIR: "give a file",
    errno.ENOTDIR: "give a path whose parents are folders",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.ELOOP: "give a path without a loop of links",
    errno.EEXIST: "give another name",
    errno.EROFS: "give a folder that can be written",
}


def outcome(error: BaseException) -> tuple[str | None, int]:
    """Return the line that tells `error`, or None where nothing is to be said, and the exit code."""
    if isinstance(error, typer.Exit):
        return None, error.exit_code
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return None, INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # who reads the results has had enough of them: `| head -1` is no failure
        return None, 0
    known = as_textrnn_error(error)
    if known is not None:
        return str(known), known.exit_code
    return f"{_unexpected(error)}: please report it, with what --debug adds", 1


def as_textrnn_error(error: BaseException) -> TextrnnError | None:
    """Return `error` in the words of the house, or None when it is a bug."""
    if isinstance(error, TextrnnError):
        return error
    if isinstance(error, UsageError):
        return usage_error(error)
    if isinstance(error, MemoryError) or _is_torch_out_of_memory(error):
        return WorldError(
            "out of memory", mend="give a smaller --hidden-size, --batch-size or --samples, or close other programs"
        )
    if isinstance(error, OSError):
        return _os_error(error)
    return None


def _is_torch_out_of_memory(error: BaseException) -> bool:
    # torch raises a RuntimeError of its own; its class cannot be named here without importing torch
    return isinstance(error, RuntimeError) and (
        "allocate memory" in str(error) or type(error).__name__ == "OutOfMemoryError"
    )


def _os_error(error: OSError) -> TextrnnError:
    what = (error.strerror or str(error) or type(error).__name__).lower()
    which = None if error.filename is None else str(error.filename)
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return WorldError(what, which=which or "standard output", mend="make room, and run the command again")
    if error.errno in _MENDABLE and which is not None:
        return UserError(what, which=which, mend=_MENDABLE[error.errno])
    return WorldError(what, which=which)


def usage_error(error: Any) -> UserError:
    """Return what the parser of the command line found, in the words of the house."""
    context = error.ctx
    where = context.command_path if context is not None else "textrnn"
    seek_help = f"see {where} --help"
    if isinstance(error, NoSuchOption):
        known = [
            name
            for parameter in context.command.get_params(context)
            for name in (*parameter.opts, *parameter.secondary_opts)
        ]
        near = get_close_matches(error.option_name, [name for name in known if name.startswith("-")], n=1, cutoff=0.6)
        mend = f"did you mean {near[0]}?" if near else seek_help + _how_to_give_a_dash(context.command)
        return UserError(f"unknown option {error.option_name}", which=where, mend=mend)
    if isinstance(error, BadOptionUsage) and error.message.endswith("does not take a value."):
        return UserError("a value", which=error.option_name, mend="give it without one")
    if isinstance(error, BadOptionUsage) and context is None:
        return UserError("no value", which=error.option_name, mend="give it one")
    if isinstance(error, MissingParameter) and error.param is not None:
        return UserError(f"{error.param.display_name_raw} is missing", which=where, mend=seek_help)
    message = error.format_message().rstrip(".")
    if message.startswith("Got unexpected") and "prompt" in (getattr(context, "params", None) or {}):
        seek_help = 'a text to write on from is given as --prompt "TEXT"'
    return UserError(message[:1].lower() + message[1:], which=where, mend=seek_help)


def _how_to_give_a_dash(command: Any) -> str:
    """Return how a text or a file that looks like an option is given to `command`, where it takes any."""
    if any(parameter.name == "prompt" for parameter in command.params):
        return "; a text that starts with - is given as --prompt=-x"
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    return f"; a {arguments[0].display_name_raw} that starts with - goes after --, as in -- -x" if arguments else ""


def _unexpected(error: BaseException) -> str:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    text = str(error)
    shown = f"unexpected {type(error).__name__}" + (f" ({text[:200]})" if text else "")
    if place is None:
        return shown
    module = place.tb_frame.f_globals.get("__name__", "?")
    return f"{shown} in {module} line {place.tb_lineno}"

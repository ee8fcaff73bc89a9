"""One command from its arguments to its exit code: the only place where an exception ends.

In: the arguments. Out: the exit code, and at most one error line on stderr.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from textrnn.cli import errors, streams
from textrnn.cli.signals import Signals

COMPLETION = "_TEXTRNN_COMPLETE"


def run(arguments: Sequence[str] | None = None, signals: Signals | None = None) -> int:
    """Run the command line `arguments` and return the exit code.

    signals: holds those that come until a command begins.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None and "--debug" not in words and not sys.warnoptions:
        # a library's warning shows lines of source; what the user should know is said in notes
        warnings.simplefilter("ignore")
    # typer consumes the list it is given
    debug = "--debug" in words
    try:
        streams.prepare()
        code = _invoke(words, signals)
        sys.stdout.flush()
        return code
    except BaseException as error:
        if isinstance(error, GeneratorExit):
            raise
        if signals is not None and signals.received is not None:
            streams.note(f"ended by {signals.name} before anything began")
            return signals.exit_code
        return _ended_by(error, debug=debug)


def _ended_by(error: BaseException, *, debug: bool) -> int:
    if isinstance(error, SystemExit):
        # typer's completion ends the process this way
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    line, code = errors.outcome(error)
    if isinstance(error, OSError):
        streams.give_up_stdout()
    else:
        _flush_or_give_up()
    if debug and line is not None:
        import traceback

        traceback.print_exception(error)
    if line is not None:
        streams.error(line)
    return code


def _flush_or_give_up() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        streams.give_up_stdout()


def _invoke(words: list[str], signals: Signals | None) -> int:
    from typer.main import get_command

    from textrnn.cli.app import app_of, meant

    # completion asks for names of commands too
    is_completing = os.environ.get(COMPLETION)
    command: Any = get_command(app_of() if is_completing else app_of(meant(words)))
    if is_completing:
        command.main(words, prog_name="textrnn", complete_var=COMPLETION)
    # not command.main(): it ends a broken pipe and Ctrl-C in its own way
    with command.make_context("textrnn", words or ["--help"], obj=signals) as context:
        code = command.invoke(context)
    return code if isinstance(code, int) else 0

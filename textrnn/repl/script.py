"""A session that is read from a pipe: one line an input, only what the model says on stdout, no prompts and no escapes.

Out: the exit code. An unknown command ends the script; what else a line asks wrongly is told, and the next is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from textrnn.errors import UserError
from textrnn.repl.commands import Commands, UnknownCommandError


def run_script(
    session: Commands[Any],
    lines: BinaryIO,
    *,
    write: Callable[[str], object],
    tell: Callable[[str], object],
    fail: Callable[[str], object],
) -> int:
    """Answer every line of `lines`; return 0, or 2 where one of them was wrong.

    write: takes the model's text. tell: takes messages about the session. fail: takes errors, a line each.
    """
    code = 0
    for number, raw in enumerate(lines, 1):
        try:
            answer = session.answer(_decoded(raw, number))
            if answer.message is not None:
                tell(answer.message)
            if answer.draw is not None:
                answer.draw()
            if answer.text is not None:
                last = ""
                for piece in answer.text:
                    write(piece)
                    last = piece[-1:] or last
                if last != "\n":
                    write("\n")
            if answer.is_last:
                return code
        except UserError as error:
            fail(f"{error} (line {number})")
            code = error.exit_code
            if isinstance(error, UnknownCommandError):
                return code
    return code


def _decoded(raw: bytes, number: int) -> str:
    line = raw.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        bad = raw[error.start : error.start + 1].hex()
        raise UserError(
            f"a byte that is no UTF-8 (hex {bad}, byte {error.start + 1})", which="the script", mend="save it as UTF-8"
        ) from None

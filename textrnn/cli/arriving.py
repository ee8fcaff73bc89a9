"""Texts that a command is to answer: those of the command line, of a file or of a pipe, as they come.

In: what was typed. Out: texts, or a refusal. What is said of them is not known here.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import BinaryIO

from textrnn.cli.prompts import refuse_undecoded
from textrnn.config.text import ReadingSettings
from textrnn.errors import UserError

STDIN = "-"
# more do not help: between NumPy's operations only one of them runs
MOST_THREADS = 4


def texts_arriving(
    command: str, example: str, texts: list[str], file: str | None, text_column: str | None, reading: ReadingSettings
) -> Iterator[str]:
    """Return the texts that are asked for, whichever way. command, example: whose, and a text it could be given."""
    if file is not None and texts:
        raise UserError("texts beside --file", which=command, mend="give one of them")
    if texts and texts != [STDIN]:
        if text_column is not None:
            raise UserError("--text-column without a table", which=command, mend="it goes with --file")
        if STDIN in texts:
            raise UserError("- among other texts", which=command, mend="it stands for stdin, alone")
        for text in texts:
            refuse_undecoded(text, "TEXT", "give it as UTF-8, or in a file with --file")
        return iter(texts)
    if file is None and not texts and sys.stdin.isatty():
        mend = f'give one, as in {command} "{example}", or --file FILE, or pipe texts into it'
        raise UserError("no text", which=command, mend=mend)
    from textrnn.data.texts import iter_texts

    return iter_texts(
        file or STDIN,
        text_column=text_column,
        encoding=reading.encoding,
        errors=reading.errors,
        stdin=unbuffered_stdin(),
    )


def unbuffered_stdin() -> BinaryIO:
    """Return stdin without a buffer where it has none of ours: a thread that waits for input must hold no lock of it.

    The interpreter cannot end while one does.
    """
    try:
        return io.FileIO(sys.stdin.fileno(), closefd=False)
    except OSError:
        return sys.stdin.buffer

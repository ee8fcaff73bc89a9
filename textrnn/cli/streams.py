"""The three streams of the process: results to stdout, everything else to stderr, UTF-8 in every pipe.

Knows what a terminal may be shown; does not know what is written.
"""

from __future__ import annotations

import contextlib
import io
import json
import locale
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from textrnn.errors import WorldError
from textrnn.report.draw import cells, pad
from textrnn.report.escape import for_stream
from textrnn.text.display import printable


def prepare(environment: Mapping[str, str] = os.environ) -> None:
    """Make the streams fit to be written to. Raises WorldError when there is no stdout to hold the results."""
    if sys.stdin is None:
        # taken at once, or the next file to be opened would become file 0
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        raise WorldError("standard output is closed", mend="leave it open, or send it to a file")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = _terminal_encoding(stream, environment) if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace", newline=None if stream.isatty() else "\n")


def _terminal_encoding(stream: TextIO, environment: Mapping[str, str]) -> str:
    """Return what the terminal reads: a locale that was set to C says ASCII, though Python then writes UTF-8."""
    said = environment.get("LC_ALL") or environment.get("LANG") or ""
    if said in ("C", "POSIX"):
        # Python sets LC_CTYPE to C.UTF-8 itself when it finds the C locale
        chosen = "" if environment.get("LC_ALL") else environment.get("LC_CTYPE", "")
        return "utf-8" if "utf" in chosen.lower() and not chosen.startswith("C.") else "ascii"
    if sys.flags.utf8_mode and "utf" not in locale.getencoding().lower() and said:
        return locale.getencoding()
    return stream.encoding


def note(text: str) -> None:
    """Say something on stderr that is no result."""
    _to_stderr(f"textrnn: {text}")


def notes(texts: Iterable[str]) -> None:
    """Say several things on stderr."""
    for text in texts:
        note(text)


def plain(text: str) -> None:
    """Say something to whoever sits at the terminal, in lines of their own."""
    for one in text.split("\n"):
        _to_stderr(one)


def error(line: str) -> None:
    """Say the one line with which a command fails."""
    _to_stderr(f"textrnn: error: {line}")


def _to_stderr(line: str) -> None:
    # whoever closed stderr does not want to hear it; the work goes on
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(printable(line) + "\n")
        sys.stderr.flush()


def line(text: str) -> None:
    """Write a line of results."""
    sys.stdout.write(text + "\n")


def table(rows: Sequence[Sequence[str]]) -> None:
    """Write rows of texts in aligned columns."""
    widths = [max(cells(printable(row[column])) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        line("  ".join(pad(printable(cell), width) for cell, width in zip(row, widths, strict=True)).rstrip())


def tables(several: Iterable[Sequence[Sequence[str]]]) -> None:
    """Write tables with a blank line between them."""
    for number, rows in enumerate(several):
        if number:
            line("")
        table(rows)


def width() -> int | None:
    """Return the columns of the terminal that results go to; None where they go to a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def json_line(value: Any) -> None:
    """Write a result as one JSON value."""
    line(json.dumps(value, ensure_ascii=False, allow_nan=False))


def text(piece: str) -> None:
    """Write a piece of a model's or a user's text at once: as it is into a pipe, made harmless on a terminal."""
    sys.stdout.write(for_stream(piece, sys.stdout))
    sys.stdout.flush()


def give_up_stdout() -> None:
    """Send what stdout still holds nowhere, so that the interpreter does not fail on it while it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

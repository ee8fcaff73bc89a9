"""Text of users and files made safe to show in a message: one line, no control codes.

Knows no terminal and no model.
"""

from __future__ import annotations

import os

_LONGEST_NAME = 40


def printable(text: str | os.PathLike[str]) -> str:
    """Return `text` with every character that does not print (control, direction mark, lone surrogate) as an escape.

    Bytes of a file name that are no UTF-8 arrive as surrogates U+DC80..U+DCFF and are shown as the byte they stand for.
    """
    return "".join(character if character.isprintable() else _escape(character) for character in os.fspath(text))


def code_point(character: str) -> str:
    """Return the name by which people look a character up, such as U+00E9."""
    return f"U+{ord(character):04X}"


def counted(number: int, noun: str) -> str:
    """Return `1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def short_name(name: str) -> str:
    """Return the name of a label as it stands in a table: not too long, and quoted where its ends would not be seen."""
    name = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return repr(name) if name != name.strip() or not name else name


def _escape(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")

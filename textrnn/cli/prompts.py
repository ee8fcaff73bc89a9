"""The texts of a command line: a prompt, which is the text itself, `@FILE`, or `-` for stdin.

Out: text as it stands there, byte for byte but for line ends; what a model does with it is not known here.
"""

from __future__ import annotations

import sys

from textrnn.cli import streams
from textrnn.errors import UserError


def read_prompt(value: str | None) -> str:
    """Return the prompt that `--prompt VALUE` means. Raises UserError for what cannot be read, or is no text."""
    if not value:
        return ""
    if value == "-" or value.startswith("@"):
        return _read(value if value == "-" else value[1:])
    refuse_undecoded(value, "--prompt", "give it as UTF-8, or --prompt @FILE")
    return value


def refuse_undecoded(value: str, which: str, mend: str) -> None:
    """Refuse a text of the command line that holds bytes which do not decode: Python hands them on as surrogates."""
    raw = bytes(ord(character) - 0xDC00 for character in value if "\udc80" <= character <= "\udcff")
    if raw:
        shown = raw[:16].hex(" ") + (" ..." if len(raw) > 16 else "")
        raise UserError(f"bytes that do not decode (hex {shown})", which=which, mend=mend)


def _read(source: str) -> str:
    from textrnn.text.reading import read_text

    if source == "-" and sys.stdin.isatty():
        streams.note("reading the prompt from the terminal; end it with Ctrl-D")
    try:
        read = read_text(source, stdin=sys.stdin.buffer)
    except UserError as error:
        if "--" not in (error.mend or ""):
            raise
        # the flags that say how a text is read are not for prompts
        raise UserError(error.what, which=error.which, mend="give a prompt as plain text in UTF-8") from None
    streams.notes(read.notes)
    return read.text

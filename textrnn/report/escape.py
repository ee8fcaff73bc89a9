r"""Text of a model or a user on its way to a terminal: what could steer the terminal is shown instead of obeyed.

Control characters (newline and tab apart) and those that change the direction of writing become `\x1b`, `\u202e`, …; a
terminal then shows what the text holds. In go text and the stream it is for, out comes text that the stream can take.
Whether the text is good is not known here.
"""

from __future__ import annotations

import re
from typing import TextIO

# C0 but tab and newline, DEL and C1; the directional marks, embeddings, overrides and isolates; lone surrogates.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def escape(text: str) -> str:
    """Return `text` with what could steer a terminal spelled out; pieces may be escaped one by one."""
    return _UNSAFE.sub(_spell, text)


def for_stream(text: str, stream: TextIO) -> str:
    """Return `text` as it may be written to `stream`: escaped for a terminal, and within the stream's encoding."""
    return encodable(escape(text) if stream.isatty() else text, stream)


def encodable(text: str, stream: TextIO) -> str:
    """Return `text` with the characters that the stream's encoding lacks spelled out: a print must not end a run."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _spell(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

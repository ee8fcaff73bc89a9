"""Which view of training suits the stream that it is drawn on."""

from __future__ import annotations

import os
from typing import Protocol, Self, TextIO

from textrnn.report.live import LiveView
from textrnn.report.plain import PlainView, QuietView
from textrnn.report.records import Record


class View(Protocol):
    """Something that is fed the records of training, between entering and leaving it."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def feed(self, record: Record) -> None: ...


def view_for(stream: TextIO, *, json: bool = False, quiet: bool = False) -> View:
    """Return a live view for a terminal that can redraw, plain lines for anything else, and notes only when quiet.

    Who asks for JSON is a program, or looks at one: plain lines for it too.
    """
    if quiet:
        return QuietView(stream)
    return LiveView(stream) if not json and _can_redraw(stream) else PlainView(stream)


def _can_redraw(stream: TextIO) -> bool:
    # Windows sets no TERM.
    return stream.isatty() and os.environ.get("TERM", "" if os.name == "posix" else "windows") not in (
        "",
        "dumb",
        "unknown",
    )

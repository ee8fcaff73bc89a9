"""The live view of training: one calm picture at the bottom of the terminal, redrawn in place as records come in.

In go records, on the terminal appears the picture; notes and the plan stay above it and scroll away. What the picture
shows is decided in picture.py.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from textrnn.report.draw import glyphs_for, wrap
from textrnn.report.escape import encodable, escape
from textrnn.report.facts import done_line, plan_lines
from textrnn.report.picture import BOLD, NORMAL, QUIET, Line, Picture, margin_of
from textrnn.report.records import Commit, Done, Evaluation, Note, Plan, Progress, Record

_REDRAW_S = 0.5


class LiveView:
    """Draws records as they are fed; a context manager, which leaves the last picture standing and the cursor shown.

    `width` and `height` fix a size (else it is the terminal's, asked each time). `clock` tells seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        width: int | None = None,
        height: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from rich.console import Console
        from rich.live import Live

        self._stream = stream
        self._clock = clock
        self._glyphs = glyphs_for(stream)
        self._picture = Picture(self._glyphs, lambda text: encodable(escape(text), stream))
        self._console = Console(
            file=stream, width=width, height=height, force_terminal=True, markup=False, highlight=False, emoji=False
        )
        # Warnings that come through sys.stderr go above the picture, not into it.
        redirect = stream is sys.stderr
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=redirect,
            vertical_overflow="crop",
        )
        self._drawn_at = float("-inf")
        self._drawn_width = 0
        self._is_broken = False

    def __enter__(self) -> LiveView:
        return self

    def __exit__(self, *error: object) -> None:
        self._safely(self._finish)

    def feed(self, record: Record) -> None:
        """Take in a record and draw, at most every half second where nothing new has to be read."""
        self._safely(lambda: self._take(record))

    def _take(self, record: Record) -> None:
        self._picture.record(record)
        match record:
            case Plan():
                for place, line in enumerate(plan_lines(record.facts, self._glyphs)):
                    self._say(line, QUIET if place else BOLD)
            case Note():
                self._say(f"note: {escape(record.text)}", NORMAL)
            case Done():
                self._finish()
                self._say("\n" + done_line(record.facts, self._glyphs), NORMAL)
            case Progress() | Commit():
                if self._clock() - self._drawn_at >= _REDRAW_S:
                    self._draw()
            case Evaluation():
                self._draw()

    def _draw(self) -> None:
        if not self._live.is_started:
            self._live.start()
        width = self._console.width
        if width < self._drawn_width:
            # The terminal has wrapped what stood there, so the way back up to its first line is no longer known.
            self._console.clear()
        self._drawn_width = width
        self._show(final=False)
        self._drawn_at = self._clock()

    def _finish(self) -> None:
        if self._live.is_started:
            self._show(final=True)
            self._live.stop()

    def _show(self, *, final: bool) -> None:
        lines = self._picture.lines(self._console.width, max(1, self._console.height - 1), final=final)
        self._live.update(self._segments(lines), refresh=not final)

    def _say(self, text: str, style: str) -> None:
        """Print lines that stay, above the picture where there is one."""
        margin = margin_of(self._console.width)
        for line in wrap(encodable(text, self._stream), self._console.width - 2 * len(margin)):
            self._console.print(self._segments([[(margin, NORMAL), (line, style)]]), end="")

    def _segments(self, lines: list[Line]) -> Any:
        from rich.segment import Segment, Segments
        from rich.style import Style

        segments: list[Segment] = []
        for line in lines:
            segments += [Segment(text, Style.parse(style)) for text, style in line if text]
            segments.append(Segment.line())
        return Segments(segments)

    def _safely(self, action: Callable[[], None]) -> None:
        """Draw, and fall silent for good when the terminal has gone: that must not end the training."""
        if self._is_broken:
            return
        try:
            action()
        except OSError:
            self._is_broken = True
            with suppress(OSError):
                self._live.stop()  # gives sys.stderr back

"""What a lesson writes to: headings, paragraphs, equations, numbers, pictures, and places to rest.

In go words and numbers; out come lines, coloured and wrapped for a terminal, plain ASCII pictures and one line a
paragraph for a pipe. What is taught is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from textrnn.learn import drawing
from textrnn.learn.drawing import Cell
from textrnn.report.draw import ASCII, cells, glyphs_for, wrap
from textrnn.report.escape import for_stream
from textrnn.report.picture import BOLD, MAIN, NORMAL, QUIET, Line
from textrnn.report.strip import shows_colour

# wider lines are harder to read
WIDEST = 78
_NARROWEST = 20
_UNBOUND = 10_000
_INDENT = "    "
# a title alone at the end of a screen says nothing
_WITH_HEADING = 5
# what explains an equation stands behind a gap; one before `=` only aligns
_GAP = re.compile(r"(?<=\S) {4,}(?![ =])")


class Turn(Exception):  # noqa: N818 - no failure
    """At a place to rest, the reader asked for something else than what follows; `answer` is what was typed."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


class Page:
    """A lesson's way to its reader.

    size: tells columns and rows of the terminal, whenever it is asked; None for plain text, which is
    wrapped where `wrap_at` says how many columns there are. ask: at a place to rest,
    waits for the reader and returns what was typed; None where nobody waits.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        size: Callable[[], tuple[int, int]] | None = None,
        ask: Callable[[], str] | None = None,
        wrap_at: int | None = None,
    ) -> None:
        self._stream, self._size, self._ask, self._wrap_at = stream, size, ask, wrap_at
        self._glyphs = ASCII if size is None else glyphs_for(stream)
        self._has_colour = size is not None and shows_colour(stream)
        self._num_shown = 0

    def title(self, text: str) -> None:
        """Write the title of a lesson."""
        self._heading(text, "=")

    def heading(self, text: str) -> None:
        """Write the title of a part of a lesson."""
        self._heading(text, "-")

    def _heading(self, text: str, rule: str) -> None:
        lines = self._wrapped(text)
        # what colour tells elsewhere
        rules = [] if self._has_colour else [rule * max(map(cells, lines))]
        self._write([*([(line, f"{BOLD} {MAIN}")] for line in (*lines, *rules)), []], followed_by=_WITH_HEADING)

    def text(self, paragraph: str) -> None:
        """Write a paragraph, whose line breaks and indentation are those of the source and do not count."""
        words = " ".join(paragraph.split())
        # what a colon announces belongs on the same screen
        follows = _WITH_HEADING if words.endswith(":") else 0
        self._write([*([(line, NORMAL)] for line in self._wrapped(words)), []], followed_by=follows)

    def equations(self, *lines: str) -> None:
        """Write equations or drawings as they stand; where there is no room, a line is broken at gaps and spaces."""
        broken = [part for line in lines for part in self._broken(line)]
        self._write([*([(self._indent + line, MAIN)] for line in broken), []])

    def source(self, text: str) -> None:
        """Write who found this out, and where one reads on."""
        self._write([*([(line, QUIET)] for line in self._wrapped("Source: " + " ".join(text.split()))), []])

    def table(self, rows: Sequence[Sequence[Cell]], heading: Sequence[str] | None = None) -> None:
        """Write rows of texts and numbers in columns."""
        self._write([*self._indented(drawing.table(rows, self._room if self._width else _UNBOUND, heading)), []])

    def bars(self, values: Mapping[str, float], *, title: str = "", top: float | None = None) -> None:
        """Write a bar for each number; top: the value of a full one, by default the largest."""
        self._picture(title, drawing.bars(values, self._room, top=top, glyphs=self._glyphs))

    def sparklines(self, series: Mapping[str, Sequence[float]], *, title: str = "") -> None:
        """Write the course of each series in one line, all on one scale, with its first and last value."""
        self._picture(title, drawing.sparklines(series, self._room, glyphs=self._glyphs))

    def curves(
        self, series: Mapping[str, Sequence[float]], *, across: Sequence[Cell], title: str = "", height: int = 10,
        is_log: bool = False,
    ) -> None:  # fmt: skip
        """Draw series as curves in one picture. across: what stands below the first and the last value."""
        drawn = drawing.curves(series, self._room, across=across, height=height, is_log=is_log, glyphs=self._glyphs)
        self._picture(title, drawn)

    def heat(
        self, columns: Sequence[str], rows: Mapping[str, Sequence[float]], *, title: str = "", limit: float = 1.0
    ) -> None:
        """Draw rows of numbers from -limit to limit as shades with a digit, below the names of their columns."""
        legend = f"tenths of {limit:.3g}, rounded; 9 is 9 or more"
        drawn = drawing.heat(columns, rows, self._room, limit=limit)
        self._picture(f"{title} ({legend})" if title else legend, drawn)

    def _picture(self, title: str, drawn: list[Line]) -> None:
        head: list[Line] = [[(line, QUIET)] for line in self._wrapped(title)] if title else []
        self._write([*self._indented(head), *self._indented(drawn), []])

    def pause(self) -> None:
        """Rest until the reader wants to go on, where one is there. Raises Turn where something else is wanted."""
        if self._ask is None or not self._num_shown:
            return
        self._num_shown = 0
        if answer := self._ask():
            raise Turn(answer)

    def begin_screen(self) -> None:
        """Take what stands there as read: the reader has just answered."""
        self._num_shown = 0

    @property
    def _width(self) -> int | None:
        columns = self._wrap_at if self._size is None else self._size()[0]
        return None if columns is None else max(_NARROWEST, min(columns - 1, WIDEST))

    @property
    def _room(self) -> int:
        return (WIDEST if self._width is None else self._width) - len(self._indent)

    @property
    def _indent(self) -> str:
        return _INDENT if self._width is None or self._width >= 60 else ""

    def _indented(self, lines: list[Line]) -> list[Line]:
        return [[(self._indent, NORMAL), *line] if line else [] for line in lines]

    def _broken(self, line: str) -> list[str]:
        if self._width is None or cells(line) <= self._room:
            return [line]
        equation, *explained = _GAP.split(line)
        # a value stays behind its sign: wrap breaks at plain spaces only
        first, *more = wrap(equation.replace("= ", "=\N{NO-BREAK SPACE}"), self._room)
        indent = self._indent or "  "
        rest = [part for tail in (more, explained) for part in wrap(" ".join(tail), self._room - len(indent))]
        return [part.replace("\N{NO-BREAK SPACE}", " ") for part in (first, *(indent + part for part in rest if part))]

    def _wrapped(self, text: str) -> list[str]:
        return [text] if self._width is None else wrap(text, self._width)

    def _write(self, lines: list[Line], *, followed_by: int = 0) -> None:
        """Write lines, behind a rest where they, and some that follow, would push unread ones off the screen."""
        if self._size is not None and self._num_shown + len(lines) + followed_by > self._size()[1] - 1:
            self.pause()
        self._num_shown += len(lines)
        safe = [[(for_stream(text, self._stream), style) for text, style in line] for line in lines]
        if self._has_colour:
            self._write_coloured(safe)
        else:
            self._stream.write("".join("".join(text for text, _ in line).rstrip() + "\n" for line in safe))
        self._stream.flush()

    def _write_coloured(self, lines: list[Line]) -> None:
        from rich.console import Console
        from rich.segment import Segment, Segments
        from rich.style import Style

        # lines are as wide as they are meant to be: nothing may wrap or cut them once more
        widest = max((cells("".join(text for text, _ in line)) for line in lines), default=0)
        console = Console(
            file=self._stream, width=max(widest, 1) + 1, markup=False, highlight=False, emoji=False
        )  # fmt: skip
        segments: list[Segment] = []
        for line in lines:
            segments += [Segment(text, Style.parse(style)) for text, style in line if text]
            segments.append(Segment.line())
        console.print(Segments(segments), end="")

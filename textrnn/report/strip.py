"""The reasons for a verdict as people see them: the text as a coloured strip, or its words with signed numbers.

In go a text and its explanation, out come lines: coloured ones for a terminal, plain ones for a pipe and for those who
ask for no colour. How the weights were found is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from textrnn.explain.words import Explanation, Reason
from textrnn.report.draw import UNICODE, Glyphs, glyphs_for
from textrnn.report.escape import encodable, escape

if TYPE_CHECKING:
    from rich.text import Text

Show = Callable[[str], str]

# From weak to strong. Blue and orange, which colour-blind people tell apart; each of a brightness that can be read on
# black and on white, so that strength is saturation, and at last bold.
FOR = ("#6b86a8", "#3d7ecc", "bold #1a72e8")
AGAINST = ("#a3826b", "#c2702f", "bold #d95f02")
# a word is as strong as its weight beside the largest one; below the first it has no colour
_STRENGTHS = (0.05, 0.25, 0.6)


def write_reasons(text: str, explanation: Explanation, stream: TextIO, *, most: int | None = None) -> None:
    """Write the reasons to `stream`: a strip with its legend where it shows colour, else lines of at most `most` words.

    Nothing of the text is read as markup, and what could steer a terminal is spelled out.
    """
    if not shows_colour(stream):
        lines = (*plain_lines(explanation, most=most), summary(explanation))
        stream.write("".join(f"{encodable(line, stream)}\n" for line in lines))
        return
    from rich.console import Console

    console = Console(file=stream, markup=False, highlight=False, emoji=False)

    def show(piece: str) -> str:
        return encodable(escape(piece), stream)

    for part in (coloured(text, explanation, show), legend(explanation, glyphs_for(stream), show)):
        console.print(part, overflow="fold")
    console.print(show(summary(explanation)), style="dim")


def shows_colour(stream: TextIO) -> bool:
    """Whether `stream` is a terminal whose user wants colour (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(text: str, explanation: Explanation, show: Show = escape) -> Text:
    """Return the text with each word in the colour of its weight; `show` spells out what the terminal may not get."""
    from rich.text import Text

    largest = max((abs(reason.weight) for reason in explanation.reasons), default=0.0)
    strip = Text()
    for piece, weight in _pieces(text.rstrip("\n"), explanation.reasons):
        strip.append(show(piece), style=_style(weight, largest))
    return strip


def legend(explanation: Explanation, glyphs: Glyphs = UNICODE, show: Show = escape) -> Text:
    """Return what the colours mean, with the weights of the strongest words."""
    from rich.text import Text

    weights = [reason.weight for reason in explanation.reasons]
    label = show(_one_line(explanation.label))
    line = Text()
    for styles, side, strongest in (
        (FOR, "for", max(weights, default=0.0)),
        (AGAINST, "against", min(weights, default=0.0)),
    ):
        line.append("" if not line else "   ")
        for style in styles:
            line.append(glyphs.parts[-1] * 2, style=style)
        line.append(f" {side} {label}")
        if (side == "for") == (strongest > 0) and strongest:
            line.append(f" (up to {strongest:+.2f})")
    return line


def plain_lines(explanation: Explanation, *, most: int | None = None) -> list[str]:
    """Return a line for each word with its signed weight, the largest first, and one for what `most` leaves out."""
    reasons = explanation.largest_first
    shown, rest = reasons[:most], reasons[len(reasons[:most]) :]
    lines = [f"{reason.weight:+8.3f}  {_one_line(reason.text)}" for reason in shown]
    if rest:
        total = sum(reason.weight for reason in rest)
        lines.append(f"{total:+8.3f}  ({len(rest):,} more word{'s' if len(rest) > 1 else ''})")
    return lines


def summary(explanation: Explanation) -> str:
    """Return what the weights add up to, and how exactly."""
    value, base, total = map(_signed, (explanation.value, explanation.base, explanation.value - explanation.base))
    ends = f"{value} with all words, {base} with none"
    how = f"off by {explanation.completeness_error:.0e}; {explanation.method}"
    return f"for {_one_line(explanation.label)}: {ends}; the words add up to the difference {total} ({how})"


def _signed(number: float) -> str:
    """Return a number to three digits with its sign; nothing has none."""
    shown = f"{number:+.3f}"
    return "0.000" if float(shown) == 0 else shown


def _pieces(text: str, reasons: Sequence[Reason]) -> Iterator[tuple[str, float]]:
    """Yield the words with their weights, and what lies between them with 0."""
    place = 0
    for reason in reasons:
        yield text[place : reason.start], 0.0
        yield text[reason.start : reason.end], reason.weight
        place = reason.end
    yield text[place:], 0.0


def _style(weight: float, largest: float) -> str:
    level = sum(abs(weight) >= share * largest for share in _STRENGTHS)
    if weight == 0 or level == 0:
        return ""
    return (FOR if weight > 0 else AGAINST)[level - 1]


def _one_line(word: str) -> str:
    return escape(word).replace("\t", "\\t").replace("\n", "\\n")

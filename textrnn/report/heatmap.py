"""Attention as a heat map: which source units were read for each target unit, in a terminal or as a PNG file.

In go weights (T, S) with the units of both sides, out come lines, a row a target unit, or a file. What attended is not
known here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import StringIO
from typing import Any, TextIO

from textrnn.report.draw import ASCII, UNICODE, Glyphs, cells, fit, glyphs_for, wrap
from textrnn.report.escape import encodable
from textrnn.report.picture import QUIET, Line
from textrnn.report.plots import draw_heat, new_axes, save
from textrnn.report.shades import shade, shaded, tenths
from textrnn.report.strip import shows_colour
from textrnn.text.display import printable

# T target units, S source units
_LONGEST_UNIT = 16
_UNBOUND = 10**6
_LEGEND = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
# inches
_CELL, _LEAST, _MOST = 0.28, 2.5, 40.0


def write_heatmap(weights: Any, sources: Sequence[str], targets: Sequence[str], stream: TextIO) -> None:
    """Write the heat map to `stream`: shaded where it shows colour, in its width where it is a terminal."""
    width = os.get_terminal_size(stream.fileno()).columns if stream.isatty() else None
    drawn = heatmap_lines(weights, sources, targets, width, shows_colour(stream), glyphs_for(stream))
    stream.write(encodable(drawn, stream) + "\n")


def heatmap_lines(
    weights: Any,
    sources: Sequence[str],
    targets: Sequence[str],
    width: int | None,
    colour: bool,
    glyphs: Glyphs = UNICODE,
) -> str:
    """Return the heat map of weights (T, S) from 0 to 1 in lines of at most `width` columns, and a legend.

    Sources that do not fit into one block stand in another below. colour: shades by the escape codes of the terminal;
    digits say the same without them.
    """
    columns = [_shown(unit, glyphs) for unit in sources]
    rows = [
        (_shown(unit, glyphs), [float(one) for one in row]) for unit, row in zip(targets, weights, strict=True)
    ]  # fmt: skip
    each = [1 + max(1, cells(name)) for name in columns]
    lines: list[Line] = []
    for part, block in shaded(columns, rows, width or _UNBOUND, each=each, digit=_digit):
        if part != slice(0, len(columns)):
            where = f"source units {part.start + 1} to {part.stop} of {len(columns)}"
            lines += [[(line, QUIET)] for line in wrap(where, width or _UNBOUND)]
        lines += block
    lines += _legend(width or _UNBOUND, colour)
    return _coloured(lines) if colour else "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def save_heatmap(
    path: str | os.PathLike[str], weights: Any, sources: Sequence[str], targets: Sequence[str]
) -> None:  # fmt: skip
    """Write the heat map of weights (T, S) as PNG. Raises UserError without the extra `plots`."""
    columns, rows = ([_shown(unit, UNICODE) for unit in units] for units in (sources, targets))
    high, wide = (max((cells(unit) for unit in units), default=1) for units in (columns, rows))
    width = min(max(_LEAST, 1.0 + _CELL * len(columns) + 0.1 * wide), _MOST)
    height = min(max(_LEAST, 0.8 + _CELL * len(rows) + 0.1 * high), _MOST)
    figure, axes = new_axes("", height, width=width)
    image = draw_heat(axes, columns, rows, [[float(one) for one in row] for row in weights])
    axes.xaxis.tick_top()
    if high > 1:
        axes.tick_params(axis="x", rotation=90)
    figure.colorbar(image, label="share of attention")
    save(figure, path)


def _shown(unit: str, glyphs: Glyphs) -> str:
    """Return a unit as a name: spaces and control characters seen, not too long."""
    seen = printable(unit).replace(" ", "_" if glyphs is ASCII else "\N{OPEN BOX}")
    return seen if cells(seen) <= _LONGEST_UNIT else fit(seen, _LONGEST_UNIT, glyphs)


def _digit(share: float) -> str:
    found = tenths(share)
    return "." if found == "0" else found


def _legend(width: int, colour: bool) -> list[Line]:
    what = "a row for each unit written, a column for each unit read; "
    if not colour:
        what += "digits are tenths of the attention, 9 is all of it as well, a dot less than half a tenth"
        return [[(line, QUIET)] for line in wrap(what, width)]
    shades = [(f" {share:.1f} ", shade(share)) for share in (_LEGEND if width >= 5 * len(_LEGEND) else _LEGEND[::5])]
    return [*([(line, QUIET)] for line in wrap(what + "their shares of the attention:", width)), shades]


def _coloured(lines: Sequence[Line]) -> str:
    from rich.console import Console
    from rich.text import Text

    written = StringIO()
    # as many colours as the terminal has
    console = Console(file=written, force_terminal=True, markup=False, highlight=False, emoji=False, width=_UNBOUND)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)
    return written.getvalue().removesuffix("\n")

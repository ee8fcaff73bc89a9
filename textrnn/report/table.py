"""Rows of facts as aligned columns of text: what lists of runs and of corpora look like.

In go headers and rows of strings, out come lines; nothing is cut or wrapped, so that a pipe gets whole names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textrnn.report.draw import cells, pad
from textrnn.report.escape import escape


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str] = ()) -> list[str]:
    """Return a line for the headers and one for each row, without blanks at their ends.

    Columns whose header is in `right` are aligned right, as numbers are read. Control characters are spelled out.
    """
    lines = [[escape(cell).replace("\n", " ") for cell in line] for line in (headers, *rows)]
    widths = [max(map(cells, column)) for column in zip(*lines, strict=True)]
    aligned = [
        "  ".join(
            " " * (width - cells(cell)) + cell if header in right else pad(cell, width)
            for header, cell, width in zip(headers, line, widths, strict=True)
        )
        for line in lines
    ]
    return [line.rstrip() for line in aligned]

"""Where a model's attention lay, as one line: attention, which is not the reason for a verdict.

In go the units of a text with their weights, out comes a line. Where they come from is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from textrnn.report.escape import encodable, escape

_SHOWN = 8


def attention_line(attention: Sequence[tuple[str, float]], stream: TextIO) -> str:
    """Return the units that the model attended to most, with their shares."""
    heaviest = sorted(attention, key=lambda pair: -pair[1])
    shown = ", ".join(
        f"{' '.join(escape(unit).split()) or repr(unit)} {weight:.2f}" for unit, weight in heaviest[:_SHOWN]
    )
    rest = sum(weight for _, weight in heaviest[_SHOWN:])
    return encodable(f"attention: {shown}" + (f", all others {rest:.2f}" if heaviest[_SHOWN:] else ""), stream)

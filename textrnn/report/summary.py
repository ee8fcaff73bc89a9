"""The layers of a network as a table: name, kind, shape of the output, parameters; with every weight if asked.

In go layers, out come rows of texts. How a row reaches a stream is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from textrnn.networks.summary import Layer, Shape

Row = tuple[str, ...]

_HEADING = ("layer", "kind", "output", "parameters")
# what an axis of any length is, by the number of those before it
_OPEN = ("batch", "time")


def layer_rows(layers: Sequence[Layer], *, weights: bool = False) -> list[Row]:
    """Return a heading, and a row for each layer; weights: below each its arrays, with their shapes."""
    rows: list[Row] = [_HEADING]
    for layer in layers:
        rows.append((layer.name, layer.kind, _shape(layer.output), f"{layer.parameters:,}"))
        if weights:
            rows += [("", f"  {name}", _shape(shape), f"{math.prod(shape):,}") for name, shape in layer.weights.items()]
    width = max(len(row[-1]) for row in rows)
    return [(*row[:-1], row[-1].rjust(width)) for row in rows]


def total_rows(parameters: int, num_bytes: int, dtypes: Sequence[str]) -> list[Row]:
    """Return how many numbers were or will be learned, and the memory that they take."""
    return [("parameters", f"{parameters:,}"), ("memory", f"{num_bytes / 1e6:,.2f} MB ({', '.join(dtypes)})")]


def _shape(shape: Shape) -> str:
    named = [_OPEN[place] if size is None else str(size) for place, size in enumerate(shape)]
    return f"({', '.join(named)}{',' if len(named) == 1 else ''})"

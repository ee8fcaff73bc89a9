"""What the parameters of every network are made of: dense layers and recurrent layers, of arrays that a maker gives.

In: settings and `make(role, shape)`. Out: named tuples of arrays. What the arrays hold is the maker's business.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from textrnn.cells.cell import Cell, CellParameters
from textrnn.cells.functions import Array
from textrnn.cells.table import CELLS
from textrnn.config.model import RecurrentSettings
from textrnn.networks.recurrent import LayerParameters, NormParameters

# (role of the array, its shape) -> the array. Roles: embedding, subwords, input, recurrent, bias (of the inputs),
# recurrent bias, gain, norm bias, head, query, output, output bias
Make = Callable[[str, tuple[int, ...]], Array]


class DenseParameters(NamedTuple):
    """weight: (outputs, inputs), None where it is the embedding's. bias: (outputs,)."""

    weight: Array | None
    bias: Array


def cell_of(settings: RecurrentSettings) -> Cell:
    """Return the cell that `settings` name."""
    return CELLS[settings.cell, settings.activation if settings.cell == "rnn" else "tanh"]


def dense(role: str, outputs: int, inputs: int, make: Make) -> DenseParameters:
    """Return a dense layer whose weight has `role`."""
    return DenseParameters(make(role, (outputs, inputs)), make("output bias", (outputs,)))


def recurrent_layers(
    settings: RecurrentSettings, directions: int, make: Make, *, inputs: int | None = None
) -> tuple[LayerParameters, ...]:
    """Return the layers of a stack that reads in one direction or two: embeddings, or `inputs` numbers a step."""
    first, later = settings.embed_size if inputs is None else inputs, directions * settings.hidden_size
    widths = [first if depth == 0 else later for depth in range(settings.num_layers)]
    return tuple(recurrent_layer(settings, directions, width, make) for width in widths)


def recurrent_layer(settings: RecurrentSettings, directions: int, width: int, make: Make) -> LayerParameters:
    """Return one layer, whose inputs are of `width` numbers."""
    gates, hidden = len(cell_of(settings).gates), settings.hidden_size

    def cell() -> CellParameters:
        return CellParameters(
            weight_ih=make("input", (gates * hidden, width)),
            weight_hh=make("recurrent", (gates * hidden, hidden)),
            bias_ih=make("bias", (gates * hidden,)),
            bias_hh=make("recurrent bias", (gates * hidden,)),
        )

    forward = cell()
    size = (directions * hidden,)
    norm = NormParameters(make("gain", size), make("norm bias", size)) if settings.layer_norm else None
    return LayerParameters(forward, norm, cell() if directions == 2 else None)

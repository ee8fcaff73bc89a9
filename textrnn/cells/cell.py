"""What a recurrent cell is: its name, its gates, its state and its step.

Shapes here and in the cells: ... any leading axes, X inputs, H units, G gates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from textrnn.cells.functions import Array, Namespace, namespace

# the parts of a cell's state, each (..., H); the first is the layer's output
State = tuple[Array, ...]


class CellParameters(NamedTuple):
    """Weights of one cell, gates stacked along the first axis as torch.nn has them.

    weight_ih: (G*H, X), None when the inputs come already multiplied. weight_hh: (G*H, H). bias_ih, bias_hh: (G*H,).
    """

    weight_ih: Array | None
    weight_hh: Array
    bias_ih: Array | None
    bias_hh: Array


Step = Callable[[Namespace, CellParameters, Array, State], State]


class Cell(NamedTuple):
    """One kind of recurrent cell.

    gates: names of the blocks in the weights, in order. parts: names of the parts of the state, the output first.
    step: (namespace, parameters, projected input (..., G*H), state) -> state.
    """

    name: str
    gates: tuple[str, ...]
    parts: tuple[str, ...]
    step: Step

    def start(self, like: Array, shape: tuple[int, ...]) -> State:
        """Return the zero state of `shape` (..., H), with dtype and device of `like`."""
        xp = namespace(like)
        return tuple(xp.zeros(shape, dtype=like.dtype, device=like.device) for _ in self.parts)


def project(p: CellParameters, x: Array) -> Array:
    """The input's share of the gates for all steps at once: (..., T, X) -> (..., T, G*H)."""
    projected = x if p.weight_ih is None else namespace(x).matmul(x, p.weight_ih.T)
    return projected if p.bias_ih is None else projected + p.bias_ih

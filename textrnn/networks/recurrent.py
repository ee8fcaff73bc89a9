"""The recurrent stack that serves every network: layers of one cell, dropout masks, optional layer norm.

In: inputs, the state of every layer, a loop over time. Out: outputs and the new state. Draws nothing, and knows no
task. Shapes: ... leading axes, T time, X inputs, H units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array, namespace

NORM_EPSILON = 1e-5

# a form of the loop bound to its cell: (parameters, inputs, state) -> (outputs, state)
Loop = Callable[[CellParameters, Array, State], tuple[Array, State]]
# one state a layer
StackState = tuple[State, ...]


class NormParameters(NamedTuple):
    """gain, bias: (H,)."""

    gain: Array
    bias: Array


class LayerParameters(NamedTuple):
    """A recurrent layer, and the norm of its outputs where there is one."""

    cell: CellParameters
    norm: NormParameters | None


def layer_norm(p: NormParameters, x: Array) -> Array:
    """Zero mean and unit variance over the last axis, then gain and bias (Ba, Kiros & Hinton 2016)."""
    xp = namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return p.gain * (centred / xp.sqrt(variance + NORM_EPSILON)) + p.bias


def run_stack(
    layers: Sequence[LayerParameters], x: Array, state: StackState, loop: Loop, masks: Sequence[Array] | None = None
) -> tuple[Array, StackState]:
    """(..., T, X) -> (..., T, H), and the state of every layer.

    masks: a factor for each layer's outputs, broadcast against them (dropout: 0 or 1 / (1 - p)); None for none.
    """
    after = []
    for depth, (p, before) in enumerate(zip(layers, state, strict=True)):
        x, layer_state = loop(p.cell, x, before)
        after.append(layer_state)
        if p.norm is not None:
            x = layer_norm(p.norm, x)
        if masks is not None:
            x = x * masks[depth]
    return x, tuple(after)


def start_stack(cell: Cell, layers: Sequence[LayerParameters], rows: tuple[int, ...]) -> StackState:
    """Return the zero state for leading axes `rows`."""
    return tuple(cell.start(p.cell.weight_hh, (*rows, p.cell.weight_hh.shape[-1])) for p in layers)

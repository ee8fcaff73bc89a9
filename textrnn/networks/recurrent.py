"""The recurrent stack that serves every network: layers of one cell, dropout masks, optional layer norm.

`run_stack` reads on from a state and hands the new one back; `read_texts` reads whole texts side by side, in one
direction or both. A slow layer of a stack takes a step only where a passage ends (El Hihi & Bengio 1996, Koutník et al.
2014). Draws nothing, and knows no task.
Shapes: ... leading axes, B texts, T time, X inputs, H units, D directions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array, Namespace, lookup, namespace

NORM_EPSILON = 1e-5

# a form of the loop bound to its cell: (parameters, inputs, state) -> (outputs, state)
Loop = Callable[[CellParameters, Array, State], tuple[Array, State]]
# one state a layer
StackState = tuple[State, ...]


class NormParameters(NamedTuple):
    """gain, bias: (D*H,)."""

    gain: Array
    bias: Array


class LayerParameters(NamedTuple):
    """A recurrent layer, the norm of its outputs where there is one, and the cell that reads backwards if one does."""

    cell: CellParameters
    norm: NormParameters | None
    backward: CellParameters | None = None

    @property
    def cells(self) -> tuple[CellParameters, ...]:
        """The parameters of each direction."""
        return (self.cell,) if self.backward is None else (self.cell, self.backward)


class SlowLayerParameters(NamedTuple):
    """A layer whose state is held but where a passage ends; it hands on its outputs behind its inputs, (X + H)."""

    cell: CellParameters
    norm: NormParameters | None


StackLayer = LayerParameters | SlowLayerParameters


def layer_norm(p: NormParameters, x: Array) -> Array:
    """Zero mean and unit variance over the last axis, then gain and bias (Ba, Kiros & Hinton 2016)."""
    xp = namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return p.gain * (centred / xp.sqrt(variance + NORM_EPSILON)) + p.bias


def run_stack(
    layers: Sequence[StackLayer],
    x: Array,
    state: StackState,
    loop: Loop,
    masks: Sequence[Array] | None = None,
    ends: Array | None = None,
) -> tuple[Array, StackState]:
    """(..., T, X) -> (..., T, H), and the state of every layer.

    masks: a factor for each layer's outputs, broadcast against them (dropout: 0 or 1 / (1 - p)); None for none.
    ends: (..., T) bool, where a passage ends, for slow layers.
    """
    after = []
    for depth, (p, before) in enumerate(zip(layers, state, strict=True)):
        mask = None if masks is None else masks[depth]
        if isinstance(p, SlowLayerParameters):
            assert ends is not None
            y, layer_state = held(p.cell, x, before, ends, loop)
            x = namespace(x).concat([x, _finished(p, y, mask)], axis=-1)
        else:
            x, layer_state = loop(p.cell, x, before)
            x = _finished(p, x, mask)
        after.append(layer_state)
    return x, tuple(after)


def held(p: CellParameters, x: Array, state: State, ends: Array, loop: Loop) -> tuple[Array, State]:
    """Run a layer only where passages end: (..., T, X), (..., T) -> (..., T, H), and its state after the last.

        s_t = cell(x_t, s_{t-1}) where t ends a passage, else s_{t-1}        y_t = the output part of s_t

    The k-th ends of all rows are one step, wherever they are: as many steps as a row has ends at most, not T.
    """
    xp, steps = namespace(x), x.shape[-2]
    counts = xp.cumulative_sum(xp.astype(ends, xp.int64), axis=-1)
    offsets = xp.arange(math.prod(x.shape[:-2]), dtype=xp.int64, device=x.device)
    offsets = xp.reshape(offsets, (*x.shape[:-2], 1))
    states = [state]
    for number in range(1, int(xp.max(counts[..., -1])) + 1):
        # the place of each row's end of that number, T in a row that has fewer
        place = xp.sum(xp.astype(counts < number, xp.int64), axis=-1, keepdims=True)
        read = taken(xp, x, xp.clip(place, None, steps - 1) + steps * offsets)  # (..., 1, X)
        _, after = loop(p, read, states[-1])
        is_there = place < steps
        states.append(tuple(xp.where(is_there, new, old) for new, old in zip(after, states[-1], strict=True)))
    outputs = xp.stack([one[0] for one in states], axis=-2)  # (..., K + 1, H)
    return taken(xp, outputs, counts + len(states) * offsets), states[-1]


def turning(xp: Namespace, lengths: Array, steps: int) -> Array:
    """Return the places (B, T), in (B*T,), that turn each text round within its own length; padding stays behind it."""
    place = xp.arange(steps, dtype=lengths.dtype, device=lengths.device)[None, :]
    turned = xp.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)
    return turned + steps * xp.arange(lengths.shape[0], dtype=lengths.dtype, device=lengths.device)[:, None]


def taken(xp: Namespace, x: Array, places: Array) -> Array:
    """Return the rows of x (B, T, X) at `places` (..., ) in (B*T,): (..., X)."""
    return lookup(xp, xp.reshape(x, (-1, x.shape[-1])), places)


def read_texts(
    cell: Cell,
    layers: Sequence[LayerParameters],
    inputs: Sequence[Array],
    places: Array,
    loop: Loop,
    masks: Sequence[Array] | None = None,
) -> Array:
    """Read whole texts from an empty state: (B, T, X) -> (B, T, D*H).

    inputs: for each direction, in its order of reading. places: `turning` of the texts' lengths, so that the backward
    direction starts at each text's own last unit. What lies behind a text's end is read by neither direction before it.
    """
    xp = namespace(inputs[0])
    for depth, p in enumerate(layers):
        read = [
            loop(one, x, cell.start(one.weight_hh, (x.shape[0], one.weight_hh.shape[-1])))[0]
            for one, x in zip(p.cells, inputs, strict=True)
        ]
        y = read[0] if len(read) == 1 else xp.concat([read[0], taken(xp, read[1], places)], axis=-1)
        y = _finished(p, y, None if masks is None else masks[depth])
        inputs = (y,) if len(read) == 1 or depth + 1 == len(layers) else (y, taken(xp, y, places))
    return inputs[0]


def _finished(p: StackLayer, y: Array, mask: Array | None) -> Array:
    if p.norm is not None:
        y = layer_norm(p.norm, y)
    return y if mask is None else y * mask


def start_stack(cell: Cell, layers: Sequence[StackLayer], rows: tuple[int, ...]) -> StackState:
    """Return the zero state for leading axes `rows`."""
    return tuple(cell.start(p.cell.weight_hh, (*rows, p.cell.weight_hh.shape[-1])) for p in layers)

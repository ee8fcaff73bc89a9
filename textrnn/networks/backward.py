"""The way back through the recurrent stack by hand: layers, directions, layer norm, dropout masks. No autograd.

In: what a `Recorder`, handed to `run_stack` or `read_texts` as their loop, kept of the way forwards, and the gradient
of a loss by the outputs. Out: gradients by the parameters, in a tree like theirs, and by the inputs. Knows no loss.
Shapes: ... leading axes, B texts, T time, X inputs, H units, D directions.
"""

from __future__ import annotations

from collections.abc import Sequence

from textrnn.cells import bptt
from textrnn.cells.bptt import Tape, product, total
from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array, namespace
from textrnn.networks.recurrent import (
    NORM_EPSILON,
    LayerParameters,
    NormParameters,
    StackState,
    taken,
)


class Recorder:
    """A form of the loop, the plain one, that keeps a tape and the outputs of every sequence it runs."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.tapes: list[tuple[Tape, Array]] = []

    def __call__(self, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
        y, state, tape = bptt.forward(self.cell, p, x, state)
        self.tapes.append((tape, y))
        return y, state


def stack_backward(
    recorded: Recorder,
    layers: Sequence[LayerParameters],
    dy: Array,
    d_state: StackState | None = None,
    *,
    masks: Sequence[Array] | None = None,
    window: int | None = None,
) -> tuple[tuple[LayerParameters, ...], Array, StackState]:
    """The way back through `run_stack`: gradients by the layers, the inputs (..., T, X) and the state of every layer.

    dy: by the outputs, (..., T, H). d_state: by the final states. masks: those of the way forwards. window: see
    `cells.bptt.backward`.
    """
    gradients: list[LayerParameters] = []
    d_start: list[State] = []
    for depth in reversed(range(len(layers))):
        tape, y = recorded.tapes[depth]
        p, d_after = layers[depth], None if d_state is None else d_state[depth]
        norm, dy = _unfinished(p, y, None if masks is None else masks[depth], dy)
        cell, dy, d_before = bptt.backward(recorded.cell, p.cell, tape, dy, d_after, window=window)
        gradients.append(LayerParameters(cell, norm))
        d_start.append(d_before)
    return tuple(gradients[::-1]), dy, tuple(d_start[::-1])


def texts_backward(
    recorded: Recorder,
    layers: Sequence[LayerParameters],
    places: Array,
    dy: Array,
    *,
    masks: Sequence[Array] | None = None,
) -> tuple[tuple[LayerParameters, ...], tuple[Array, ...]]:
    """The way back through `read_texts`: gradients by the layers, and by the inputs of each direction (B, T, X).

    places: those of the way forwards. Turning round twice changes nothing, so the way back turns by the same places.
    """
    xp = namespace(dy)
    tapes = list(recorded.tapes)
    gradients: list[LayerParameters] = []
    d_inputs: tuple[Array, ...] = ()
    for depth in reversed(range(len(layers))):
        p = layers[depth]
        own = [tapes.pop() for _ in p.cells][::-1]
        outputs = [y if direction == 0 else taken(xp, y, places) for direction, (_, y) in enumerate(own)]
        y = outputs[0] if len(outputs) == 1 else xp.concat(outputs, axis=-1)
        if d_inputs:
            # below the last layer both directions read what both had made
            dy = d_inputs[0] if len(d_inputs) == 1 else d_inputs[0] + taken(xp, d_inputs[1], places)
        norm, dy = _unfinished(p, y, None if masks is None else masks[depth], dy)
        half = own[0][1].shape[-1]
        parts = [dy[..., :half]] if len(own) == 1 else [dy[..., :half], taken(xp, dy[..., half:], places)]
        back = [
            bptt.backward(recorded.cell, cell, tape, d) for cell, (tape, _), d in zip(p.cells, own, parts, strict=True)
        ]
        gradients.append(LayerParameters(back[0][0], norm, None if p.backward is None else back[1][0]))
        d_inputs = tuple(dx for _, dx, _ in back)
    return tuple(gradients[::-1]), d_inputs


def _unfinished(p: LayerParameters, y: Array, mask: Array | None, d: Array) -> tuple[NormParameters | None, Array]:
    """The way back from a layer's outputs to its cells', `y`: through dropout, then through the norm."""
    if mask is not None:
        d = d * mask
    if p.norm is None:
        return None, d
    return layer_norm_backward(p.norm, y, d)


def layer_norm_backward(p: NormParameters, x: Array, d: Array) -> tuple[NormParameters, Array]:
    """The way back through `layer_norm`. With u for x at zero mean and unit variance, s for its deviation, and du:

        du = d * gain        dx = (du - mean(du) - u * mean(du * u)) / s

    as a shift of all x, or a scaling, changes nothing that comes out.
    """  # fmt: skip
    xp = namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    deviation = xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + NORM_EPSILON)
    u = centred / deviation
    du = d * p.gain
    dx = (du - xp.mean(du, axis=-1, keepdims=True) - u * xp.mean(du * u, axis=-1, keepdims=True)) / deviation
    return NormParameters(gain=total(xp, d * u), bias=total(xp, d)), dx


def dense_backward(weight: Array, x: Array, d: Array) -> tuple[Array, Array, Array]:
    """The way back through W x + b: gradients by W, b and x, for `d` by what came out, (..., Y)."""
    xp = namespace(x)
    return product(xp, d, x), total(xp, d), d @ weight

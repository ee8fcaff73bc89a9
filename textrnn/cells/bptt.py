"""Backpropagation through time: the way forwards with a tape, and the way back along it (Werbos 1990).

In: a cell, its parameters, inputs (..., T, X), a state; then the gradient of a loss by outputs and final state. Out:
gradients by parameters, inputs and first state. Knows no loss and no network. Over the array API, without autograd.
"""

from __future__ import annotations

from typing import NamedTuple

from textrnn.cells.cell import Cell, CellParameters, Saved, State, project
from textrnn.cells.functions import Array, Namespace, namespace


class Tape(NamedTuple):
    """What was read, (..., T, X), its products with the weights, (..., T, G*H), and the state before each step."""

    x: Array
    projected: Array
    before: State


def forward(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State, Tape]:
    """Run `cell` over the time axis of `x`, as `cells.plain` does: outputs (..., T, H), final state, tape. T >= 1."""
    xp = namespace(x)
    projected = project(p, x)
    states = [state]
    for t in range(x.shape[-2]):
        states.append(cell.step(xp, p, projected[..., t, :], states[-1]))
    outputs, *_ = over_time = [xp.stack(part, axis=-2) for part in zip(*states, strict=True)]  # (..., T + 1, H)
    before = tuple(part[..., :-1, :] for part in over_time)
    return outputs[..., 1:, :], states[-1], Tape(x, projected, before)


def backward(
    cell: Cell,
    p: CellParameters,
    tape: Tape,
    dy: Array | None,
    d_state: State | None = None,
    *,
    window: int | None = None,
) -> tuple[CellParameters, Array, State]:
    """Return the gradients of a loss by the parameters, by the inputs (..., T, X) and by the state before the first.

    dy: its gradient by the outputs, (..., T, H); None where none of them counts. d_state: by the final state; a loss
    at the last step alone comes in here, at no cost for the others. window: truncated BPTT; the way back is cut after
    so many steps, counted from the first, while the state goes on. Shorter than T, it makes gradients cheaper to hold
    and blind to what lies further back; at T or more it changes nothing.
    """
    xp = namespace(tape.x)
    # one product for all steps, in place of gates kept from the way forwards
    saved = cell.recall(xp, p, tape.projected, tape.before)
    nothing = tuple(xp.zeros_like(part[..., 0, :]) for part in tape.before)
    d_after = nothing if d_state is None else d_state
    steps = tape.x.shape[-2]
    d_projected, d_recurrent = [], []
    for t in reversed(range(steps)):
        if window is not None and (t + 1) % window == 0 and t + 1 < steps:
            d_after = nothing
        if dy is not None:
            d_after = (d_after[0] + dy[..., t, :], *d_after[1:])
        back = cell.backward(xp, p, _at(tape.before, t), _at(saved, t), d_after)
        d_projected.append(back.projected)
        d_recurrent.append(back.recurrent)
        d_after = back.state
    by_inputs, by_state = (xp.stack(found[::-1], axis=-2) for found in (d_projected, d_recurrent))
    gradients = weight_gradients(xp, cell, p, tape, saved, by_inputs, by_state)
    return gradients, by_inputs if p.weight_ih is None else by_inputs @ p.weight_ih, d_after


def weight_gradients(
    xp: Namespace, cell: Cell, p: CellParameters, tape: Tape, saved: Saved, d_projected: Array, d_recurrent: Array
) -> CellParameters:
    """Return the gradients by the parameters, each of them one product over all steps and rows:

        dW_ih = sum over t of d_projected_t x_t^T        dW_hh = sum over t of d_recurrent_t h_(t-1)^T
    """  # fmt: skip
    factors = cell.factors(d_recurrent, tape.before, saved)
    return CellParameters(
        weight_ih=None if p.weight_ih is None else product(xp, d_projected, tape.x),
        weight_hh=xp.concat([product(xp, d, read) for d, read in factors], axis=0),
        bias_ih=None if p.bias_ih is None else total(xp, d_projected),
        bias_hh=total(xp, d_recurrent),
    )


def product(xp: Namespace, d: Array, x: Array) -> Array:
    """Return the gradient by W of a loss whose gradient by W x is `d`: (..., Y), (..., X) -> (Y, X)."""
    return xp.reshape(d, (-1, d.shape[-1])).T @ xp.reshape(x, (-1, x.shape[-1]))


def total(xp: Namespace, d: Array) -> Array:
    """Return the gradient by b of a loss whose gradient by a + b is `d`: (..., Y) -> (Y,)."""
    return xp.sum(xp.reshape(d, (-1, d.shape[-1])), axis=0)


def _at(parts: tuple[Array, ...], t: int) -> tuple[Array, ...]:
    return tuple(part[..., t, :] for part in parts)

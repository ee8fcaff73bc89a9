"""The long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000)."""

from __future__ import annotations

from textrnn.cells.cell import Cell, CellParameters, Saved, State, StepGradients
from textrnn.cells.functions import Array, Namespace, sigmoid


def step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step. Gates in the order i, f, g, o, as torch.nn.LSTM has them:

        i, f, o = sigmoid(.)        g = tanh(.)        each of W_ih x + b_ih + W_hh h + b_hh
        c' = f * c + i * g          h' = o * tanh(c')

    projected: W_ih x + b_ih, (..., 4H). state: (h, c), each (..., H).
    """  # fmt: skip
    i, f, g, o = _gates(xp, p, projected, state)
    c = f * state[1] + i * g
    return o * xp.tanh(c), c


def _gates(xp: Namespace, p: CellParameters, projected: Array, state: State) -> tuple[Array, ...]:
    h, c = state
    size = c.shape[-1]
    gates = projected + (h @ p.weight_hh.T + p.bias_hh)
    # i and f stand side by side: one call serves both
    opening = sigmoid(xp, gates[..., : 2 * size])
    i, f = opening[..., :size], opening[..., size:]
    g = xp.tanh(gates[..., 2 * size : 3 * size])
    o = sigmoid(xp, gates[..., 3 * size :])
    return i, f, g, o


def recall(xp: Namespace, p: CellParameters, projected: Array, state: State) -> Saved:
    """What the way back needs: (i, f, g, o, tanh(c'))."""
    i, f, g, o = _gates(xp, p, projected, state)
    return i, f, g, o, xp.tanh(f * state[1] + i * g)


def backward(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """One step back. d is the gradient by what follows it, a gate's being that by its value before the squashing:

        dc' += dh' * o * (1 - tanh(c')^2)
        di = dc' * g * i * (1 - i)        df = dc' * c * f * (1 - f)
        dg = dc' * i * (1 - g^2)          do = dh' * tanh(c') * o * (1 - o)
        dc = dc' * f                      dh = W_hh^T (di, df, dg, do)

    The way from c' to c has a single factor, f: where it stays near 1, gradients live on.
    """  # fmt: skip
    (_h, c), (d_h, d_c) = state, d_after
    i, f, g, o, turned = saved
    d_c = d_c + d_h * o * (1 - turned * turned)
    d_gates = xp.concat(
        [d_c * g * i * (1 - i), d_c * c * f * (1 - f), d_c * i * (1 - g * g), d_h * turned * o * (1 - o)], axis=-1
    )
    return StepGradients(d_gates, d_gates, (d_gates @ p.weight_hh, d_c * f))


LSTM = Cell("lstm", gates=("i", "f", "g", "o"), parts=("h", "c"), step=step, recall=recall, backward=backward)

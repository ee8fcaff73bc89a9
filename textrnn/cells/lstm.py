"""The long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000)."""

from __future__ import annotations

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array, Namespace, sigmoid


def step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step. Gates in the order i, f, g, o, as torch.nn.LSTM has them:

        i, f, o = sigmoid(.)        g = tanh(.)        each of W_ih x + b_ih + W_hh h + b_hh
        c' = f * c + i * g          h' = o * tanh(c')

    projected: W_ih x + b_ih, (..., 4H). state: (h, c), each (..., H).
    """  # fmt: skip
    h, c = state
    size = c.shape[-1]
    gates = projected + (h @ p.weight_hh.T + p.bias_hh)
    # i and f stand side by side: one call serves both
    opening = sigmoid(xp, gates[..., : 2 * size])
    i, f = opening[..., :size], opening[..., size:]
    g = xp.tanh(gates[..., 2 * size : 3 * size])
    o = sigmoid(xp, gates[..., 3 * size :])
    c = f * c + i * g
    return o * xp.tanh(c), c


LSTM = Cell(name="lstm", gates=("i", "f", "g", "o"), parts=("h", "c"), step=step)

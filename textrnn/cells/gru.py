"""The gated recurrent unit (Cho et al. 2014), in the form of cuDNN and torch: reset after the product."""

from __future__ import annotations

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array, Namespace, sigmoid


def step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step. Gates in the order r, z, n, as torch.nn.GRU has them:

        r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh)
        n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
        h' = (1 - z) * n + z * h

    Here z keeps the old state; Cho et al. write z for what we call 1 - z, and reset h before the product.
    projected: W_ih x + b_ih, (..., 3H). state: (h,), (..., H).
    """  # fmt: skip
    (h,) = state
    size = h.shape[-1]
    recurrent = h @ p.weight_hh.T + p.bias_hh
    opening = sigmoid(xp, projected[..., : 2 * size] + recurrent[..., : 2 * size])
    r, z = opening[..., :size], opening[..., size:]
    n = xp.tanh(projected[..., 2 * size :] + r * recurrent[..., 2 * size :])
    return (n + z * (h - n),)


GRU = Cell(name="gru", gates=("r", "z", "n"), parts=("h",), step=step)

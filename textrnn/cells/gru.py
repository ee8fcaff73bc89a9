"""The gated recurrent unit (Cho et al. 2014), in the form of cuDNN and torch: reset after the product."""

from __future__ import annotations

from textrnn.cells.cell import Cell, CellParameters, Saved, State, StepGradients
from textrnn.cells.functions import Array, Namespace, sigmoid


def step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step. Gates in the order r, z, n, as torch.nn.GRU has them:

        r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh)
        n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
        h' = (1 - z) * n + z * h

    Here z keeps the old state, as in Cho et al.; they reset h before the product, see `cells.gru_reset_before`.
    projected: W_ih x + b_ih, (..., 3H). state: (h,), (..., H).
    """  # fmt: skip
    _r, z, n, _reset = recall(xp, p, projected, state)
    return (n + z * (state[0] - n),)


def recall(xp: Namespace, p: CellParameters, projected: Array, state: State) -> Saved:
    """What the way back needs: (r, z, n, W_hn h + b_hn)."""
    (h,) = state
    size = h.shape[-1]
    recurrent = h @ p.weight_hh.T + p.bias_hh
    opening = sigmoid(xp, projected[..., : 2 * size] + recurrent[..., : 2 * size])
    r, z = opening[..., :size], opening[..., size:]
    n = xp.tanh(projected[..., 2 * size :] + r * recurrent[..., 2 * size :])
    return r, z, n, recurrent[..., 2 * size :]


def backward(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """One step back. d is the gradient by what follows it, a gate's being that by its value before the squashing:

        dn = dh' * (1 - z) * (1 - n^2)        dz = dh' * (h - n) * z * (1 - z)
        dr = dn * (W_hn h + b_hn) * r * (1 - r)
        dh = dh' * z + W_hh^T (dr, dz, dn * r)

    Inputs reach n whole, the state through r: the two gradients differ in their last third alone.
    """  # fmt: skip
    (h,), (d_h,) = state, d_after
    r, z, n, reset = saved
    d_n = d_h * (1 - z) * (1 - n * n)
    d_r = d_n * reset * r * (1 - r)
    d_z = d_h * (h - n) * z * (1 - z)
    d_recurrent = xp.concat([d_r, d_z, d_n * r], axis=-1)
    d_state = d_h * z + d_recurrent @ p.weight_hh
    return StepGradients(xp.concat([d_r, d_z, d_n], axis=-1), d_recurrent, (d_state,))


GRU = Cell("gru", gates=("r", "z", "n"), parts=("h",), step=step, recall=recall, backward=backward)

"""The gated recurrent unit as Cho et al. (2014) published it: the reset comes before the product.

In the table of cells stands the other one, `cells.gru`, whose three products are one. This one is here to be read and
compared, and for weights that were trained so (Keras with reset_after=False); `cells.gru_conventions` maps weights.
"""

from __future__ import annotations

from textrnn.cells.cell import Cell, CellParameters, Saved, State, StepGradients
from textrnn.cells.functions import Array, Namespace, sigmoid


def step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step. Gates in the order r, z, n:

        r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh)
        n = tanh(W_in x + b_in + W_hn (r * h) + b_hn)
        h' = (1 - z) * n + z * h

    projected: W_ih x + b_ih, (..., 3H). state: (h,), (..., H).
    """  # fmt: skip
    _r, z, n = recall(xp, p, projected, state)
    return (n + z * (state[0] - n),)


def recall(xp: Namespace, p: CellParameters, projected: Array, state: State) -> Saved:
    """What the way back needs: (r, z, n)."""
    (h,) = state
    size = h.shape[-1]
    recurrent = h @ p.weight_hh[: 2 * size].T + p.bias_hh[: 2 * size]
    opening = sigmoid(xp, projected[..., : 2 * size] + recurrent)
    r, z = opening[..., :size], opening[..., size:]
    n = xp.tanh(projected[..., 2 * size :] + ((r * h) @ p.weight_hh[2 * size :].T + p.bias_hh[2 * size :]))
    return r, z, n


def backward(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """One step back. d is the gradient by what follows it, a gate's being that by its value before the squashing:

        dn = dh' * (1 - z) * (1 - n^2)        dz = dh' * (h - n) * z * (1 - z)
        dq = W_hn^T dn, by q = r * h          dr = dq * h * r * (1 - r)
        dh = dh' * z + dq * r + W_hr^T dr + W_hz^T dz
    """  # fmt: skip
    (h,), (d_h,) = state, d_after
    r, z, n = saved
    size = h.shape[-1]
    d_n = d_h * (1 - z) * (1 - n * n)
    d_z = d_h * (h - n) * z * (1 - z)
    d_reset = d_n @ p.weight_hh[2 * size :]
    d_r = d_reset * h * r * (1 - r)
    d_opening = xp.concat([d_r, d_z], axis=-1)
    d_gates = xp.concat([d_opening, d_n], axis=-1)
    return StepGradients(d_gates, d_gates, (d_h * z + d_reset * r + d_opening @ p.weight_hh[: 2 * size],))


def factors(d_recurrent: Array, state: State, saved: Saved) -> tuple[tuple[Array, Array], ...]:
    """r and z read h, n reads r * h."""
    (h,), r = state, saved[0]
    size = h.shape[-1]
    return (d_recurrent[..., : 2 * size], h), (d_recurrent[..., 2 * size :], r * h)


GRU_RESET_BEFORE = Cell(
    "gru", gates=("r", "z", "n"), parts=("h",), step=step, recall=recall, backward=backward, factors=factors
)

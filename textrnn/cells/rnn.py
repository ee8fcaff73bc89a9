"""The vanilla recurrent cell (Elman 1990)."""

from __future__ import annotations

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array, Namespace


def tanh_step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step, as torch.nn.RNN has it:

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

    projected: W_ih x + b_ih, (..., H). state: (h,), (..., H).
    """  # fmt: skip
    (h,) = state
    return (xp.tanh(projected + (h @ p.weight_hh.T + p.bias_hh)),)


def relu_step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step with max(0, .) in place of tanh, as torch.nn.RNN with relu has it (Le, Jaitly & Hinton 2015)."""
    (h,) = state
    total = projected + (h @ p.weight_hh.T + p.bias_hh)
    # written so that NaN stays NaN
    return (xp.where(total < 0, xp.zeros_like(total), total),)


TANH = Cell(name="rnn", gates=("h",), parts=("h",), step=tanh_step)
RELU = Cell(name="rnn", gates=("h",), parts=("h",), step=relu_step)

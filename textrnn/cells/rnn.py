"""The vanilla recurrent cell (Elman 1990), with tanh or relu."""

from __future__ import annotations

from textrnn.cells.cell import Cell, CellParameters, Saved, State, StepGradients
from textrnn.cells.functions import Array, Namespace


def tanh_step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step, as torch.nn.RNN has it:

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

    projected: W_ih x + b_ih, (..., H). state: (h,), (..., H).
    """  # fmt: skip
    (h,) = state
    return (xp.tanh(projected + (h @ p.weight_hh.T + p.bias_hh)),)


def tanh_backward(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """One step back. With a = W_ih x + b_ih + W_hh h + b_hh and d for the gradient by what follows it:

        da = dh' * (1 - h' * h')        dh = W_hh^T da

    saved: (h',).
    """  # fmt: skip
    (after,), (d_h,) = saved, d_after
    d_total = d_h * (1 - after * after)
    return StepGradients(d_total, d_total, (d_total @ p.weight_hh,))


def relu_step(xp: Namespace, p: CellParameters, projected: Array, state: State) -> State:
    """One step with max(0, .) in place of tanh, as torch.nn.RNN with relu has it (Le, Jaitly & Hinton 2015)."""
    (h,) = state
    total = projected + (h @ p.weight_hh.T + p.bias_hh)
    # written so that NaN stays NaN
    return (xp.where(total < 0, xp.zeros_like(total), total),)


def relu_backward(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """One step back, as `tanh_backward`, with the slope of relu; at 0 that is 0, as torch takes it:

        da = dh' where h' > 0, else 0        dh = W_hh^T da
    """  # fmt: skip
    (after,), (d_h,) = saved, d_after
    d_total = xp.where(after <= 0, xp.zeros_like(d_h), d_h)
    return StepGradients(d_total, d_total, (d_total @ p.weight_hh,))


# what a step came to is all that its slope depends on
TANH = Cell("rnn", gates=("h",), parts=("h",), step=tanh_step, recall=tanh_step, backward=tanh_backward)
RELU = Cell("rnn", gates=("h",), parts=("h",), step=relu_step, recall=relu_step, backward=relu_backward)

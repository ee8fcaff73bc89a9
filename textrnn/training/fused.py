"""The loop over time with its own backward pass: compiled kernels between torch's matrix products.

The form `fused`, as `cells.plain` has it, with inputs (B, T, X); for a CPU, where numba is installed, and for the cells
that have kernels, whose state has one part. All inputs are multiplied at once, and all steps' gradients by a weight are
one product. Knows nothing of networks.
Shapes: B rows, T time, X inputs, H units, G gates; time leads inside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array
from textrnn.cells.jit import jit, jit_with
from textrnn.cells.vectorised import sigmoid, tanh
from textrnn.training.kernels import KERNELS, Kernels


def fused(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """(B, T, X) -> (B, T, H) and the final state, each part (B, H)."""
    y = _Recurrence.apply(cell, *p, x, *state)  # type: ignore[no-untyped-call]
    return y, (y[:, -1],)


@cache
def compiled(cell: Cell, dtype: torch.dtype) -> Kernels:
    """Return the kernels of `cell` as machine code; the first ever on a machine takes seconds."""
    kernels = KERNELS[cell]
    if dtype == torch.float64:
        return kernels._replace(forward=_precise(kernels.forward), backward=_precise(kernels.backward))
    return kernels._replace(forward=jit(kernels.forward), backward=jit(kernels.backward))


def _precise(kernel: Callable[..., None]) -> Any:
    """In float64, which is for proofs, with the C library's tanh."""
    return jit_with(kernel, (tanh, _tanh), (sigmoid, _sigmoid))


def _tanh(x: float) -> float:
    return math.tanh(x)


def _sigmoid(x: float) -> float:
    return 0.5 * math.tanh(0.5 * x) + 0.5


def _projected(weight_ih: Tensor | None, x: Tensor) -> Tensor:
    """Return what the inputs (T, B, X) give to the gates, without the biases, in room of its own."""
    return x.clone() if weight_ih is None else (x.flatten(0, 1) @ weight_ih.t()).view(*x.shape[:2], -1)


def _biases(kernels: Kernels, bias_ih: Tensor | None, bias_hh: Tensor) -> list[Tensor]:
    """Return the biases as the kernels want them."""
    if kernels.is_apart:
        return [torch.zeros_like(bias_hh) if bias_ih is None else bias_ih, bias_hh]
    return [bias_hh if bias_ih is None else bias_ih + bias_hh]


class _Recurrence(torch.autograd.Function):
    """(cell, weight_ih, weight_hh, bias_ih, bias_hh, inputs, first state) -> outputs."""

    @staticmethod
    def forward(ctx: Any, cell: Cell, *given: Tensor) -> Tensor:
        weight_ih, weight_hh, bias_ih, bias_hh, x, first = given
        kernels = compiled(cell, x.dtype)
        x = x.transpose(0, 1).contiguous()  # (T, B, X)
        gates = _projected(weight_ih, x)
        recurrent = torch.empty_like(gates) if kernels.is_apart else gates
        h = first.new_empty((len(x) + 1, *first.shape))
        h[0] = first
        buffers = (gates, recurrent, h) if kernels.is_apart else (gates, h)
        arrays = [buffer.numpy() for buffer in (*_biases(kernels, bias_ih, bias_hh), *buffers)]
        # products of a matrix that lies as it is read are faster by half
        weight = weight_hh.t().contiguous()
        before = h.unbind(0)
        for t, into in enumerate(recurrent.unbind(0)):
            if kernels.is_apart:
                torch.mm(before[t], weight, out=into)
            else:
                into.addmm_(before[t], weight)
            kernels.forward(t, *arrays)
        ctx.cell, ctx.buffers = cell, (gates, recurrent, h)
        ctx.save_for_backward(weight_ih, weight_hh, x)
        return h[1:].transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        weight_ih, weight_hh, x = ctx.saved_tensors
        kernels, (gates, recurrent, h) = compiled(ctx.cell, x.dtype), ctx.buffers
        # the gates become their own gradients: there is nothing to go back along a second time
        ctx.buffers = None
        d_h = torch.zeros_like(h[0])
        buffers = (gates, recurrent, h) if kernels.is_apart else (gates, h)
        arrays = [buffer.numpy() for buffer in (*buffers, dy.transpose(0, 1).contiguous(), d_h)]
        by_product = recurrent.unbind(0)
        for t in range(len(x) - 1, -1, -1):
            kernels.backward(t, *arrays)
            d_h.addmm_(by_product[t], weight_hh)
        by_input, by_product = gates.flatten(0, 1), recurrent.flatten(0, 1)  # (T, B, G*H) -> (T*B, G*H)
        d_weight_hh = by_product.t() @ h[:-1].flatten(0, 1)
        d_bias_hh = by_product.sum(0)
        if weight_ih is None:
            return None, None, d_weight_hh, None, d_bias_hh, gates.transpose(0, 1), d_h
        d_x = (by_input @ weight_ih).view_as(x).transpose(0, 1)
        d_weight_ih = by_input.t() @ x.flatten(0, 1)
        d_bias_ih = by_input.sum(0) if kernels.is_apart else d_bias_hh
        return None, d_weight_ih, d_weight_hh, d_bias_ih, d_bias_hh, d_x, d_h

"""The loop over time with its own backward pass: all steps of a direction in one call of compiled code.

The form `fused`, as `cells.plain` has it, with inputs (B, T, X); for a CPU where numba is installed. All inputs are
multiplied at once, and all steps' gradients by a weight are one product, both torch's; the steps between are
`loops`'. Rows are divided among threads, and no number depends on how many there are. Knows no network.
Shapes: B rows, T time, X inputs, H units, G gates; time leads inside.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.digits import Digits, new_digits
from textrnn.cells.functions import Array
from textrnn.cells.host import host
from textrnn.cells.jit import Exchange
from textrnn.cells.packed import Matrix, multiply, pack
from textrnn.cells.vectorised import sigmoid, tanh
from textrnn.training.division import by_rows
from textrnn.training.fused.kernels import KERNELS
from textrnn.training.fused.loops import Compiled, backwards, compiled, forwards

_LIBRARYS_TANH = math.tanh
# rows of a portion: fewer are not worth a thread of their own
_ROWS_OF_A_THREAD = 8


def fused(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """(B, T, X) -> (B, T, H) and the final state, each part (B, H)."""
    y, *kept = _Recurrence.apply(cell, *p, x, *state)  # type: ignore[no-untyped-call]
    return y, (y[:, -1], *kept)


def _tanh(x: float) -> float:
    return _LIBRARYS_TANH(x)


def _sigmoid(x: float) -> float:
    return 0.5 * _LIBRARYS_TANH(0.5 * x) + 0.5


def _multiply(out: Any, matrix: Matrix, x: Any, digits: Digits) -> None:
    """As `packed.multiply`, of a matrix that is a single panel."""
    for row in range(x.shape[0]):
        for column in range(matrix.bias.size):
            total = matrix.bias[column]
            for k in range(matrix.inputs):
                total += x[row, k] * matrix.panels[0, k, column]
            out[row, column] = total


def _packed(weight: Tensor, bias: Tensor | None) -> Matrix:
    """Return `weight` (N, X) as the kernels' product takes it."""
    matrix = weight.detach().numpy()
    added = np.zeros(len(matrix), matrix.dtype) if bias is None else bias.detach().numpy()
    if matrix.dtype == np.float32:
        return pack(matrix, None, added, host().width)
    return Matrix(matrix.shape[1], np.ascontiguousarray(matrix.T[None]), np.ones_like(added), added)


# float64 is for proofs, with the C library's tanh
_EXACT: tuple[Exchange, ...] = ((tanh, _tanh), (sigmoid, _sigmoid), (multiply, _multiply))


def _loops(cell: Cell, dtype: torch.dtype) -> Compiled:
    return compiled(cell, forwards, backwards, *(_EXACT if dtype == torch.float64 else ()))


class _Recurrence(torch.autograd.Function):
    """(cell, weight_ih, weight_hh, bias_ih, bias_hh, inputs, *first state) -> outputs, *last state.

    What is the last output is not among the parts of the last state.
    """

    @staticmethod
    def forward(ctx: Any, cell: Cell, *given: Tensor) -> tuple[Tensor, ...]:
        weight_ih, weight_hh, bias_ih, bias_hh, x, first, *parts = given
        x = x.transpose(0, 1).contiguous()  # (T, B, X)
        steps, rows = x.shape[:2]
        if weight_ih is None:
            gates = x.clone()
        else:
            gates = torch.addmm(bias_ih, x.flatten(0, 1), weight_ih.t()).view(steps, rows, -1)
        h = first.new_empty((steps + 1, *first.shape))
        h[0] = first
        kept = torch.empty_like(h) if KERNELS[cell].keeps else first.new_empty((0, 0, 0))
        for part in parts:
            kept[0] = part
        matrix = _packed(weight_hh, bias_hh)
        product = first.new_empty((rows, matrix.bias.size))
        arrays = [buffer.numpy() for buffer in (gates, product, h, kept)]
        by_rows(partial(_loops(cell, x.dtype).forwards, *arrays, matrix, new_digits(1, 1)), rows, _ROWS_OF_A_THREAD)
        ctx.cell, ctx.buffers = cell, (gates, h, kept)
        ctx.save_for_backward(weight_ih, weight_hh, x)
        return h[1:].transpose(0, 1), *(kept[-1].clone() for _ in parts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor, *d_parts: Tensor) -> tuple[Tensor | None, ...]:
        weight_ih, weight_hh, x = ctx.saved_tensors
        gates, h, kept = ctx.buffers
        # the gates become their own gradients: there is nothing to go back along a second time
        ctx.buffers = None
        rows = h.shape[1]
        matrix = _packed(weight_hh.t(), None)
        back, d_h = h.new_zeros((rows, matrix.bias.size)), torch.zeros_like(h[0])
        d_kept = d_parts[0].clone(memory_format=torch.contiguous_format) if d_parts else torch.empty_like(d_h)
        apart = torch.empty_like(gates) if KERNELS[ctx.cell].is_apart else gates.new_empty((0, 0, 0))
        by_product = apart if len(apart) else gates
        buffers = (gates, h, kept, dy.transpose(0, 1).contiguous(), back, d_h, d_kept, apart, by_product)
        arrays = [buffer.numpy() for buffer in buffers]
        by_rows(
            partial(_loops(ctx.cell, x.dtype).backwards, *arrays, matrix, new_digits(1, 1)), rows, _ROWS_OF_A_THREAD
        )
        d_first = (d_h + back[:, : h.shape[2]], *([d_kept] if d_parts else []))
        by_input, by_product = gates.flatten(0, 1), by_product.flatten(0, 1)  # (T, B, G*H) -> (T*B, G*H)
        d_weight_hh = by_product.t() @ h[:-1].flatten(0, 1)
        d_bias_hh = by_product.sum(0)
        if weight_ih is None:
            return None, None, d_weight_hh, None, d_bias_hh, gates.transpose(0, 1), *d_first
        d_x = (by_input @ weight_ih).view_as(x).transpose(0, 1)
        d_weight_ih = by_input.t() @ x.flatten(0, 1)
        d_bias_ih = by_input.sum(0) if len(apart) else d_bias_hh
        return None, d_weight_ih, d_weight_hh, d_bias_ih, d_bias_hh, d_x, *d_first

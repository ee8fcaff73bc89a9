"""A layer unrolled with products in the type of its weights, float32 or float64.

All inputs are multiplied at once, and all steps' gradients by a weight are one product, both torch's; the steps between
are `loops`'.
Shapes: as in `unrolled`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from textrnn.cells.cell import Cell, CellParameters
from textrnn.cells.digits import Digits, new_digits
from textrnn.cells.host import host
from textrnn.cells.jit import Exchange
from textrnn.cells.packed import Matrix, multiply, pack
from textrnn.cells.vectorised import sigmoid, tanh
from textrnn.training.fused.kernels import KERNELS
from textrnn.training.fused.loops import Compiled, backwards, compiled, forwards
from textrnn.training.fused.unrolled import Gradients, Unrolled

_LIBRARYS_TANH = math.tanh


class FullPrecision(Unrolled):
    """See `Unrolled`."""

    # fewer rows are not worth a thread of their own
    together = 8
    product_rows = 0

    def __init__(self, cell: Cell, p: CellParameters, x: Tensor, state: Sequence[Tensor]) -> None:
        """x: (T, B, X), contiguous. state: (B, H) each."""
        steps, self.rows = x.shape[:2]
        super().__init__(cell, steps, state)
        self._x = x
        if p.weight_ih is None:
            self._gates = x.clone()
        else:
            assert p.bias_ih is not None
            self._gates = torch.addmm(p.bias_ih, x.flatten(0, 1), p.weight_ih.t()).view(steps, self.rows, -1)
        matrix = _packed(p.weight_hh, p.bias_hh)
        product = x.new_empty((self.rows, matrix.bias.size))
        arrays = [buffer.numpy() for buffer in (self._gates, product, self.h, self.kept)]
        self.forwards = partial(_loops(cell, x.dtype).forwards, *arrays, matrix, new_digits(1, 1))

    def go_back(self, weight_ih: Tensor | None, weight_hh: Tensor, dy: Tensor, d_parts: Sequence[Tensor]) -> None:
        """See `Unrolled`."""
        matrix, gates = _packed(weight_hh.t(), None), self._gates
        d_h, d_kept, back = self._begin_back(matrix.bias.size, d_parts)
        is_apart = KERNELS[self._cell].is_apart
        apart = torch.empty_like(gates) if is_apart else gates.new_empty((0, 0, 0))
        by_product = apart if is_apart else gates
        buffers = (gates, self.h, self.kept, dy, back, d_h, d_kept, apart, by_product)
        arrays = [buffer.numpy() for buffer in buffers]
        self.backwards = partial(_loops(self._cell, dy.dtype).backwards, *arrays, matrix, new_digits(1, 1))
        self._back = weight_ih, by_product

    def products(self, first: int, last: int) -> None:
        """None: torch divides them itself."""

    def gradients(self) -> Gradients:
        """See `Unrolled`."""
        weight_ih, by_product = self._back
        is_apart = by_product is not self._gates
        by_input, by_product = self._gates.flatten(0, 1), by_product.flatten(0, 1)  # (T, B, G*H) -> (T*B, G*H)
        d_weight_hh, d_bias_hh = by_product.t() @ self.h[:-1].flatten(0, 1), by_product.sum(0)
        if weight_ih is None:
            return Gradients((None, d_weight_hh, None, d_bias_hh), self._gates)
        d_bias_ih = by_input.sum(0) if is_apart else d_bias_hh
        d_weight_ih, d_x = by_input.t() @ self._x.flatten(0, 1), (by_input @ weight_ih).view_as(self._x)
        return Gradients((d_weight_ih, d_weight_hh, d_bias_ih, d_bias_hh), d_x)


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

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
from textrnn.training.fused.kernels import KERNELS, Buffer
from textrnn.training.fused.loops import Compiled, backwards, compiled, forwards
from textrnn.training.fused.unrolled import Gradients, Unrolled

_LIBRARYS_TANH = math.tanh


class FullPrecision(Unrolled):
    """See `Unrolled`."""

    # fewer rows are not worth a thread of their own
    together = 8
    product_rows = 0

    def __init__(self, cell: Cell, p: CellParameters, x: Buffer, state: Sequence[Buffer]) -> None:
        """x: (T, B, X), contiguous. state: (B, H) each."""
        steps, self.rows = x.shape[:2]
        super().__init__(cell, steps, state)
        self._x = x
        if p.weight_ih is None:
            self._gates = x.copy()
        else:
            weight, bias = torch.from_numpy(p.weight_ih), torch.from_numpy(p.bias_ih)
            self._gates = torch.addmm(bias, _joined(x), weight.t()).view(steps, self.rows, -1).numpy()
        matrix = _packed(p.weight_hh, p.bias_hh)
        product = np.empty((self.rows, matrix.bias.size), x.dtype)
        loops = _loops(cell, x.dtype)
        self.forwards = partial(loops.forwards, self._gates, product, self.h, self.kept, matrix, new_digits(1, 1))

    def go_back(self, weight_ih: Buffer | None, weight_hh: Buffer, dy: Buffer, d_parts: Sequence[Buffer]) -> None:
        """See `Unrolled`."""
        matrix, gates = _packed(weight_hh.T, None), self._gates
        d_h, d_kept, back = self._begin_back(matrix.bias.size, d_parts)
        is_apart = KERNELS[self._cell].is_apart
        apart = np.empty_like(gates) if is_apart else gates[:0]
        by_product = apart if is_apart else gates
        self.backwards = partial(
            _loops(self._cell, dy.dtype).backwards, gates, self.h, self.kept, dy, back, d_h, d_kept, apart, by_product,
            matrix, new_digits(1, 1),
        )  # fmt: skip
        self._back = weight_ih, by_product

    def products(self, first: int, last: int) -> None:
        """None: torch divides them itself."""

    def gradients(self) -> Gradients:
        """See `Unrolled`."""
        weight_ih, by_product = self._back
        is_apart = by_product is not self._gates
        by_input, by_product = _joined(self._gates), _joined(by_product)  # (T, B, G*H) -> (T*B, G*H)
        d_weight_hh, d_bias_hh = (by_product.t() @ _joined(self.h[:-1])).numpy(), by_product.sum(0).numpy()
        if weight_ih is None:
            return Gradients((None, d_weight_hh, None, d_bias_hh), self._gates)
        # memory of its own either way: gradients are added to and scaled in place
        d_bias_ih = by_input.sum(0).numpy() if is_apart else d_bias_hh.copy()
        d_weight_ih = (by_input.t() @ _joined(self._x)).numpy()
        d_x = (by_input @ torch.from_numpy(weight_ih)).numpy().reshape(self._x.shape)
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


def _packed(weight: Buffer, bias: Buffer | None) -> Matrix:
    """Return `weight` (N, X) as the kernels' product takes it."""
    added = np.zeros(len(weight), weight.dtype) if bias is None else bias
    if weight.dtype == np.float32:
        return pack(weight, None, added, host().width)
    return Matrix(weight.shape[1], np.ascontiguousarray(weight.T[None]), np.ones_like(added), added)


# float64 is for proofs, with the C library's tanh
_EXACT: tuple[Exchange, ...] = ((tanh, _tanh), (sigmoid, _sigmoid), (multiply, _multiply))


def _loops(cell: Cell, dtype: np.dtype[Any]) -> Compiled:
    return compiled(cell, forwards, backwards, *(_EXACT if dtype == np.float64 else ()))


def _joined(steps: Buffer) -> Tensor:
    """(T, B, N) -> (T*B, N), for torch's product."""
    return torch.from_numpy(steps).flatten(0, 1)

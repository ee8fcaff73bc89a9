"""A layer unrolled with products of bfloat16 numbers, for a processor that has them.

All products are in compiled calls, so that threads wait for nobody. Weights, their gradients, sums, states and all that
stands between products are float32.
Shapes: as in `unrolled`; ' after a letter: filled up to whole tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from textrnn.cells.cell import Cell, CellParameters
from textrnn.cells.jit import Exchange, jit
from textrnn.cells.vectorised import sigmoid, tanh
from textrnn.training.fused import quick
from textrnn.training.fused.kernels import KERNELS, Buffer
from textrnn.training.fused.loops import backwards_rounded, compiled, forwards_rounded, product_rounded
from textrnn.training.fused.rounded_matrix import TWO_ONES, RoundedMatrix, pack, pack_turned, whole
from textrnn.training.fused.tiles import INPUTS, ROWS, SUMS
from textrnn.training.fused.unrolled import Gradients, Unrolled

_QUICK: tuple[Exchange, ...] = ((tanh, quick.tanh), (sigmoid, quick.sigmoid))


class Rounded(Unrolled):
    """See `Unrolled`."""

    together = ROWS

    def __init__(self, cell: Cell, p: CellParameters, x: Buffer, state: Sequence[Buffer]) -> None:
        """x: (T, B, X), contiguous. state: (B, H) each."""
        (steps, rows, inputs), (size, units) = x.shape, p.weight_hh.shape
        super().__init__(cell, steps, state)
        self.rows, self._size, self._inputs = whole(rows), size, inputs
        by_state = by_inputs = pack(p.weight_hh, p.bias_hh)
        self._gates = gates = np.empty((steps, whole(rows), whole(size)), np.float32)
        h_bits, self._h_turned = _bits(rows, units), _turned(gates, units)
        x_bits, self._x_turned = h_bits, self._h_turned[:0]
        if p.weight_ih is None:
            gates[:, :rows, :size] = x
            gates[:, :rows, size:] = 0
            x = x[:0]
        else:
            by_inputs = pack(p.weight_ih, p.bias_ih)
            x_bits, self._x_turned = _bits(rows, inputs), _turned(gates, inputs)
        self._loops = compiled(cell, forwards_rounded, backwards_rounded, *_QUICK)
        self.forwards = partial(
            self._loops.forwards, gates, np.empty_like(gates[0]), self.h, self.kept, x, x_bits, h_bits, self._x_turned,
            self._h_turned, by_inputs, by_state,
        )  # fmt: skip

    def go_back(self, weight_ih: Buffer | None, weight_hh: Buffer, dy: Buffer, d_parts: Sequence[Buffer]) -> None:
        """See `Unrolled`."""
        gates, rows, size = self._gates, dy.shape[1], self._size
        to_state = to_inputs = pack_turned(weight_hh)
        d_h, d_kept, back = self._begin_back(len(to_state.bias), d_parts)
        bits, tiles, d_x = _bits(rows, size), _tiles(gates), np.empty((0, 0, 0), np.float32)
        apart, apart_bits, apart_tiles = gates[:0], bits, tiles
        if KERNELS[self._cell].is_apart:
            apart, apart_bits, apart_tiles = np.zeros_like(gates), _bits(rows, size), _tiles(gates)
        if weight_ih is not None:
            to_inputs = pack_turned(weight_ih)
            d_x = np.empty((*gates.shape[:2], len(to_inputs.bias)), np.float32)
        self.backwards = partial(
            self._loops.backwards, gates, self.h, self.kept, dy, back, d_h, d_kept, apart, bits, apart_bits, tiles,
            apart_tiles, d_x, to_inputs, to_state,
        )  # fmt: skip
        self._by_inputs, self._by_state = _Product(tiles, self._x_turned), _Product(apart_tiles, self._h_turned)
        self.product_rows = self._by_inputs.rows + self._by_state.rows
        self._d_x = d_x

    def products(self, first: int, last: int) -> None:
        """See `Unrolled`."""
        edge = self._by_inputs.rows
        self._by_inputs(min(first, edge), min(last, edge))
        self._by_state(max(first, edge) - edge, max(last, edge) - edge)

    def gradients(self) -> Gradients:
        """See `Unrolled`."""
        d_weight_hh, d_bias_hh = self._by_state.gradients(self._size, self.h.shape[2])
        if not len(self._d_x):
            return Gradients((None, d_weight_hh, None, d_bias_hh), self._gates)
        d_weight_ih, d_bias_ih = self._by_inputs.gradients(self._size, self._inputs)
        return Gradients((d_weight_ih, d_weight_hh, d_bias_ih, d_bias_hh), self._d_x)


class _Product:
    """The gradients by a weight (G*H, X) and by its bias.

    tiles: the gradient by what both give, (T * B', G*H'), as a matrix has it. turned: the inputs, as `_turned` says.
    """

    def __init__(self, tiles: Buffer, turned: Buffer) -> None:
        matrix = RoundedMatrix(tiles.view(np.int16), np.zeros(len(tiles) * SUMS, np.float32))
        self.rows = len(turned) * ROWS
        self._found = np.empty((self.rows, len(matrix.bias)), np.float32)
        self._multiply = partial(jit(product_rounded), self._found, matrix, turned.view(np.int16))

    def __call__(self, first: int, last: int) -> None:
        """Multiply some rows."""
        if first < last:
            self._multiply(first, last)

    def gradients(self, size: int, inputs: int) -> tuple[Buffer, Buffer]:
        """Return (G*H, X) and (G*H,)."""
        return np.ascontiguousarray(self._found[:inputs, :size].T), self._found[inputs, :size]


def _turned(gates: Buffer, inputs: int) -> Buffer:
    """Return room for the inputs of all rows and steps, and for one more, which is 1 for the bias: (X', T * B').

    In tiles, each number two of bfloat16.
    """
    columns = gates.shape[0] * gates.shape[1]
    found = np.empty((inputs // ROWS + 1, columns // INPUTS, ROWS, INPUTS // 2), np.int32)
    found[inputs // ROWS :] = TWO_ONES
    return found


def _tiles(gates: Buffer) -> Buffer:
    """Return room for (T, B', G*H') as the tiles of a matrix, each number two of bfloat16."""
    steps, rows, size = gates.shape
    return np.empty((size // SUMS, steps * rows // INPUTS, ROWS, SUMS), np.int32)


def _bits(rows: int, size: int) -> Buffer:
    """Return room for the rows of a step in bfloat16, (B', X'), with zeros where it is wider and higher."""
    return np.zeros((whole(rows), whole(size)), np.int16)

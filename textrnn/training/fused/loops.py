"""The loop over time of a training layer, forwards and backwards, in products of float32 and of bfloat16 numbers.

In and out: buffers of a whole sequence and packed weights, written in place. Compiled by numba, with a cell's steps out
of `kernels` in the place of the two that stand for them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from textrnn.cells.cell import Cell
from textrnn.cells.digits import Digits
from textrnn.cells.jit import Exchange, jit
from textrnn.cells.packed import Matrix, multiply
from textrnn.training.fused.kernels import KERNELS, Buffer
from textrnn.training.fused.rounded_matrix import RoundedMatrix, round_rows, tile_rows, turn_rows
from textrnn.training.fused.rounded_matrix import multiply as multiply_rounded
from textrnn.training.fused.tiles import ROWS


class Compiled(NamedTuple):
    """Both ways of a cell as machine code."""

    forwards: Any
    backwards: Any


@cache
def compiled(cell: Cell, forwards: Callable[..., None], backwards: Callable[..., None], *others: Exchange) -> Compiled:
    """Return two of the loops below with the steps of `cell`; the first ever on a machine takes seconds.

    others: as `jit` has them.
    """
    kernels = KERNELS[cell]
    return Compiled(
        jit(forwards, (step_forward, kernels.forward), *others),
        jit(backwards, (step_backward, kernels.backward), *others),
    )


def step_forward(t: int, gates: Buffer, product: Buffer, h: Buffer, kept: Buffer, first: int, last: int) -> None:
    """Stands for a cell's own step, which is compiled in its place."""
    raise NotImplementedError


def step_backward(
    t: int, gates: Buffer, h: Buffer, kept: Buffer, dy: Buffer, back: Buffer, d_h: Buffer, d_kept: Buffer,
    apart: Buffer, first: int, last: int,
) -> None:  # fmt: skip
    """Stands for a cell's own step back, which is compiled in its place."""
    raise NotImplementedError


def forwards(
    gates: Buffer, product: Buffer, h: Buffer, kept: Buffer, matrix: Matrix, digits: Digits, first: int, last: int
) -> None:
    """Read all steps. matrix: W_hh with b_hh."""
    for t in range(gates.shape[0]):
        multiply(product[first:last], matrix, h[t][first:last], digits)
        step_forward(t, gates, product, h, kept, first, last)


def backwards(
    gates: Buffer, h: Buffer, kept: Buffer, dy: Buffer, back: Buffer, d_h: Buffer, d_kept: Buffer, apart: Buffer,
    by_product: Buffer, matrix: Matrix, digits: Digits, first: int, last: int,
) -> None:  # fmt: skip
    """Go back over all steps. by_product: `apart`, or `gates` for who has none. matrix: W_hh turned round."""
    for t in range(gates.shape[0] - 1, -1, -1):
        step_backward(t, gates, h, kept, dy, back, d_h, d_kept, apart, first, last)
        multiply(back[first:last], matrix, by_product[t][first:last], digits)


def forwards_rounded(
    gates: Buffer, product: Buffer, h: Buffer, kept: Buffer, x: Buffer, x_bits: Buffer, h_bits: Buffer,
    x_turned: Buffer, h_turned: Buffer, by_inputs: RoundedMatrix, by_state: RoundedMatrix, first: int, last: int,
) -> None:  # fmt: skip
    """As `forwards`, from the inputs where there are any."""
    # rows that fill the last tile are multiplied, and never looked at
    real = min(last, h.shape[1])
    for t in range(gates.shape[0]):
        place = t * gates.shape[1]
        if x.size:
            round_rows(x_bits, x[t], first, real)
            turn_rows(x_turned, x_bits, x.shape[2], place, first, last)
            multiply_rounded(gates[t][first:last], by_inputs, x_bits[first:last])
        round_rows(h_bits, h[t], first, real)
        turn_rows(h_turned, h_bits, h.shape[2], place, first, last)
        multiply_rounded(product[first:last], by_state, h_bits[first:last])
        step_forward(t, gates, product, h, kept, first, real)


def backwards_rounded(
    gates: Buffer, h: Buffer, kept: Buffer, dy: Buffer, back: Buffer, d_h: Buffer, d_kept: Buffer, apart: Buffer,
    bits: Buffer, apart_bits: Buffer, tiles: Buffer, apart_tiles: Buffer, d_x: Buffer, to_inputs: RoundedMatrix,
    to_state: RoundedMatrix, first: int, last: int,
) -> None:  # fmt: skip
    """As `backwards`, to the inputs where there are any."""
    real = min(last, h.shape[1])
    for t in range(gates.shape[0] - 1, -1, -1):
        place = t * gates.shape[1]
        step_backward(t, gates, h, kept, dy, back, d_h, d_kept, apart, first, real)
        round_rows(bits, gates[t], first, real)
        tile_rows(tiles, bits, place, first, last)
        if apart.size:
            round_rows(apart_bits, apart[t], first, real)
            tile_rows(apart_tiles, apart_bits, place, first, last)
        multiply_rounded(back[first:last], to_state, apart_bits[first:last])
        if d_x.size:
            multiply_rounded(d_x[t][first:last], to_inputs, bits[first:last])


def product_rounded(out: Buffer, matrix: RoundedMatrix, x: Buffer, first: int, last: int) -> None:
    """Write some rows of x, which is in tiles, times the matrix."""
    multiply_rounded(out[first:last], matrix, x[first // ROWS : last // ROWS])

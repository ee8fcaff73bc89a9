"""A matrix and rows in bfloat16 (8 bits of mantissa) for products whose sums are float32, and the product.

In: a weight (N, X). Out: the matrix in tiles; rows times it, plus a bias. The body of `multiply` is the definition, on
NumPy; its compiled form is for processors with AMX or with AVX-512's BF16, and `tiles` or `dots` write it. bfloat16
numbers are the upper halves of float32 ones, here as int16.

A tile of weights holds 16 outputs and 32 inputs: for one pair of inputs after the other both weights of every output.
What is missing of the last tile is zero.
Shapes: B rows, X inputs, N outputs; ' after a letter: filled up to a multiple of `TOGETHER`.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.cells.arguments import array, parts
from textrnn.cells.jit import emitted, jit
from textrnn.training.fused import tiles as in_tiles
from textrnn.training.fused.dots import DotProduct
from textrnn.training.fused.tiles import INPUTS, PAIR, ROW_BYTES, ROWS, SUMS, Arguments, TileProduct

# inputs of a tile, outputs of two, and rows of two
TOGETHER = INPUTS
# 1 twice
TWO_ONES = 0x3F803F80
Bits = npt.NDArray[np.int16]
Rows = npt.NDArray[np.float32]

_HALF_BITS, _HALF, _LOW_BITS = np.uint32(16), np.int32(16), np.int32(0xFFFF)
_JUST_BELOW_HALF, _LAST_BIT, _NAN = np.uint32(0x7FFF), np.uint32(1), np.uint32(0x7FC00000)


class RoundedMatrix(NamedTuple):
    """tiles: (N' / 16, X' / 32, 16, 32): of 16 outputs and 32 inputs, and in it of each pair of inputs. bias: (N',)."""

    tiles: Bits
    bias: Rows


def whole(count: int) -> int:
    """Return `count` rows, inputs or outputs, filled up to what a product takes at once of any of them."""
    return -(-count // TOGETHER) * TOGETHER


def pack(weight: Rows, bias: Rows | None = None) -> RoundedMatrix:
    """Return `weight` (N, X), bias (N,) or None for zeros, as the product takes them."""
    tiles = jit(tiles_of_outputs)(weight, whole(weight.shape[0]), whole(weight.shape[1]))
    added = np.zeros(len(tiles) * SUMS, np.float32)
    if bias is not None:
        added[: len(bias)] = bias
    return RoundedMatrix(tiles.view(np.int16), added)


def pack_turned(weight: Rows) -> RoundedMatrix:
    """Return `weight` (X, N), whose rows are the inputs, as the product takes it."""
    tiles = jit(tiles_of_inputs)(weight, whole(weight.shape[0]), whole(weight.shape[1]))
    return RoundedMatrix(tiles.view(np.int16), np.zeros(len(tiles) * SUMS, np.float32))


def tiles_of_outputs(weight: Rows, outputs: int, inputs: int) -> Any:
    """Return the tiles of a weight whose rows are outputs, two numbers in one. outputs, inputs: N' and X'."""
    bits = np.zeros((outputs, inputs), np.int16)
    round_rows(bits, weight, 0, weight.shape[0])
    tiles = np.empty((outputs // SUMS, inputs // INPUTS, ROWS, SUMS), np.int32)
    pairs = bits.view(np.int32)
    for column in range(outputs // SUMS):
        own, of = pairs[SUMS * column : SUMS * column + SUMS], tiles[column]
        for pair in range(inputs // 2):
            into = of[pair // ROWS, pair % ROWS]
            for j in range(SUMS):
                into[j] = own[j, pair]
    return tiles


def tiles_of_inputs(weight: Rows, inputs: int, outputs: int) -> Any:
    """Return the tiles of a weight whose rows are inputs, two numbers in one. inputs, outputs: X' and N'."""
    bits = np.zeros((inputs, outputs), np.int16)
    round_rows(bits, weight, 0, weight.shape[0])
    tiles = np.empty((outputs // SUMS, inputs // INPUTS, ROWS, SUMS), np.int32)
    tile_rows(tiles, bits, 0, 0, inputs)
    return tiles


def emit_multiply() -> Any:
    """Return the compiled form of `multiply`. Where tiles are known the process must have been let use them."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        of, kinds = partial(array, context, builder), signature.args
        (tiles, tiles_kind), (bias, bias_kind) = parts(builder, values[1], kinds[1])
        weights, (columns, blocks, _, _), _ = of(tiles, tiles_kind)
        out, _, (out_stride, _) = of(values[0], kinds[0])
        x, shape, strides = of(values[2], kinds[2])
        size, byte = out_stride.type, ir.IntType(8).as_pointer()
        if kinds[2].ndim == 2:
            rows, x_stride = builder.udiv(shape[0], size(ROWS)), builder.mul(strides[0], size(2))
            x_right, x_down = size(ROW_BYTES), builder.mul(x_stride, size(ROWS))
        else:
            rows = shape[0]
            x_down, x_right, x_stride = (builder.mul(stride, size(2)) for stride in strides[:3])
        out, weights, added, x = (builder.bitcast(one, byte) for one in (out, weights, of(bias, bias_kind)[0], x))
        found = Arguments(
            out, builder.mul(out_stride, size(4)), weights, added, x, x_stride, x_right, x_down, rows,
            builder.udiv(columns, size(PAIR)), blocks,
        )  # fmt: skip
        product = TileProduct if in_tiles.are_known() else DotProduct
        builder.call(product(builder.module).function, found)
        return context.get_dummy_value()

    @intrinsic
    def product(typing_context: Any, out: Any, matrix: Any, x: Any) -> Any:
        return types.void(out, matrix, x), generate

    return product


@emitted(emit_multiply)
def multiply(out: Rows, matrix: RoundedMatrix, x: Bits) -> None:
    """out = x @ matrix + bias. x: (B', X' or more), or in tiles, (B' / 16, X' / 32, 16, 32).

    out: (B', N' or more), of which N' columns are written.
    """
    tiles, bias = matrix
    columns, blocks = tiles.shape[:2]
    pairs = widened(tiles).reshape(columns, blocks, INPUTS // 2, SUMS, 2)
    weight = pairs.transpose(0, 3, 1, 2, 4).reshape(columns * SUMS, blocks * INPUTS)
    if x.ndim > 2:
        x = x.transpose(0, 2, 1, 3).reshape(-1, blocks * INPUTS)
    out[:, : bias.size] = widened(x[:, : weight.shape[1]]) @ weight.T + bias


def widened(bits: Bits) -> Rows:
    """Return bfloat16 numbers as float32."""
    found: Rows = (bits.view(np.uint16).astype(np.uint32) << _HALF_BITS).view(np.float32)
    return found


def round_rows(out: Any, x: Any, first: int, last: int) -> None:
    """Write the nearest bfloat16 numbers of x (B, X) into `out` (B, X or more), of ties the even one. NaN stays NaN."""
    for row in range(first, last):
        values, bits = x[row], out[row]
        for j in range(values.size):
            wide = np.float32(values[j]).view(np.uint32)
            # what is added would carry some of them over to zero, or to infinity
            wide = _NAN if values[j] != values[j] else wide
            # the types are said again: numba widens the results of integers
            last_bit = np.uint32(np.uint32(wide >> _HALF_BITS) & _LAST_BIT)
            bits[j] = np.int16(np.uint32(np.uint32(wide + np.uint32(_JUST_BELOW_HALF + last_bit)) >> _HALF_BITS))


def tile_rows(tiles: Any, bits: Any, place: int, first: int, last: int) -> None:
    """Lay some rows of `bits` (B', N') into the tiles of a matrix: rows are its inputs, the first of all is `place`."""
    for pair in range(first // 2, last // 2):
        one, other, at = bits[2 * pair], bits[2 * pair + 1], place // 2 + pair
        for output in range(tiles.shape[0]):
            ones, others = one[SUMS * output : SUMS * output + SUMS], other[SUMS * output : SUMS * output + SUMS]
            into = tiles[output, at // ROWS, at % ROWS]
            for j in range(into.size):
                into[j] = _joined(ones[j], others[j])


def turn_rows(turned: Any, bits: Any, inputs: int, place: int, first: int, last: int) -> None:
    """Write some rows of `bits` (B', X') as inputs of rows in tiles, the first of all is `place`: `bits` turned round.

    turned: each number two of bfloat16.
    """
    for pair in range(first // 2, last // 2):
        one, other, at = bits[2 * pair], bits[2 * pair + 1], place // 2 + pair
        for j in range(inputs):
            turned[j // ROWS, at // ROWS, j % ROWS, at % ROWS] = _joined(one[j], other[j])


def _joined(one: Any, other: Any) -> Any:
    """Return two numbers of 16 bits as one of 32."""
    return np.int32(np.int32(one) & _LOW_BITS) | np.int32(np.int32(other) << _HALF)

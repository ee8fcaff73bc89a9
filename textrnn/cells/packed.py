"""A matrix packed for products, and the product: the definition on NumPy, and the place of its compiled form.

In: a weight (N, X) in float32 or int8; rows x (B, X) in float32. Out: the matrix in panels; x times it, plus a bias.
`product` and `tile` write the compiled form. Knows nothing of cells.

A panel holds `width` outputs, and for one input after the other the weights of all of them side by side: a product
reads its memory from beginning to end. In int8 two inputs take turns within a panel's row, as instructions that
multiply pairs want them. What is missing of the last panel, and of the last pair, is zero.

Every output is one sum over the inputs in their order, alone or beside other rows: the same bits for every B. In int8
the inputs are whole numbers too (see `digits`), and the sums are exact.
Shapes: B rows, X inputs, X' inputs in whole pairs, N outputs, P panels, W a panel's width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.cells.digits import Digits, Rows, digits_of
from textrnn.cells.jit import emitted
from textrnn.cells.product import emit_product

Vector = npt.NDArray[np.float32]

_ZERO, _ONE = np.float32(0), np.float32(1)
# bytes of a line of the cache, and of the widest vector
_ALIGNMENT = 64


class Matrix(NamedTuple):
    """A packed matrix. inputs: X. panels: (P, X', W), float32 or int8. scales, bias: (P*W,)."""

    inputs: int
    panels: npt.NDArray[Any]
    scales: Vector
    bias: Vector


def pack(weight: npt.NDArray[Any], scales: Vector | None, bias: Vector | None, width: int) -> Matrix:
    """Return `weight` (N, X) in panels; scales, bias: (N,), None for ones and for zeros."""
    outputs, inputs = weight.shape
    pair = inputs_together(weight.dtype)
    columns = -(-outputs // width) * width
    whole = np.zeros((columns, -(-inputs // pair) * pair), weight.dtype)
    whole[:outputs, :inputs] = weight
    panels = (
        whole.reshape(-1, width, whole.shape[1] // pair, pair).transpose(0, 2, 1, 3).reshape(-1, whole.shape[1], width)
    )
    return Matrix(inputs, aligned(panels), _filled(scales, columns, _ONE), _filled(bias, columns, _ZERO))


def inputs_together(dtype: Any) -> int:
    """Return how many inputs stand together in a panel's row."""
    return 2 if dtype == np.int8 else 1


def aligned(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a copy that begins where a line of the cache does, so that no vector lies across two."""
    room = np.empty(array.nbytes + _ALIGNMENT, np.uint8)
    first = -room.ctypes.data % _ALIGNMENT
    copied = room[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
    copied[...] = array
    return copied


@emitted(emit_product)
def multiply(out: Rows, matrix: Matrix, x: Rows, digits: Digits) -> None:
    """out = x @ matrix + bias. x: (B, X or more). out: (B, P*W or more), of which P*W columns are written.

    digits: written where the matrix is in int8; `digits_of` makes them.
    """
    inputs, panels, scales, bias = matrix
    count, padded, width = panels.shape
    pair = inputs_together(panels.dtype)
    weights = panels.reshape(count, padded // pair, width, pair).transpose(1, 3, 0, 2).reshape(padded, count * width)
    if pair == 1:
        out[:, : count * width] = x[:, :inputs] @ weights + bias
        return
    digits_of(x, inputs, padded, *digits)
    # sums of whole numbers are exact in float64 too
    sums = digits.whole[:, :, :padded].astype(np.float64) @ weights.astype(np.float64)  # (B, 2, P*W)
    with np.errstate(invalid="ignore"):
        out[:, : count * width] = (sums * digits.steps[:, :, None]).sum(1) * scales + bias


def _filled(values: Vector | None, size: int, fill: np.float32) -> Vector:
    found = np.full(size, fill, np.float32)
    if values is not None:
        found[: len(values)] = values
    return found

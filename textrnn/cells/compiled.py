"""The loop over time in its compiled form: the equations once more, in float32.

In: a cell, its parameters, inputs (..., T, X) and a state. Out: what `plain` gives, up to rounding. The functions below
are written in the part of Python that numba compiles and write into arrays they are given; whoever compiles a longer
loop calls the same ones. A matrix stands as (X, N), a column for each output, in float32 or in int8 with a scale for
each column. Knows nothing of networks.

Every output is summed over its inputs in their order, whatever the vector instructions: the same weights and inputs
give the same bits in every loop. Shapes: B rows, X inputs, N outputs, H units, G gates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.cells.cell import Cell, CellParameters, State, project
from textrnn.cells.functions import Array
from textrnn.cells.jit import jit
from textrnn.cells.table import CELLS
from textrnn.cells.vectorised import sigmoid, tanh

Vector = npt.NDArray[np.float32]
Rows = npt.NDArray[np.float32]  # (B, ...)
Matrix = npt.NDArray[Any]  # float32 or int8

# a cell's number in compiled code, which cannot be handed a function
RNN_TANH, RNN_RELU, LSTM, GRU = range(4)
NUMBERS: dict[tuple[str, str], int] = {
    ("rnn", "tanh"): RNN_TANH, ("rnn", "relu"): RNN_RELU, ("lstm", "tanh"): LSTM, ("gru", "tanh"): GRU,
}  # fmt: skip

_ZERO = np.float32(0)
# columns multiplied at once: eight rows of them stay in the first cache while all rows of a batch pass
_TILE = 512


def number_of(cell: Cell) -> int:
    """Return the number of `cell` in compiled code."""
    return next(number for key, number in NUMBERS.items() if CELLS[key] is cell)


def multiply(out: Rows, weights: Matrix, scales: Vector, bias: Vector, x: Rows) -> None:
    """out = x @ (weights * scales) + bias, for weights (X, N), x (B, X or more) and out (B, N or more).

    Columns are taken in tiles and inputs eight at a time: what is read of the weights serves every row, and the outputs
    are read less often. No order of rows or tiles changes the order of a sum.
    """
    inputs, outputs = weights.shape
    if x.shape[0] == 1:
        _multiply_row(out[0][:outputs], weights, scales, bias, x[0])
        return
    for first in range(0, outputs, _TILE):
        last = min(first + _TILE, outputs)
        for row in range(x.shape[0]):
            out[row][first:last] = _ZERO
        k = 0
        while k + 8 <= inputs:
            for row in range(x.shape[0]):
                _add_eight(out[row][first:last], weights, k, first, x[row])
            k += 8
        while k < inputs:
            for row in range(x.shape[0]):
                _add_one(out[row][first:last], weights[k][first:last], x[row, k])
            k += 1
        for row in range(x.shape[0]):
            _scale(out[row][first:last], scales[first:last], bias[first:last])


def _multiply_row(out: Vector, weights: Matrix, scales: Vector, bias: Vector, x: Vector) -> None:
    """The same sums for one row, without tiles: no other row reads the weights, and cutting takes time."""
    inputs, k = weights.shape[0], 0
    out[:] = _ZERO
    while k + 8 <= inputs:
        x0, x1, x2, x3, x4, x5, x6, x7 = x[k], x[k + 1], x[k + 2], x[k + 3], x[k + 4], x[k + 5], x[k + 6], x[k + 7]
        w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        w4, w5, w6, w7 = weights[k + 4], weights[k + 5], weights[k + 6], weights[k + 7]
        for j in range(out.size):
            total = out[j] + np.float32(w0[j]) * x0
            total = total + np.float32(w1[j]) * x1
            total = total + np.float32(w2[j]) * x2
            total = total + np.float32(w3[j]) * x3
            total = total + np.float32(w4[j]) * x4
            total = total + np.float32(w5[j]) * x5
            total = total + np.float32(w6[j]) * x6
            out[j] = total + np.float32(w7[j]) * x7
        k += 8
    while k < inputs:
        _add_one(out, weights[k], x[k])
        k += 1
    _scale(out, scales, bias)


def _add_eight(out: Vector, weights: Matrix, k: int, first: int, x: Vector) -> None:
    last = first + out.size
    x0, x1, x2, x3, x4, x5, x6, x7 = x[k], x[k + 1], x[k + 2], x[k + 3], x[k + 4], x[k + 5], x[k + 6], x[k + 7]
    # a row, then a part of it: the compiler then knows that its elements stand side by side
    w0, w1 = weights[k][first:last], weights[k + 1][first:last]
    w2, w3 = weights[k + 2][first:last], weights[k + 3][first:last]
    w4, w5 = weights[k + 4][first:last], weights[k + 5][first:last]
    w6, w7 = weights[k + 6][first:last], weights[k + 7][first:last]
    for j in range(out.size):
        total = out[j] + np.float32(w0[j]) * x0
        total = total + np.float32(w1[j]) * x1
        total = total + np.float32(w2[j]) * x2
        total = total + np.float32(w3[j]) * x3
        total = total + np.float32(w4[j]) * x4
        total = total + np.float32(w5[j]) * x5
        total = total + np.float32(w6[j]) * x6
        out[j] = total + np.float32(w7[j]) * x7


def _add_one(out: Vector, weights: Vector, x: np.float32) -> None:
    for j in range(out.size):
        out[j] = out[j] + np.float32(weights[j]) * x


def _scale(out: Vector, scales: Vector, bias: Vector) -> None:
    for j in range(out.size):
        out[j] = out[j] * scales[j] + bias[j]


def step(number: int, gates: Vector, recurrent: Vector, state: npt.NDArray[np.float32]) -> None:
    """One step of the cell with this number, its state (parts, H) in place.

    gates: W_ih x + b_ih, (G*H,), overwritten. recurrent: W_hh h + b_hh, (G*H,).
    """
    h = state[0]
    size = h.size
    if number == GRU:
        add(gates[: 2 * size], recurrent[: 2 * size])
        squash(gates[: 2 * size])
        r, z, n = gates[:size], gates[size : 2 * size], gates[2 * size :]
        multiply_add(n, r, recurrent[2 * size :])
        squash_evenly(n)
        for j in range(size):
            h[j] = n[j] + z[j] * (h[j] - n[j])
        return
    add(gates, recurrent)
    if number == LSTM:
        c = state[1]
        squash(gates[: 2 * size])
        squash_evenly(gates[2 * size : 3 * size])
        squash(gates[3 * size :])
        i, f, g, o = gates[:size], gates[size : 2 * size], gates[2 * size : 3 * size], gates[3 * size :]
        for j in range(size):
            c[j] = f[j] * c[j] + i[j] * g[j]
        for j in range(size):
            h[j] = o[j] * tanh(c[j])
    elif number == RNN_TANH:
        squash_evenly(gates)
        h[:] = gates
    else:
        for j in range(size):
            # written so that NaN stays NaN
            h[j] = _ZERO if gates[j] < _ZERO else gates[j]


def add(values: Vector, others: Vector) -> None:
    """Add to `values`."""
    for j in range(values.size):
        values[j] = values[j] + others[j]


def multiply_add(values: Vector, a: Vector, b: Vector) -> None:
    """Add a * b to `values`."""
    for j in range(values.size):
        values[j] = values[j] + a[j] * b[j]


def squash(values: Vector) -> None:
    """Put the sigmoid in the place of every value."""
    for j in range(values.size):
        values[j] = sigmoid(values[j])


def squash_evenly(values: Vector) -> None:
    """Put the tanh in the place of every value."""
    for j in range(values.size):
        values[j] = tanh(values[j])


def run(number: int, projected: Any, weights: Matrix, scales: Vector, bias: Vector, state: Any, outputs: Any) -> None:
    """Run one layer over the rows of `projected` (B, T, G*H) into `outputs` (B, T, H); state: (B, parts, H)."""
    rows, steps, columns = projected.shape
    h = np.empty((rows, state.shape[2]), np.float32)
    recurrent = np.empty((rows, columns), np.float32)
    for t in range(steps):
        h[:] = state[:, 0]
        multiply(recurrent, weights, scales, bias, h)
        for row in range(rows):
            step(number, projected[row, t], recurrent[row], state[row])
            outputs[row, t] = state[row, 0]


def compiled(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """Run `cell` over the time axis of `x`, the last but one: (..., T, X) -> (..., T, H), final state. Needs numba."""
    *leading, steps, _ = x.shape
    size = p.weight_hh.shape[1]
    gates = len(cell.gates) * size
    projected = np.array(project(p, x), np.float32, order="C").reshape(-1, steps, gates)
    parts = np.stack([np.asarray(part, np.float32).reshape(-1, size) for part in state], axis=1)  # (B, parts, H)
    outputs = np.empty((len(projected), steps, size), np.float32)
    weights = np.ascontiguousarray(p.weight_hh.T, np.float32)
    scales, bias = np.ones(gates, np.float32), np.ascontiguousarray(p.bias_hh, np.float32)
    jit(run)(number_of(cell), projected, weights, scales, bias, parts, outputs)
    after = tuple(parts[:, number].reshape(*leading, size) for number in range(len(state)))
    return outputs.reshape(*leading, steps, size), after

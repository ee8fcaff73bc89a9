"""The loop over time in its compiled form: the equations once more, in float32.

In: a cell, its parameters, inputs (..., T, X) and a state. Out: what `plain` gives, up to rounding. The functions below
are written in the part of Python that numba compiles and write into arrays they are given; whoever compiles a longer
loop calls the same ones, and the product of `packed`, whose bits are the same for a row alone and beside others. Knows
nothing of networks. Shapes: B rows, X inputs, H units, G gates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.cells.cell import Cell, CellParameters, State, project
from textrnn.cells.digits import Digits, new_digits
from textrnn.cells.functions import Array
from textrnn.cells.host import host
from textrnn.cells.jit import jit
from textrnn.cells.packed import Matrix, Vector, multiply, pack
from textrnn.cells.table import CELLS
from textrnn.cells.vectorised import sigmoid, tanh

# a cell's number in compiled code, which cannot be handed a function
RNN_TANH, RNN_RELU, LSTM, GRU = range(4)
NUMBERS: dict[tuple[str, str], int] = {
    ("rnn", "tanh"): RNN_TANH, ("rnn", "relu"): RNN_RELU, ("lstm", "tanh"): LSTM, ("gru", "tanh"): GRU,
}  # fmt: skip

_ZERO = np.float32(0)


def number_of(cell: Cell) -> int:
    """Return the number of `cell` in compiled code."""
    return next(number for key, number in NUMBERS.items() if CELLS[key] is cell)


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
        copy(h, gates)
    else:
        for j in range(size):
            # written so that NaN stays NaN
            h[j] = _ZERO if gates[j] < _ZERO else gates[j]


def copy(values: Vector, others: Vector) -> None:
    """Put the others in the place of the values; a loop is compiled in a tenth of the time that `values[:] =` takes."""
    for j in range(values.size):
        values[j] = others[j]


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


def run(number: int, projected: Any, matrix: Matrix, digits: Digits, state: Any, outputs: Any) -> None:
    """Run one layer over the rows of `projected` (B, T, G*H) into `outputs` (B, T, H); state: (B, parts, H)."""
    rows, steps, columns = projected.shape
    recurrent = np.empty((rows, matrix.bias.size), np.float32)
    for t in range(steps):
        multiply(recurrent, matrix, state[:, 0], digits)
        for row in range(rows):
            step(number, projected[row, t], recurrent[row][:columns], state[row])
            copy(outputs[row, t], state[row, 0])


def compiled(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """Run `cell` over the time axis of `x`, the last but one: (..., T, X) -> (..., T, H), final state. Needs numba."""
    *leading, steps, _ = x.shape
    size = p.weight_hh.shape[1]
    projected = np.array(project(p, x), np.float32, order="C").reshape(-1, steps, len(cell.gates) * size)
    parts = np.stack([np.asarray(part, np.float32).reshape(-1, size) for part in state], axis=1)  # (B, parts, H)
    outputs = np.empty((len(projected), steps, size), np.float32)
    matrix = pack(np.asarray(p.weight_hh, np.float32), None, np.asarray(p.bias_hh, np.float32), host().width)
    jit(run)(number_of(cell), projected, matrix, new_digits(len(projected), size), parts, outputs)
    after = tuple(parts[:, number].reshape(*leading, size) for number in range(len(state)))
    return outputs.reshape(*leading, steps, size), after

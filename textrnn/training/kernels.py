"""What a step of a cell does between its matrix products, forwards and backwards, as loops that numba compiles.

In and out: buffers of a whole sequence, written in place at step t. Knows neither torch nor the products.
Shapes: T time, B rows, H units.

    gates: (T, B, G*H)   in: what the inputs give, with the recurrent products added unless the kernel `is_apart`;
                         out forwards: the gates; out backwards: the gradient by the projected inputs
    recurrent: (T, B, G*H), of kernels that keep them apart, W_hh h; out backwards: the gradient by W_hh h + b_hh
    bias: (G*H,), b_ih + b_hh, or one after the other: added here, where it costs no pass over memory
    h: (T + 1, B, H), the state before each step and after the last
    dy: (T, B, H), the gradient by the outputs; d_h: (B, H), in: by the state after the step, through what follows
        it; out: by the state before it, without the way through the recurrent products

There are kernels for the cells that torch runs as a loop of small operators; an LSTM is one call of oneDNN there. The
equations are those of `cells`, which the shared test holds them equal to. Each row's slices are named before the loop
over units: so the compiler sees that they do not overlap, and makes vectors of them. No number is written but 0: numba
would go on in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from textrnn.cells.cell import Cell
from textrnn.cells.gru import GRU
from textrnn.cells.rnn import RELU, TANH
from textrnn.cells.vectorised import sigmoid, tanh

Buffer = Any


def gru_forward(t: int, bias_ih: Buffer, bias_hh: Buffer, gates: Buffer, recurrent: Buffer, h: Buffer) -> None:
    """See `cells.gru.step`."""
    rows, size = gates.shape[1], h.shape[2]
    b_r, b_z, b_n = bias_ih[:size], bias_ih[size : 2 * size], bias_ih[2 * size :]
    a_r, a_z, a_n = bias_hh[:size], bias_hh[size : 2 * size], bias_hh[2 * size :]
    for row in range(rows):
        rs, zs, ns = gates[t, row, :size], gates[t, row, size : 2 * size], gates[t, row, 2 * size :]
        to_r, to_z = recurrent[t, row, :size], recurrent[t, row, size : 2 * size]
        to_n, before, after = recurrent[t, row, 2 * size :], h[t, row], h[t + 1, row]
        for j in range(size):
            r, z = sigmoid(rs[j] + to_r[j] + (b_r[j] + a_r[j])), sigmoid(zs[j] + to_z[j] + (b_z[j] + a_z[j]))
            reset = to_n[j] + a_n[j]
            n = tanh(ns[j] + b_n[j] + r * reset)
            rs[j], zs[j], ns[j], to_n[j] = r, z, n, reset
            after[j] = n + z * (before[j] - n)


def gru_backward(t: int, gates: Buffer, recurrent: Buffer, h: Buffer, dy: Buffer, d_h: Buffer) -> None:
    """See `cells.gru.backward`."""
    rows, size = gates.shape[1], h.shape[2]
    for row in range(rows):
        rs, zs, ns = gates[t, row, :size], gates[t, row, size : 2 * size], gates[t, row, 2 * size :]
        to_r, to_z = recurrent[t, row, :size], recurrent[t, row, size : 2 * size]
        to_n, before, given, by_h = recurrent[t, row, 2 * size :], h[t, row], dy[t, row], d_h[row]
        for j in range(size):
            r, z, n = rs[j], zs[j], ns[j]
            d_out = given[j] + by_h[j]
            d_new = d_out - d_out * z
            d_n = d_new - d_new * n * n
            d_r, d_z = d_n * to_n[j] * (r - r * r), d_out * (before[j] - n) * (z - z * z)
            rs[j], zs[j], ns[j] = d_r, d_z, d_n
            to_r[j], to_z[j], to_n[j] = d_r, d_z, d_n * r
            by_h[j] = d_out * z


def tanh_forward(t: int, bias: Buffer, gates: Buffer, h: Buffer) -> None:
    """See `cells.rnn.tanh_step`."""
    rows, size = gates.shape[1], h.shape[2]
    for row in range(rows):
        total, after = gates[t, row], h[t + 1, row]
        for j in range(size):
            after[j] = tanh(total[j] + bias[j])


def tanh_backward(t: int, gates: Buffer, h: Buffer, dy: Buffer, d_h: Buffer) -> None:
    """d = dh' * (1 - h'^2)."""
    rows, size = gates.shape[1], h.shape[2]
    for row in range(rows):
        total, after, given, by_h = gates[t, row], h[t + 1, row], dy[t, row], d_h[row]
        for j in range(size):
            d_out = given[j] + by_h[j]
            total[j] = d_out - d_out * after[j] * after[j]
            by_h[j] = 0


def relu_forward(t: int, bias: Buffer, gates: Buffer, h: Buffer) -> None:
    """See `cells.rnn.relu_step`."""
    rows, size = gates.shape[1], h.shape[2]
    for row in range(rows):
        total, after = gates[t, row], h[t + 1, row]
        for j in range(size):
            # written so that NaN stays NaN
            after[j] = total[j] + bias[j]
            if after[j] < 0:
                after[j] = 0


def relu_backward(t: int, gates: Buffer, h: Buffer, dy: Buffer, d_h: Buffer) -> None:
    """d = dh' where h' > 0, else 0."""
    rows, size = gates.shape[1], h.shape[2]
    for row in range(rows):
        total, after, given, by_h = gates[t, row], h[t + 1, row], dy[t, row], d_h[row]
        for j in range(size):
            total[j] = given[j] + by_h[j]
            if not after[j] > 0:
                total[j] = 0
            by_h[j] = 0


class Kernels(NamedTuple):
    """The two ways of a cell. is_apart: whether what the state adds to a gate meets the inputs' share within it."""

    forward: Callable[..., None]
    backward: Callable[..., None]
    is_apart: bool = False


KERNELS: dict[Cell, Kernels] = {
    TANH: Kernels(tanh_forward, tanh_backward),
    RELU: Kernels(relu_forward, relu_backward),
    GRU: Kernels(gru_forward, gru_backward, is_apart=True),
}

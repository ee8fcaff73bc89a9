"""The steps of cells in training, forwards and backwards, as loops that numba compiles.

In and out: buffers of a whole sequence and packed weights, written in place. Knows no torch. A step is a product (see
`cells.packed`), whose bits are the same for a row alone and beside others, and a pass over the rows: so rows can be
divided among threads, and nothing depends on how many there are.
Shapes: T time, B rows, H units, G gates; N and H' are G*H and H filled up to whole panels. Where the products are of
bfloat16 numbers, B and G*H of `gates`, `product`, `back` and `apart` are filled up to whole tiles.

    gates: (T, B, G*H)      in: what the inputs give, with their biases; out forwards: the gates; out backwards: the
                            gradient by the projected inputs
    product: (B, N)         room for W_hh h + b_hh
    h: (T + 1, B, H)        the state before each step, and after the last
    kept: (T + 1, B, H)     what else the way back wants: the cell state of an LSTM, the inner product of a GRU
    dy: (T, B, H)           the gradient by the outputs
    back: (B, H')           the gradient by the state after the step through the product of the next one
    d_h, d_kept: (B, H)     in: the gradient by the state's parts after the step, by all other ways; out: before it
    apart: (T, B, G*H)      out: the gradient by W_hh h + b_hh, where it is not that by the projected inputs
    first, last:            the rows that are meant

The equations are those of `cells`, which the shared test holds them equal to. Each row's slices are named before the
loop over units: so the compiler sees that they do not overlap, and makes vectors of them. No number is written but 0:
numba would go on in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from textrnn.cells.cell import Cell
from textrnn.cells.gru import GRU
from textrnn.cells.lstm import LSTM
from textrnn.cells.rnn import RELU, TANH
from textrnn.cells.vectorised import sigmoid, tanh

Buffer = Any


def lstm_forward(t: int, gates: Buffer, product: Buffer, h: Buffer, c: Buffer, first: int, last: int) -> None:
    """See `cells.lstm.step`."""
    size = h.shape[2]
    for row in range(first, last):
        is_, fs = gates[t, row, :size], gates[t, row, size : 2 * size]
        gs, os = gates[t, row, 2 * size : 3 * size], gates[t, row, 3 * size :]
        to_i, to_f = product[row, :size], product[row, size : 2 * size]
        to_g, to_o = product[row, 2 * size : 3 * size], product[row, 3 * size : 4 * size]
        before, after, out = c[t, row], c[t + 1, row], h[t + 1, row]
        for j in range(size):
            i, f = sigmoid(is_[j] + to_i[j]), sigmoid(fs[j] + to_f[j])
            g, o = tanh(gs[j] + to_g[j]), sigmoid(os[j] + to_o[j])
            held = f * before[j] + i * g
            is_[j], fs[j], gs[j], os[j], after[j] = i, f, g, o, held
            out[j] = o * tanh(held)


def lstm_backward(
    t: int, gates: Buffer, h: Buffer, c: Buffer, dy: Buffer, back: Buffer, d_h: Buffer, d_c: Buffer, apart: Buffer,
    first: int, last: int,
) -> None:  # fmt: skip
    """See `cells.lstm.backward`."""
    size = h.shape[2]
    for row in range(first, last):
        is_, fs = gates[t, row, :size], gates[t, row, size : 2 * size]
        gs, os = gates[t, row, 2 * size : 3 * size], gates[t, row, 3 * size :]
        before, after, given, by_product = c[t, row], c[t + 1, row], dy[t, row], back[row]
        by_h, by_c = d_h[row], d_c[row]
        for j in range(size):
            i, f, g, o, turned = is_[j], fs[j], gs[j], os[j], tanh(after[j])
            d_out = given[j] + by_product[j] + by_h[j]
            d_held = by_c[j] + d_out * (o - o * turned * turned)
            is_[j], fs[j] = d_held * g * (i - i * i), d_held * before[j] * (f - f * f)
            gs[j], os[j] = d_held * (i - i * g * g), d_out * turned * (o - o * o)
            by_h[j], by_c[j] = 0, d_held * f


def gru_forward(t: int, gates: Buffer, product: Buffer, h: Buffer, inner: Buffer, first: int, last: int) -> None:
    """See `cells.gru.step`."""
    size = h.shape[2]
    for row in range(first, last):
        rs, zs, ns = gates[t, row, :size], gates[t, row, size : 2 * size], gates[t, row, 2 * size :]
        to_r, to_z = product[row, :size], product[row, size : 2 * size]
        to_n, before, out, resets = product[row, 2 * size : 3 * size], h[t, row], h[t + 1, row], inner[t, row]
        for j in range(size):
            r, z, reset = sigmoid(rs[j] + to_r[j]), sigmoid(zs[j] + to_z[j]), to_n[j]
            n = tanh(ns[j] + r * reset)
            rs[j], zs[j], ns[j], resets[j] = r, z, n, reset
            out[j] = n + z * (before[j] - n)


def gru_backward(
    t: int, gates: Buffer, h: Buffer, inner: Buffer, dy: Buffer, back: Buffer, d_h: Buffer, d_inner: Buffer,
    apart: Buffer, first: int, last: int,
) -> None:  # fmt: skip
    """See `cells.gru.backward`."""
    size = h.shape[2]
    for row in range(first, last):
        rs, zs, ns = gates[t, row, :size], gates[t, row, size : 2 * size], gates[t, row, 2 * size :]
        to_r, to_z, to_n = apart[t, row, :size], apart[t, row, size : 2 * size], apart[t, row, 2 * size :]
        before, given, by_product, by_h, resets = h[t, row], dy[t, row], back[row], d_h[row], inner[t, row]
        for j in range(size):
            r, z, n = rs[j], zs[j], ns[j]
            d_out = given[j] + by_product[j] + by_h[j]
            d_new = d_out - d_out * z
            d_n = d_new - d_new * n * n
            d_r, d_z = d_n * resets[j] * (r - r * r), d_out * (before[j] - n) * (z - z * z)
            rs[j], zs[j], ns[j] = d_r, d_z, d_n
            to_r[j], to_z[j], to_n[j] = d_r, d_z, d_n * r
            by_h[j] = d_out * z


def tanh_forward(t: int, gates: Buffer, product: Buffer, h: Buffer, kept: Buffer, first: int, last: int) -> None:
    """See `cells.rnn.tanh_step`."""
    for row in range(first, last):
        given, added, out = gates[t, row], product[row], h[t + 1, row]
        for j in range(out.size):
            out[j] = tanh(given[j] + added[j])


def tanh_backward(
    t: int, gates: Buffer, h: Buffer, kept: Buffer, dy: Buffer, back: Buffer, d_h: Buffer, d_kept: Buffer,
    apart: Buffer, first: int, last: int,
) -> None:  # fmt: skip
    """d = dh' * (1 - h'^2)."""
    for row in range(first, last):
        d, after, given, by_product, by_h = gates[t, row], h[t + 1, row], dy[t, row], back[row], d_h[row]
        for j in range(after.size):
            d_out = given[j] + by_product[j] + by_h[j]
            d[j] = d_out - d_out * after[j] * after[j]
            by_h[j] = 0


def relu_forward(t: int, gates: Buffer, product: Buffer, h: Buffer, kept: Buffer, first: int, last: int) -> None:
    """See `cells.rnn.relu_step`."""
    for row in range(first, last):
        given, added, out = gates[t, row], product[row], h[t + 1, row]
        for j in range(out.size):
            # written so that NaN stays NaN
            out[j] = given[j] + added[j]
            if out[j] < 0:
                out[j] = 0


def relu_backward(
    t: int, gates: Buffer, h: Buffer, kept: Buffer, dy: Buffer, back: Buffer, d_h: Buffer, d_kept: Buffer,
    apart: Buffer, first: int, last: int,
) -> None:  # fmt: skip
    """d = dh' where h' > 0, else 0."""
    for row in range(first, last):
        d, after, given, by_product, by_h = gates[t, row], h[t + 1, row], dy[t, row], back[row], d_h[row]
        for j in range(after.size):
            d[j] = given[j] + by_product[j] + by_h[j]
            if not after[j] > 0:
                d[j] = 0
            by_h[j] = 0


class Kernels(NamedTuple):
    """The two ways of a cell. keeps: whether it has `kept`. is_apart: whether it has `apart`."""

    forward: Callable[..., None]
    backward: Callable[..., None]
    keeps: bool = False
    is_apart: bool = False


KERNELS: dict[Cell, Kernels] = {
    TANH: Kernels(tanh_forward, tanh_backward),
    RELU: Kernels(relu_forward, relu_backward),
    GRU: Kernels(gru_forward, gru_backward, keeps=True, is_apart=True),
    LSTM: Kernels(lstm_forward, lstm_backward, keeps=True),
}

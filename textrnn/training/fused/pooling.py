"""Pooling of what a direction made of texts, forwards and back, as loops that numba compiles.

The last, the mean and the largest do not ask for the order of the units, so that a direction is pooled as it reads and
is not turned round. As `networks.pooling` has them, which the shared test holds them equal to; of several equal largest
values the first gets the gradient, where there they share it. Knows no torch.
Shapes: B texts, T time, H units; time leads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Buffer = Any

# in the order in which they are written
WAYS = ("last", "mean", "max")


def pool_forward(
    y: Buffer, lengths: Buffer, shares: Buffer, final: Buffer, mean: Buffer, largest: Buffer, where: Buffer,
    first: int, last: int,
) -> None:  # fmt: skip
    """shares: (B,), one over the lengths. where: (B, H), the step of the largest."""
    for b in range(first, last):
        total, most, place, share, length = mean[b], largest[b], where[b], shares[b], lengths[b]
        final[b] = y[length - 1, b]
        total[:] = y[0, b]
        most[:] = y[0, b]
        place[:] = 0
        for t in range(1, length):
            new = y[t, b]
            for j in range(new.size):
                total[j] += new[j]
            for j in range(new.size):
                # written so that NaN stays NaN
                if new[j] > most[j] or new[j] != new[j]:
                    most[j] = new[j]
                    place[j] = t
        for j in range(total.size):
            total[j] *= share


def pool_backward(
    dy: Buffer, lengths: Buffer, shares: Buffer, d_last: Buffer, d_mean: Buffer, d_largest: Buffer, where: Buffer,
    first: int, last: int,
) -> None:  # fmt: skip
    """dy: out, the gradient by the outputs, 0 behind a text."""
    nothing = dy.dtype.type(0)
    for t in range(dy.shape[0]):
        now = np.int32(t)
        for b in range(first, last):
            into, total, most, place = dy[t, b], d_mean[b], d_largest[b], where[b]
            if t >= lengths[b]:
                into[:] = 0
                continue
            share = shares[b]
            for j in range(into.size):
                into[j] = total[j] * share + (most[j] if place[j] == now else nothing)
            if t == lengths[b] - 1:
                final = d_last[b]
                for j in range(into.size):
                    into[j] += final[j]

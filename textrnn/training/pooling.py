"""Pooling of what each direction made of a text, in one compiled pass forwards and one back.

The last, the mean and the largest do not ask for the order of the units, so that a direction is pooled as it reads and
is not turned round. As `networks.pooling` has them, which the shared test holds them equal to; of several equal largest
values the first gets the gradient, where there they share it.
Shapes: B texts, T time, H units; time leads inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.jit import jit
from textrnn.training.division import by_rows

Buffer = Any
# texts of a portion: fewer are not worth a thread of their own
_TEXTS = 16

# in the order in which `_Pooled` returns them
WAYS = ("last", "mean", "max")


def pooled(ways: Sequence[str], outputs: Sequence[Tensor], lengths: Tensor) -> Tensor:
    """Return the results of all `ways` side by side, (B, number of ways * D * H).

    outputs: of each direction in its order of reading, (B, T, H).
    """
    found = [_Pooled.apply(y.transpose(0, 1).contiguous(), lengths) for y in outputs]  # type: ignore[no-untyped-call]
    return torch.cat([own[WAYS.index(way)] for way in ways for own in found], dim=1)


class _Pooled(torch.autograd.Function):
    """(T, B, H) -> last, mean and largest, (B, H) each."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        found = tuple(y.new_empty(y.shape[1:]) for _ in WAYS)
        where = torch.empty(y.shape[1:], dtype=torch.int32)
        ctx.lengths, ctx.where, ctx.steps = lengths.numpy(), where.numpy(), len(y)
        ctx.shares = (1 / lengths.to(y.dtype)).numpy()
        into = (part.numpy() for part in found)
        by_rows(partial(jit(pool_forward), y.numpy(), ctx.lengths, ctx.shares, *into, ctx.where), len(lengths), _TEXTS)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *d_found: Tensor) -> tuple[Tensor, None]:
        dy = d_found[0].new_empty((ctx.steps, *d_found[0].shape))
        given = (part.contiguous().numpy() for part in d_found)
        work = partial(jit(pool_backward), dy.numpy(), ctx.lengths, ctx.shares, *given, ctx.where)
        by_rows(work, dy.shape[1], _TEXTS)
        return dy, None


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
    for t in range(dy.shape[0]):
        for b in range(first, last):
            into, total, most, place = dy[t, b], d_mean[b], d_largest[b], where[b]
            if t >= lengths[b]:
                into[:] = 0
                continue
            share = shares[b]
            for j in range(into.size):
                into[j] = total[j] * share
            for j in range(into.size):
                if place[j] == t:
                    into[j] += most[j]
            if t == lengths[b] - 1:
                final = d_last[b]
                for j in range(into.size):
                    into[j] += final[j]

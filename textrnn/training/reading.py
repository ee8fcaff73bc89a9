"""Words spread over the texts that they stand in: the inputs of the first layer for each direction.

`fused` is compiled: one pass over memory forwards and one back. `native` is `networks.words.reading_inputs`, which is
the definition. In: embeddings of words (W, E), texts as places in them. Out: (B, T, E) for each direction.
Shapes: B texts, T time, W words, E embedding; time leads inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.functions import namespace
from textrnn.cells.jit import jit, loads_numba
from textrnn.networks.recurrent import turning
from textrnn.networks.words import reading_inputs
from textrnn.training.division import by_rows

Buffer = Any
# texts, and columns, of a portion: fewer are not worth a thread of their own
_TEXTS, _COLUMNS = 16, 32


def spread(table: Tensor, ids: Tensor, lengths: Tensor, mask: Tensor | None, directions: int) -> Sequence[Tensor]:
    """Return the inputs of each direction in its order of reading, in the faster of the two forms.

    ids: (B, T) in `table`. mask: dropout factors, (B, 1, E).
    """
    form = fused if table.device.type == "cpu" and loads_numba() else native
    return form(table, ids, lengths, mask, directions)


def native(table: Tensor, ids: Tensor, lengths: Tensor, mask: Tensor | None, directions: int) -> Sequence[Tensor]:
    """As `spread`."""
    xp = namespace(table)
    return reading_inputs(xp, table, ids, turning(xp, lengths, ids.shape[1]), mask, directions)


def fused(table: Tensor, ids: Tensor, lengths: Tensor, mask: Tensor | None, directions: int) -> Sequence[Tensor]:
    """As `spread`; what stands behind a text is 0."""
    factors = table.new_ones(()).expand(len(ids), 1, table.shape[1]) if mask is None else mask
    inputs: Tensor = _Spread.apply(table, ids, lengths, factors[:, 0], directions)  # type: ignore[no-untyped-call]
    return inputs.transpose(1, 2).unbind()


class _Spread(torch.autograd.Function):
    """(W, E) -> (D, T, B, E)."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, ids: Tensor, lengths: Tensor, factors: Tensor, directions: int) -> Tensor:
        inputs = table.new_empty((directions, *ids.shape[::-1], table.shape[1]))
        ctx.given, ctx.words = (ids.numpy(), lengths.numpy(), factors.numpy()), len(table)
        by_rows(partial(jit(spread_forward), table.detach().numpy(), *ctx.given, inputs.numpy()), len(ids), _TEXTS)
        return inputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_inputs: Tensor) -> tuple[Tensor | None, ...]:
        d_table = d_inputs.new_zeros((ctx.words, d_inputs.shape[3]))
        work = partial(jit(spread_backward), d_table.numpy(), *ctx.given, d_inputs.contiguous().numpy())
        by_rows(work, d_table.shape[1], _COLUMNS)
        return d_table, None, None, None, None


def spread_forward(
    table: Buffer, ids: Buffer, lengths: Buffer, factors: Buffer, inputs: Buffer, first: int, last: int
) -> None:
    """inputs[d, t, b] = table[id] * factors[b], 0 behind the text; the second direction counts t from the text's end.

    first, last: the texts that are meant.
    """
    for t in range(ids.shape[1]):
        for b in range(first, last):
            for direction in range(inputs.shape[0]):
                into, factor = inputs[direction, t, b], factors[b]
                if t < lengths[b]:
                    row = table[ids[b, t if direction == 0 else lengths[b] - 1 - t]]
                    for j in range(into.size):
                        into[j] = row[j] * factor[j]
                else:
                    into[:] = 0


def spread_backward(
    d_table: Buffer, ids: Buffer, lengths: Buffer, factors: Buffer, d_inputs: Buffer, first: int, last: int
) -> None:
    """Add to the rows of `d_table` what `d_inputs`, the gradient by the inputs, says of them.

    first, last: the columns that are meant: a word may stand in many texts.
    """
    for t in range(ids.shape[1]):
        for b in range(ids.shape[0]):
            for direction in range(d_inputs.shape[0] if t < lengths[b] else 0):
                given, factor = d_inputs[direction, t, b, first:last], factors[b, first:last]
                row = d_table[ids[b, t if direction == 0 else lengths[b] - 1 - t], first:last]
                for j in range(given.size):
                    row[j] += given[j] * factor[j]

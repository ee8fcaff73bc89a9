"""Whole texts read in one direction or both and pooled: from embeddings of words to a vector a text, and back.

One autograd function, whose passes are compiled: words are spread over their texts, the directions of a layer read
them side by side in threads, and each direction's outputs are pooled where they arise. As `networks.classifier.vectors`
has it for a single layer without a norm, which the shared test holds it equal to.
Shapes: B texts, T time, W words, E embedding, H units, D directions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.cell import Cell, CellParameters
from textrnn.cells.jit import jit
from textrnn.training.division import by_rows, by_rows_of_each
from textrnn.training.fused.inputs import spread_backward, spread_forward
from textrnn.training.fused.layer import ONCE, Fused, Unroll
from textrnn.training.fused.pooling import WAYS, Buffer, pool_backward, pool_forward
from textrnn.training.fused.unrolled import Unrolled

# units, and columns, of a portion: fewer are not worth waking a thread
_UNITS, _COLUMNS = 4096, 64
# the parameters of a direction
_WEIGHTS = len(CellParameters._fields)


class Words(NamedTuple):
    """table: (W, E). ids: (B, T), texts as places in it. lengths: (B,). mask: dropout factors, (B, 1, E), or None."""

    table: Tensor
    ids: Tensor
    lengths: Tensor
    mask: Tensor | None


def pooled_texts(
    form: Fused, cell: Cell, ways: Sequence[str], directions: Sequence[CellParameters], words: Words
) -> Tensor:
    """Return the results of all `ways` side by side, of each those of all directions: (B, number of ways * D * H).

    Nothing behind a text's end is looked at.
    """
    table, ids, lengths, mask = words
    factors = table.new_ones((1, 1)) if mask is None else mask[:, 0]
    factors = factors.expand(len(ids), table.shape[1])
    weights = [weight for one in directions for weight in one]
    unroll = form.unroll(len(ids), table.dtype)
    found: Tensor = _Texts.apply(unroll, cell, ways, ids, lengths, factors, table, *weights)  # type: ignore[no-untyped-call]
    return found


class _Texts(torch.autograd.Function):
    """(unroll, cell, ways, ids, lengths, factors, table, *weights of each direction) -> (B, number of ways * D * H)."""

    @staticmethod
    def forward(
        ctx: Any, unroll: Unroll, cell: Cell, ways: Sequence[str], ids: Tensor, lengths: Tensor, factors: Tensor,
        table: Tensor, *weights: Tensor,
    ) -> Tensor:  # fmt: skip
        parameters = [CellParameters(*weights[first : first + _WEIGHTS]) for first in range(0, len(weights), _WEIGHTS)]
        words = [one.detach().numpy() for one in (ids, lengths, factors)]
        inputs = [table.new_empty((*ids.shape[::-1], table.shape[1])) for _ in parameters]
        spread = partial(jit(spread_forward), table.detach().numpy(), *words)
        for turned, x in enumerate(inputs):
            by_rows(partial(spread, x.numpy(), bool(turned)), len(ids), -(-_UNITS // ids.shape[1]))
        start = cell.start(table.detach(), (len(ids), parameters[0].weight_hh.shape[1]))
        facts = words[1], (1 / lengths.to(table.dtype)).numpy()
        directions = [_Direction(unroll(cell, p, x, start), *facts) for p, x in zip(parameters, inputs, strict=True)]
        rows, together = directions[0].layer.rows, directions[0].layer.together
        by_rows_of_each([one.forwards for one in directions], rows, together)
        ctx.directions, ctx.words, ctx.ways, ctx.size = directions, words, ways, table.shape
        matrices = [weight for p in parameters for weight in (p.weight_ih, p.weight_hh)]
        # what is read again on the way back as well: torch then sees that it was changed
        ctx.save_for_backward(*matrices, ids, lengths, factors)
        return torch.cat([one.found[WAYS.index(way)] for way in ways for one in directions], dim=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_found: Tensor) -> tuple[Tensor | None, ...]:
        *weights, _, _, _ = ctx.saved_tensors
        directions, ctx.directions = ctx.directions, None
        if directions is None:
            raise RuntimeError(ONCE)
        # (B, ways * D * H) -> (ways, D, B, H)
        parts = d_found.view(len(d_found), len(ctx.ways), len(directions), -1).permute(1, 2, 0, 3).contiguous()
        for number, one in enumerate(directions):
            given = {way: parts[place, number] for place, way in enumerate(ctx.ways)}
            one.go_back(*weights[2 * number : 2 * number + 2], given)
        layers = [one.layer for one in directions]
        by_rows_of_each([one.backwards for one in directions], layers[0].rows, layers[0].together)
        by_rows_of_each([one.products for one in layers], layers[0].product_rows, layers[0].together)
        found = [one.gradients() for one in layers]
        d_table = d_found.new_zeros(ctx.size)
        spread = partial(jit(spread_backward), d_table.numpy(), *ctx.words)
        for turned, one in enumerate(found):
            by_rows(partial(spread, one.inputs.numpy(), bool(turned)), ctx.size[1], _COLUMNS)
        return *[None] * 6, d_table, *(gradient for one in found for gradient in one.weights)


class _Direction:
    """The layer in one direction, and the pooling of its outputs. found: last, mean and largest, (B, H) each."""

    def __init__(self, layer: Unrolled, lengths: Buffer, shares: Buffer) -> None:
        """lengths: (B,). shares: one over them."""
        self.layer, self._facts = layer, (lengths, shares)
        y = layer.h[1:]
        self.found = tuple(y.new_empty(y.shape[1:]) for _ in WAYS)
        self._where = np.empty(y.shape[1:], np.int32)
        self._texts, found = len(lengths), (one.numpy() for one in self.found)
        self._pool = partial(jit(pool_forward), y.numpy(), *self._facts, *found, self._where)

    def forwards(self, first: int, last: int) -> None:
        """Read some texts."""
        self.layer.forwards(first, last)
        self._pool(first, min(last, self._texts))

    def go_back(self, weight_ih: Tensor, weight_hh: Tensor, d_found: Mapping[str, Tensor]) -> None:
        """Make ready for the way back. d_found: of the ways that were asked for, (B, H) each."""
        zeros, dy = torch.zeros_like(self.found[0]), torch.empty_like(self.layer.h[1:])
        given = (d_found.get(way, zeros).numpy() for way in WAYS)
        self._pool = partial(jit(pool_backward), dy.numpy(), *self._facts, *given, self._where)
        self.layer.go_back(weight_ih, weight_hh, dy, ())

    def backwards(self, first: int, last: int) -> None:
        """Go back over some texts."""
        self._pool(first, min(last, self._texts))
        self.layer.backwards(first, last)

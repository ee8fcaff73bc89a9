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
from textrnn.training.fused.layer import ONCE, Fused, Unroll, arrays, tensors
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
        rows, *words = arrays([table, ids, lengths, factors])
        texts, steps = ids.shape
        given = [CellParameters(*arrays(weights[n : n + _WEIGHTS])) for n in range(0, len(weights), _WEIGHTS)]
        start = cell.start(rows, (texts, given[0].weight_hh.shape[1]))
        spread = partial(jit(spread_forward), rows, *words)
        facts = words[1], np.reciprocal(words[1], dtype=rows.dtype)
        directions = []
        for turned, p in enumerate(given):
            x = np.empty((steps, texts, rows.shape[1]), rows.dtype)
            by_rows(partial(spread, x, bool(turned)), texts, -(-_UNITS // steps))
            directions.append(_Direction(unroll(cell, p, x, start), *facts))
        by_rows_of_each([one.forwards for one in directions], directions[0].layer.rows, directions[0].layer.together)
        ctx.directions, ctx.words, ctx.ways, ctx.size = directions, words, ways, rows.shape
        matrices = [weight for n in range(0, len(weights), _WEIGHTS) for weight in weights[n : n + 2]]
        # what is read again on the way back as well: torch then sees that it was changed
        ctx.save_for_backward(*matrices, ids, lengths, factors)
        found = np.concatenate([one.found[WAYS.index(way)] for way in ways for one in directions], axis=1)
        return torch.from_numpy(found)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_found: Tensor) -> tuple[Tensor | None, ...]:
        *matrices, _, _, _ = ctx.saved_tensors
        directions, ctx.directions = ctx.directions, None
        if directions is None:
            raise RuntimeError(ONCE)
        # (B, ways * D * H) -> (ways, D, B, H)
        parts = d_found.view(len(d_found), len(ctx.ways), len(directions), -1).permute(1, 2, 0, 3)
        (given,) = arrays([parts.contiguous()])
        weights = arrays(matrices)
        for number, one in enumerate(directions):
            one.go_back(*weights[2 * number : 2 * number + 2], dict(zip(ctx.ways, given[:, number], strict=True)))
        layers = [one.layer for one in directions]
        by_rows_of_each([one.backwards for one in directions], layers[0].rows, layers[0].together)
        by_rows_of_each([one.products for one in layers], layers[0].product_rows, layers[0].together)
        found = [one.gradients() for one in layers]
        d_table = np.zeros(ctx.size, given.dtype)
        spread = partial(jit(spread_backward), d_table, *ctx.words)
        for turned, one in enumerate(found):
            by_rows(partial(spread, one.inputs, bool(turned)), ctx.size[1], _COLUMNS)
        return *[None] * 6, *tensors([d_table, *(gradient for one in found for gradient in one.weights)])


class _Direction:
    """The layer in one direction, and the pooling of its outputs. found: last, mean and largest, (B, H) each."""

    def __init__(self, layer: Unrolled, lengths: Buffer, shares: Buffer) -> None:
        """lengths: (B,). shares: one over them."""
        self.layer, self._facts = layer, (lengths, shares)
        y = layer.h[1:]
        self.found = tuple(np.empty(y.shape[1:], y.dtype) for _ in WAYS)
        self._where, self._texts = np.empty(y.shape[1:], np.int32), len(lengths)
        self._pool = partial(jit(pool_forward), y, *self._facts, *self.found, self._where)

    def forwards(self, first: int, last: int) -> None:
        """Read some texts."""
        self.layer.forwards(first, last)
        self._pool(first, min(last, self._texts))

    def go_back(self, weight_ih: Buffer, weight_hh: Buffer, d_found: Mapping[str, Buffer]) -> None:
        """Make ready for the way back. d_found: of the ways that were asked for, (B, H) each."""
        zeros, dy = np.zeros_like(self.found[0]), np.empty_like(self.layer.h[1:])
        given = (d_found.get(way, zeros) for way in WAYS)
        self._pool = partial(jit(pool_backward), dy, *self._facts, *given, self._where)
        self.layer.go_back(weight_ih, weight_hh, dy, ())

    def backwards(self, first: int, last: int) -> None:
        """Go back over some texts."""
        self._pool(first, min(last, self._texts))
        self.layer.backwards(first, last)

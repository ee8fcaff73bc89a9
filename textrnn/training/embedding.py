"""The embeddings of words, made of their own and their subwords', with a backward pass of its own.

`fused` is compiled, `native` is in torch's operators. Both are `networks.words.embed`, which the shared test holds them
equal to. The gradients by the tables are sparse tensors of the rows that a batch uses.
Shapes: W words, P subwords of a word, padded, E embedding, V vocabulary, S buckets of subwords, N rows in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.functions import Array
from textrnn.cells.jit import jit, loads_numba
from textrnn.networks.words import Reader, Words
from textrnn.training.division import by_rows

Buffer = Any
# words, and columns, of a portion: fewer are not worth waking a thread
_WORDS, _COLUMNS = 1024, 64


def embedded(p: Reader, words: Words) -> Array:
    """Return the embeddings of words, (W, E), in the faster of the two forms."""
    form = fused if words.ids.device.type == "cpu" and loads_numba() else native
    return form(p, words)


def fused(p: Reader, words: Words) -> Array:
    """(W, E)."""
    if p.subwords is None:
        return native(p, words)
    return _Embedding.apply(p.embedding, p.subwords, *words)  # type: ignore[no-untyped-call]


def native(p: Reader, words: Words) -> Array:
    """(W, E)."""
    own: Tensor = _Rows.apply(p.embedding, words.ids)  # type: ignore[no-untyped-call]
    if p.subwords is None:
        return own
    is_real = torch.arange(words.subwords.shape[1], device=words.ids.device) < words.counts[:, None]
    offsets = torch.cumsum(words.counts, dim=0) - words.counts
    used, places = torch.unique(words.subwords[is_real], return_inverse=True)
    parts = _Rows.apply(p.subwords, used)  # type: ignore[no-untyped-call]
    return own + torch.nn.functional.embedding_bag(places, parts, offsets, mode="mean")


class _Rows(torch.autograd.Function):
    """table (R, E), places (N,) -> (N, E)."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, places: Tensor) -> Tensor:
        ctx.shape, ctx.places = table.shape, places
        return table[places]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d: Tensor) -> tuple[Tensor, None]:
        rows, slots = torch.unique(ctx.places, return_inverse=True)
        return _sparse(rows, d.new_zeros((len(rows), d.shape[1])).index_add_(0, slots, d), ctx.shape[0]), None


class _Embedding(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, embedding: Tensor, table: Tensor, ids: Tensor, subwords: Tensor, counts: Tensor) -> Tensor:
        rows, parts = _arrays(embedding, table)
        words, places, numbers = _arrays(ids, subwords, counts)
        # divided in the type of the table, where numba would go on in float64
        shares = 1 / np.maximum(numbers, 1).astype(parts.dtype)
        own = (words[:, None], np.ones_like(numbers), np.ones_like(shares))
        ctx.tables = [(len(rows), own), (len(parts), (places, numbers, shares))]
        out = np.empty((len(words), rows.shape[1]), rows.dtype)
        by_rows(partial(jit(gather), rows, parts, words, places, numbers, shares, out), len(words), _WORDS)
        return torch.from_numpy(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Tensor) -> tuple[Tensor | None, ...]:
        given = d_out.contiguous().numpy()
        d_embedding, d_table = (_of_rows(size, words, given) for size, words in ctx.tables)
        return d_embedding, d_table, None, None, None


def _of_rows(size: int, words: Sequence[Buffer], given: Buffer) -> Tensor:
    """Return the gradient by a table of `size` rows. words: the places of each, (W, P), their number, its inverse."""
    places, counts, shares = words
    slots, rows = np.full(size, -1, np.int64), np.empty(size, np.int64)
    rows = rows[: jit(number)(places, counts, slots, rows)]
    values = np.zeros((len(rows), given.shape[1]), given.dtype)
    by_rows(partial(jit(scatter), values, slots, places, counts, shares, given), given.shape[1], _COLUMNS)
    return _sparse(torch.from_numpy(rows), torch.from_numpy(values), size)


def _sparse(rows: Tensor, values: Tensor, size: int) -> Tensor:
    """Return a gradient (size, E) that is `values` (N, E) at `rows` (N,), each of which stands there once."""
    return torch.sparse_coo_tensor(rows[None], values, (size, values.shape[1]), check_invariants=False)


def _arrays(*tensors: Tensor) -> list[Buffer]:
    return [tensor.detach().numpy() for tensor in tensors]


def gather(
    embedding: Buffer, table: Buffer, ids: Buffer, subwords: Buffer, counts: Buffer, shares: Buffer, out: Buffer,
    first: int, last: int,
) -> None:  # fmt: skip
    """out = embedding[id] + the mean of the word's rows of `table`, for some words."""
    for word in range(first, last):
        own, total, share = embedding[ids[word]], out[word], shares[word]
        total[:] = 0
        for place in range(counts[word]):
            part = table[subwords[word, place]]
            for j in range(total.size):
                total[j] += part[j]
        for j in range(total.size):
            total[j] = own[j] + total[j] * share


def number(places: Buffer, counts: Buffer, slots: Buffer, rows: Buffer) -> int:
    """Give each row that a word has a number, in `slots`, where -1 stands before; list them in `rows`, return how many.

    Both are as long as the table.
    """
    found = 0
    for word in range(counts.size):
        for place in range(counts[word]):
            row = places[word, place]
            if slots[row] < 0:
                slots[row] = found
                rows[found] = row
                found += 1
    return found


def scatter(
    values: Buffer, slots: Buffer, places: Buffer, counts: Buffer, shares: Buffer, d_out: Buffer, first: int, last: int
) -> None:
    """Add to `values`, (N, E), at the slot of each row what `d_out`, the gradient by the embeddings, says of it.

    first, last: the columns that are meant: a row may stand in many words.
    """
    for word in range(counts.size):
        given, share = d_out[word, first:last], shares[word]
        for place in range(counts[word]):
            by_row = values[slots[places[word, place]], first:last]
            for j in range(given.size):
                by_row[j] += given[j] * share

"""The embeddings of words, made of their own and their subwords', with a backward pass of its own.

`fused` is compiled: it reads and writes only the rows that a batch uses. `native` is in torch's operators. Both are
`networks.words.embed`, which the shared test holds them equal to.
Shapes: W words, P subwords of a word, padded, E embedding, V vocabulary, S buckets of subwords.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.functions import Array
from textrnn.cells.jit import jit, loads_numba
from textrnn.networks.words import Reader, Words

Buffer = Any


def embedded(p: Reader, words: Words) -> Array:
    """Return the embeddings of words, (W, E), in the faster of the two forms."""
    if p.subwords is None:
        return torch.nn.functional.embedding(words.ids, p.embedding)
    form = fused if words.ids.device.type == "cpu" and loads_numba() else native
    return form(p, words)


def fused(p: Reader, words: Words) -> Array:
    """(W, E)."""
    return _Embedding.apply(p.embedding, p.subwords, *words)  # type: ignore[no-untyped-call]


def native(p: Reader, words: Words) -> Array:
    """(W, E)."""
    assert p.subwords is not None
    own = torch.nn.functional.embedding(words.ids, p.embedding)
    is_real = torch.arange(words.subwords.shape[1], device=words.ids.device) < words.counts[:, None]
    offsets = torch.cumsum(words.counts, dim=0) - words.counts
    return own + torch.nn.functional.embedding_bag(words.subwords[is_real], p.subwords, offsets, mode="mean")


class _Embedding(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, embedding: Tensor, table: Tensor, ids: Tensor, subwords: Tensor, counts: Tensor) -> Tensor:
        ctx.sizes, ctx.words = (len(embedding), len(table)), (ids, subwords, counts)
        # torch divides in the type of the table, numba would in float64
        shares = 1 / counts.clamp(min=1).to(table.dtype)
        ctx.shares = shares
        out = embedding.new_empty((len(ids), embedding.shape[1]))
        jit(gather)(*_arrays(embedding, table, ids, subwords, counts, shares, out))
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Tensor) -> tuple[Tensor | None, ...]:
        d_embedding, d_table = (d_out.new_zeros((rows, d_out.shape[1])) for rows in ctx.sizes)
        jit(scatter)(*_arrays(d_embedding, d_table, *ctx.words, ctx.shares, d_out.contiguous()))
        return d_embedding, d_table, None, None, None


def _arrays(*tensors: Tensor) -> list[Buffer]:
    return [tensor.detach().numpy() for tensor in tensors]


def gather(
    embedding: Buffer, table: Buffer, ids: Buffer, subwords: Buffer, counts: Buffer, shares: Buffer, out: Buffer
) -> None:
    """out = embedding[id] + the mean of the word's rows of `table`, for each word."""
    for word in range(ids.size):
        own, total, share = embedding[ids[word]], out[word], shares[word]
        total[:] = 0
        for place in range(counts[word]):
            part = table[subwords[word, place]]
            for j in range(total.size):
                total[j] += part[j]
        for j in range(total.size):
            total[j] = own[j] + total[j] * share


def scatter(
    d_embedding: Buffer, d_table: Buffer, ids: Buffer, subwords: Buffer, counts: Buffer, shares: Buffer, d_out: Buffer
) -> None:
    """Add to the rows of both tables what `d_out`, the gradient by the embeddings, says of them."""
    for word in range(ids.size):
        by_own, given, share = d_embedding[ids[word]], d_out[word], shares[word]
        for j in range(given.size):
            by_own[j] += given[j]
        for place in range(counts[word]):
            by_part = d_table[subwords[word, place]]
            for j in range(given.size):
                by_part[j] += given[j] * share

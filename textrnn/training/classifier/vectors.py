"""Word vectors from texts without labels: what stands near a word says what it means.

In: texts as ids. Out: a vector for each symbol of the vocabulary. Positive pointwise mutual information of words and
their neighbours, its dominant singular vectors (Levy, Goldberg & Dagan 2015): a few seconds, and no gradient.
Shapes: V symbols, E embedding, N units.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch

from textrnn.training.sparse import Entries, sparse_matrix

Ids = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

# neighbours on each side
WINDOW = 5
# frequent neighbours count for less
SMOOTHING = 0.75
# columns beyond those asked for make the singular vectors more exact
BEYOND, ITERATIONS = 8, 2
# pairs that are counted at a time
_AT_ONCE = 2_000_000


def word_vectors(texts: Iterable[Ids], vocabulary_size: int, size: int, *, first: int, seed: int) -> Floats:
    """Return vectors (V, E), zeros for what has no neighbours.

    texts: ids of each. first: ids below it stand for no word.
    """
    pairs, counts = _counted(_apart(texts, first), vocabulary_size)
    if not len(pairs):
        return np.zeros((vocabulary_size, size), np.float32)
    rows, columns = pairs // vocabulary_size, pairs % vocabulary_size
    # each of two words is the other's neighbour; a word beside itself is so twice
    is_two = rows != columns
    counts = np.concatenate([np.where(is_two, counts, 2 * counts), counts[is_two]])
    rows, columns = np.concatenate([rows, columns[is_two]]), np.concatenate([columns, rows[is_two]])
    totals = np.bincount(rows, counts, vocabulary_size)
    smoothed = totals**SMOOTHING
    information = np.log(counts * smoothed.sum() / (totals[rows] * smoothed[columns]))
    kept = information > 0
    order = np.lexsort((columns[kept], rows[kept]))
    shape = (vocabulary_size, vocabulary_size)
    matrix = sparse_matrix(Entries(rows[kept][order], columns[kept][order], information[kept][order], shape))
    found = _dominant(matrix, min(size, vocabulary_size), seed, size)
    # rounding leaves a trace where nothing is known
    found[np.setdiff1d(np.arange(vocabulary_size), rows[kept])] = 0
    return found


def _apart(texts: Iterable[Ids], first: int) -> Ids:
    """Return all texts in one row, so far apart that none is the neighbour of another; -1 for no word."""
    gap = np.full(WINDOW, -1, np.int64)
    parts = [part for text in texts for part in (np.where(text >= first, text, -1), gap)]
    return np.concatenate(parts) if parts else gap


def _counted(units: Ids, vocabulary_size: int) -> tuple[Ids, Floats]:
    """Return the pairs of neighbours, as lower id * V + higher, each once, and how often each was met."""
    pairs: Ids = np.zeros(0, np.int64)
    counts: Floats = np.zeros(0, np.float64)
    for start in range(0, len(units), _AT_ONCE):
        part = units[start : start + _AT_ONCE + WINDOW]
        found = []
        for distance in range(1, WINDOW + 1):
            left, right = part[:-distance][:_AT_ONCE], part[distance:][:_AT_ONCE]
            both = (left >= 0) & (right >= 0)
            left, right = left[both].astype(np.int64), right[both].astype(np.int64)
            found.append(np.minimum(left, right) * vocabulary_size + np.maximum(left, right))
        new = np.concatenate(found)
        new.sort()
        pairs, counts = _added(pairs, counts, new)
    return pairs, counts


def _added(pairs: Ids, counts: Floats, new: Ids) -> tuple[Ids, Floats]:
    """Return distinct pairs with their counts, `new` (sorted) counted in."""
    joined = np.concatenate([pairs, new])
    weights = np.concatenate([counts, np.ones(len(new))])
    order = np.argsort(joined, kind="stable")
    joined, weights = joined[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], joined[1:] != joined[:-1]))) if len(joined) else joined
    return joined[starts], np.add.reduceat(weights, starts) if len(joined) else weights


def _dominant(matrix: torch.Tensor, rank: int, seed: int, size: int) -> Floats:
    """Return U * sqrt(S) of the dominant singular vectors (Halko, Martinsson & Tropp 2011), (V, E)."""
    generator = torch.Generator().manual_seed(seed % 2**63)
    beyond = min(matrix.shape[1], rank + BEYOND)
    basis = matrix @ torch.randn(matrix.shape[1], beyond, generator=generator)
    for _ in range(ITERATIONS):
        basis, _r = torch.linalg.qr(basis)
        # the matrix of information is not symmetric, for neighbours are smoothed; near enough for an iteration
        basis = matrix @ basis
    basis, _r = torch.linalg.qr(basis)
    transposed = matrix.t().to_sparse_csr()
    small = (transposed @ basis).t()
    u, s, _v = torch.linalg.svd(small, full_matrices=False)
    vectors = (basis @ u)[:, :rank] * s[:rank].sqrt()
    padded = np.zeros((matrix.shape[0], size), np.float32)
    padded[:, :rank] = vectors.numpy()
    return padded

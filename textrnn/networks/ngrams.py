"""A linear model of n-grams: what it adds to the logits of a network (Wide & Deep, Cheng et al. 2016). NumPy alone.

In: the n-grams of texts. Out: logits (B, C). Shapes: B texts, N n-grams of all texts, F n-grams that the model knows,
C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.cells.functions import Array
from textrnn.text.ngrams import Keys, families

Rows = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]


class NgramParameters(NamedTuple):
    """keys: (F,) ascending. weights: (F, K). bias: (K,). K is C, or 1 for two classes: what speaks for the second."""

    keys: Keys
    weights: Floats
    bias: Floats


def known(keys: Keys, rows: Rows, asked: Keys) -> tuple[Rows, Rows]:
    """Return the row and the place in `keys` of each n-gram that stands there."""
    if not len(keys):
        return rows[:0], rows[:0]
    places = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    is_known = keys[places] == asked
    return rows[is_known], places[is_known]


class KeyTable:
    """Ascending keys, (F,), each found by its first bits and a few steps: quicker than halving the list every time."""

    # Keys are spread evenly, for they are hashes; those of a model that was made by hand may not be.
    _MOST_STEPS = 16
    _MOST_BITS = 22

    def __init__(self, keys: Keys) -> None:
        bits = min(len(keys).bit_length() + 2, self._MOST_BITS)
        self._keys, self._shift = keys, np.uint32(32 - bits)
        starts = np.searchsorted(keys >> self._shift, np.arange(2**bits + 1, dtype=np.uint32))
        counts = np.diff(starts)
        self._steps = int(counts.max())
        self._starts, self._is_used = starts[:-1].astype(np.int32), counts > 0
        # behind the last key a step or two may still be taken
        self._padded = np.concatenate([keys, np.repeat(keys[-1:], self._steps)])

    def known(self, rows: Rows, asked: Keys) -> tuple[Rows, Rows]:
        """Return what the function `known` does."""
        if not 0 < self._steps <= self._MOST_STEPS:
            return known(self._keys, rows, asked)
        candidates = np.flatnonzero(self._is_used[asked >> self._shift])
        wanted = asked[candidates]
        places = self._starts[wanted >> self._shift]
        for _ in range(self._steps - 1):
            places += self._padded[places] < wanted
        is_known = self._padded[places] == wanted
        return rows[candidates[is_known]], places[is_known]


def shares(rows: Rows, family: Rows, num_texts: int) -> npt.NDArray[np.float64]:
    """Return the factor of each n-gram, (N,): one over the root of how many of its family stand in its text."""
    group = 2 * rows + family
    counts = np.bincount(group, minlength=2 * num_texts)
    factors: npt.NDArray[np.float64] = 1 / np.sqrt(counts[group])
    return factors


def ngram_logits(
    p: NgramParameters, rows: Rows, keys: Keys, num_texts: int, table: KeyTable | None = None
) -> npt.NDArray[np.float64]:
    """Return what the n-grams of each text say of its classes, (B, C).

    rows, keys: as `NgramReader.read` returns them. table: of `p.keys`, where many texts are asked. Each text's sum is
    made in the order of its own keys, so that it is the same whatever texts stand beside it.
    """
    rows, places = known(p.keys, rows, keys) if table is None else table.known(rows, keys)
    factors = shares(rows, families(p.keys[places]), num_texts)
    columns = [np.bincount(rows, weights=column[places] * factors, minlength=num_texts) for column in p.weights.T]
    logits: npt.NDArray[np.float64] = of_classes(np.concatenate, np.stack(columns, axis=1) + p.bias)
    return logits


def of_classes(concatenate: Callable[..., Array], scores: Array) -> Array:
    """Return logits (B, C) for scores (B, K). concatenate: of the arrays' own library."""
    return scores if scores.shape[1] > 1 else concatenate([-0.5 * scores, 0.5 * scores], 1)

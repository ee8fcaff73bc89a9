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


def shares(rows: Rows, family: Rows, num_texts: int) -> npt.NDArray[np.float64]:
    """Return the factor of each n-gram, (N,): one over the root of how many of its family stand in its text."""
    group = 2 * rows + family
    counts = np.bincount(group, minlength=2 * num_texts)
    factors: npt.NDArray[np.float64] = 1 / np.sqrt(counts[group])
    return factors


def ngram_logits(p: NgramParameters, rows: Rows, keys: Keys, num_texts: int) -> npt.NDArray[np.float64]:
    """Return what the n-grams of each text say of its classes, (B, C).

    rows, keys: as `NgramReader.read` returns them. Each text's sum is made in the order of its own keys, so that it is
    the same whatever texts stand beside it.
    """
    rows, places = known(p.keys, rows, keys)
    factors = shares(rows, families(p.keys[places]), num_texts)
    columns = [np.bincount(rows, weights=column[places] * factors, minlength=num_texts) for column in p.weights.T]
    logits: npt.NDArray[np.float64] = of_classes(np.concatenate, np.stack(columns, axis=1) + p.bias)
    return logits


def of_classes(concatenate: Callable[..., Array], scores: Array) -> Array:
    """Return logits (B, C) for scores (B, K). concatenate: of the arrays' own library."""
    return scores if scores.shape[1] > 1 else concatenate([-0.5 * scores, 0.5 * scores], 1)

"""How well scores order rows, whatever the threshold: the area under the ROC curve.

In go scores and which rows are of the class, out comes a number. What was scored is not known here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def roc_auc(scores: npt.NDArray[np.floating], is_positive: npt.NDArray[np.bool_]) -> float | None:
    """Return the chance that a row of the class scores above a row of none, ties counted half (Hanley & McNeil 1982).

    scores, is_positive: (N,). None where all rows are of one kind: there is then nothing to order.
    """
    scores, positive = np.asarray(scores), np.asarray(is_positive, bool)
    assert scores.shape == positive.shape
    num_positive = int(positive.sum())
    num_pairs = num_positive * (len(positive) - num_positive)
    if not num_pairs:
        return None
    _, kinds, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # of each distinct score: how many rows of no class are below it, and how many share it
    shared = counts - np.bincount(kinds, weights=positive, minlength=len(counts)).astype(np.int64)
    # twice the number of pairs in order, so that a tie is a whole number too
    twice = 2 * (np.cumsum(shared) - shared) + shared
    return int(twice[kinds[positive]].sum()) / (2 * num_pairs)

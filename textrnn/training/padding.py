"""Texts of different lengths as one batch: cut to a window, put side by side, padded at their ends.

In: arrays of ids, one a text. Out: (B, T) and lengths. Shapes: B texts, T units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from textrnn.text.vocabulary import UNKNOWN

Ids = npt.NDArray[np.integer]


def window(longest: int, ids: Ids, start: float) -> Ids:
    """Return at most `longest` units from a place that `start`, 0 to 1, chooses."""
    first = first_of_window(longest, len(ids), start)
    return ids[first : first + longest]


def first_of_window(longest: int, length: int, start: float) -> int:
    """Return the first of at most `longest` units of `length`."""
    return int(start * (length - longest + 1)) if length > longest else 0


def side_by_side(units: Sequence[Ids], padding: int = UNKNOWN) -> tuple[Ids, Ids]:
    """Return texts side by side, (B, T), and their lengths, (B,)."""
    lengths = np.array(list(map(len, units)), np.int64)
    ids = np.full((len(units), lengths.max()), padding, np.int64)
    ids[np.arange(ids.shape[1]) < lengths[:, None]] = np.concatenate(units)
    return ids, lengths

"""Stateful streams: batches of consecutive windows, in which row r of batch k+1 continues row r of batch k.

In: an id array. Out: batch k as a function of (seed, k) alone. Knows nothing of networks.
Shapes: B rows, T steps, N ids.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.data.ids import Ids


class Window(NamedTuple):
    """inputs, targets: (B, T) int64, targets one unit ahead. is_start: the carried state is not of these rows.

    units: how many of the steps are not padding.
    """

    inputs: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    is_start: bool
    units: int


class Streams:
    """The passes over an id array, cut into B rows that are read side by side; every pass is cut at another place."""

    def __init__(self, ids: Ids, *, batch_size: int, seq_length: int, seed: int) -> None:
        self._ids, self._seed = ids, seed
        self.batch_size, self.seq_length = batch_size, seq_length
        units = self.units_per_step = batch_size * seq_length
        # one window of slack where the data allow, so that passes differ in their cuts
        self.windows = (len(ids) - 1 - seq_length) // units or (len(ids) - 1) // units
        assert self.windows >= 1, "sizes are checked against the data before streams are cut"
        self._slack = len(ids) - 1 - self.windows * units

    def __getitem__(self, k: int) -> Window:
        """Return batch k, counted over all passes."""
        number, place = divmod(k, self.windows)
        offset = int(np.random.default_rng([self._seed, 0x5743, number]).integers(0, self._slack + 1))
        starts = offset + place * self.seq_length + np.arange(self.batch_size) * (self.windows * self.seq_length)
        rows = self._ids[starts[:, None] + np.arange(self.seq_length + 1)].astype(np.int64)
        return Window(inputs=rows[:, :-1], targets=rows[:, 1:], is_start=place == 0, units=self.units_per_step)

    def rows_at(self, k: int) -> int:
        """Return how many rows batch k has: as many as every other."""
        return self.batch_size

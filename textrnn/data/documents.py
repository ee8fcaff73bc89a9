"""Batches of documents of about one length, read side by side from their beginnings, window by window.

In: ids in which every document begins with END, END behind the last, and what is read for each. Out: window k as a
function of (seed, k) alone. Every document starts from the empty state; where it is longer than a window, the next
window of the same batch goes on with it. Behind a document targets are UNKNOWN, which no loss counts. Knows nothing of
networks. Shapes: N units, D documents, B rows, T steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textrnn.data.ids import Ids
from textrnn.data.streams import Window
from textrnn.text.vocabulary import END, UNKNOWN

# documents whose lengths differ by less than this factor are taken for equally long
ALIKE = 1.15
_ORDER = 0x444F


def boundaries(ids: Ids) -> npt.NDArray[np.int64]:
    """Return where each document of `ids` begins, and where the last one ends: (D + 1,).

    A document is read from its END to before the END of the next, which is the last thing that it predicts. Where the
    last document is cut off, it ends with what it has.
    """
    edges = np.flatnonzero(ids == END)
    return edges if len(edges) and edges[-1] == len(ids) - 1 else np.append(edges, len(ids) - 1)


class Documents:
    """The passes over all documents; every pass divides them anew into batches, which are read in another order."""

    def __init__(self, ids: Ids, inputs: Ids, *, batch_size: int, seq_length: int, seed: int) -> None:
        """batch_size: documents side by side that fill windows of `seq_length`; of shorter ones there are more."""
        self._ids, self._inputs, self.seq_length, self._seed = ids, inputs, seq_length, seed
        edges = boundaries(ids)
        self._begins, self._lengths = edges[:-1], np.diff(edges)
        filled = float(np.minimum(self._lengths, seq_length).mean())
        self._rows = min(len(self._lengths), max(batch_size, int(batch_size * seq_length / filled)))
        needed = -(-self._lengths // seq_length)
        # of the same number of windows, and then of about one length, so that little is padding
        self._likeness = np.log(self._lengths) // np.log(ALIKE) + needed * len(self._lengths)
        # as documents alike change places alone, the batches of every pass have these numbers of windows
        self._needed = np.maximum.reduceat(np.sort(needed), np.arange(0, len(needed), self._rows))
        self.windows = int(self._needed.sum())
        self.units_per_step = max(1, int(self._lengths.sum()) // self.windows)
        self._pass, self._order, self._batches = -1, np.zeros(0, np.int64), np.zeros((0, 2), np.int64)

    def __getitem__(self, k: int) -> Window:
        """Return window k, counted over all passes."""
        rows, place = self._at(k)
        at = place * self.seq_length + np.arange(self.seq_length)
        # the last window of a batch is as long as what is left of its longest document
        at = at[at < self._lengths[rows].max()]
        is_real = at < self._lengths[rows, None]  # (B, T)
        # behind its end a document goes on reading its last unit
        read = self._begins[rows, None] + np.minimum(at, self._lengths[rows, None] - 1)
        return Window(
            inputs=self._inputs[read].astype(np.int64),
            targets=np.where(is_real, self._ids[read + 1], UNKNOWN).astype(np.int64),
            is_start=place == 0,
            units=int(is_real.sum()),
        )

    def rows_at(self, k: int) -> int:
        """Return how many documents window k reads side by side."""
        return len(self._at(k)[0])

    def _at(self, k: int) -> tuple[npt.NDArray[np.int64], int]:
        """Return which documents window k reads, and which of their windows it is."""
        number, place = divmod(k, self.windows)
        if number != self._pass:
            rng = np.random.default_rng([self._seed, _ORDER, number])
            shuffled = rng.permutation(len(self._lengths))
            self._order = shuffled[np.argsort(self._likeness[shuffled], kind="stable")]
            order = rng.permutation(len(self._needed)).tolist()
            self._batches = np.array([(batch, window) for batch in order for window in range(self._needed[batch])])
            self._pass = number
        batch, window = self._batches[place].tolist()
        return self._order[batch * self._rows : (batch + 1) * self._rows], window

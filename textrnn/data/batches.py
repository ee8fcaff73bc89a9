"""Texts of about one length side by side: batches of examples, batch k a function of (seed, k) alone.

In: the lengths of the texts. Out: the places of the texts of a batch. Texts are shuffled anew every epoch, and put in
order of length within stretches of many batches, so that little is padding and no batch is like another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.integer]

# batches whose texts are put in order of length together
STRETCH = 50
_ORDER = 0x4F52


class Batches:
    """batch_size texts a batch; the last of an epoch may have fewer."""

    def __init__(self, lengths: Sequence[int], *, batch_size: int, seed: int) -> None:
        self._lengths = np.asarray(lengths, np.int64)
        self._size, self._seed = batch_size, seed
        self._epoch, self._batches = -1, list[Ids]()

    @property
    def per_epoch(self) -> int:
        """Batches in an epoch."""
        return -(-len(self._lengths) // self._size)

    def __getitem__(self, step: int) -> Ids:
        """Return the places of the texts of batch `step`, counted over all epochs."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._drawn(epoch)
        return self._batches[place]

    def examples_before(self, step: int) -> int:
        """Return how many texts the batches before batch `step` hold."""
        epoch, place = divmod(step, self.per_epoch)
        # the one batch that may be smaller stands at another place every epoch
        begun = sum(len(batch) for batch in self._drawn(epoch)[:place]) if place else 0
        return epoch * len(self._lengths) + begun

    def _drawn(self, epoch: int) -> list[Ids]:
        rng = np.random.default_rng([self._seed, _ORDER, epoch])
        order = rng.permutation(len(self._lengths))
        stretch = STRETCH * self._size
        for start in range(0, len(order), stretch):
            part = order[start : start + stretch]
            order[start : start + stretch] = part[np.argsort(self._lengths[part], kind="stable")]
        batches = [order[start : start + self._size] for start in range(0, len(order), self._size)]
        return [batches[place] for place in rng.permutation(len(batches)).tolist()]

"""How much of a generated text stands word for word in the text a model was trained on.

In: the ids of both. Out: the share of generated units in stretches of at least SPAN units found in the training text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# a stretch this long is a quotation, not a phrase that everybody uses
SPAN = 32
# more of the training text than this is not looked through, which keeps time and memory small
MAX_UNITS = 5_000_000
_BASE = np.uint64(0x9E3779B97F4A7C15)

Ids = npt.NDArray[np.integer]


def copied_share(generated: Sequence[Ids], training: Ids, *, span: int = SPAN) -> float | None:
    """Return the share of all units of the texts, 0 to 1; None where none of them is as long as `span`.

    Stretches are compared by 64-bit hashes: one in 10^11 of those looked up is wrong at most.
    """
    texts = [ids for ids in generated if len(ids) >= span]
    if not texts:
        return None
    wanted = [_hashes(ids, span) for ids in texts]
    # the training text is hashed once for all, and the few are sorted, not the many
    stretches, few = _hashes(training[:MAX_UNITS], span), np.sort(np.concatenate(wanted))
    nearest = few[np.minimum(np.searchsorted(few, stretches), len(few) - 1)]
    known = stretches[nearest == stretches]
    copied = sum(_covered(np.isin(hashes, known), span) for hashes in wanted)
    return copied / sum(map(len, texts))


def _covered(found: npt.NDArray[np.bool_], span: int) -> int:
    """Return how many units lie in a stretch that was found; found: for each place where a stretch can start."""
    edges = np.zeros(len(found) + span, np.int64)
    starts = np.flatnonzero(found)
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + span, -1)
    return int((np.cumsum(edges)[:-1] > 0).sum())


def _hashes(ids: Ids, span: int) -> npt.NDArray[np.uint64]:
    """Return the hash of every stretch of `span` units, (n,) -> (n - span + 1,): a polynomial modulo 2^64."""
    if len(ids) < span:
        return np.zeros(0, np.uint64)
    values = ids.astype(np.uint64) + np.uint64(1)
    # the shift spreads small ids over all bits
    piece, length, power = values ^ (values << np.uint64(29)), 1, int(_BASE)
    total, covered = np.zeros(len(ids) + 1, np.uint64), 0
    # stretches of 1, 2, 4, 8 ... units, each made of two of the one before, joined as the bits of `span` say
    while True:
        if span & length:
            count = len(ids) - covered - length + 1
            total, covered = total[:count] * np.uint64(power) + piece[covered : covered + count], covered + length
        if covered == span:
            return total
        count = len(piece) - length
        piece, length = piece[:count] * np.uint64(power) + piece[length : length + count], 2 * length
        power = power * power % 2**64

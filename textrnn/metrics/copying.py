"""How much of a generated text stands word for word in the text a model was trained on.

In: the ids of both. Out: the share of generated units in stretches of at least SPAN units found in the training text.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# a stretch this long is a quotation, not a phrase that everybody uses
SPAN = 32
# more of the training text than this is not looked through, which keeps time and memory small
MAX_UNITS = 5_000_000
_BASE = np.uint64(0x9E3779B97F4A7C15)

Ids = npt.NDArray[np.integer]


def copied_share(generated: Ids, training: Ids, *, span: int = SPAN) -> float | None:
    """Return the share, 0 to 1; None for a text shorter than `span`.

    Stretches are compared by 64-bit hashes: one in 10^11 of those looked up is wrong at most.
    """
    if len(generated) < span:
        return None
    wanted, stretches = _hashes(generated, span), _hashes(training[:MAX_UNITS], span)
    # the few are sorted, and not the many
    few = np.sort(wanted)
    nearest = few[np.minimum(np.searchsorted(few, stretches), len(few) - 1)]
    found = np.isin(wanted, stretches[nearest == stretches])
    # a unit is copied when any of the stretches that cover it is
    edges = np.zeros(len(generated) + 1, np.int64)
    starts = np.flatnonzero(found)
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + span, -1)
    return float((np.cumsum(edges)[:-1] > 0).mean())


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

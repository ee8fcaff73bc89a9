"""Rows divided into those to train on and those held out, with every label on both sides.

In go the labels of the rows, a share and a seed; out come indices. Knows no texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError
from textrnn.text.display import printable


def stratified_split(
    labels: Sequence[str], fraction: float, *, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the indices of the rows to train on and of those held out, each in ascending order.

    Of every label about `fraction` of its rows is held out, at least one and never all; as far as that allows, so is
    of all rows. Which ones depends on `seed` and the order of the rows. Raises UserError for a label with one row.
    """
    counts = Counter(labels)
    names = sorted(counts)
    alone = [name for name in names if counts[name] < 2]
    if alone:
        what = f"1 row with the label {printable(alone[0])!r}"
        raise UserError(what, which="the data", mend="give it 2 rows at least, for one is to be held out")
    sizes = np.array([counts[name] for name in names], dtype=np.int64)
    place_of = {name: place for place, name in enumerate(names)}
    places = np.array([place_of[label] for label in labels], dtype=np.int64)
    rng = np.random.default_rng(seed)
    is_held_out = np.zeros(len(labels), dtype=bool)
    for place, count in enumerate(_shares(sizes, fraction)):
        is_held_out[rng.permutation(np.flatnonzero(places == place))[:count]] = True
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def _shares(sizes: npt.NDArray[np.int64], fraction: float) -> npt.NDArray[np.int64]:
    """Return how many of each label are held out: whole parts, then one more each where the remainder is largest."""
    exact = sizes * fraction
    shares = np.floor(exact).astype(np.int64)
    missing = round(float(sizes.sum()) * fraction) - int(shares.sum())
    if missing > 0:
        shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    fitted: npt.NDArray[np.int64] = np.clip(shares, 1, sizes - 1)
    return fitted

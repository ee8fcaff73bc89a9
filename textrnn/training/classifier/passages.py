"""The passages of a batch of texts, side by side in blocks of about one length, so that little is padding.

In: texts as ids, and how many of these stand in each of their passages. Out: blocks of passages, and which of them
each text is made of. Without a hierarchy each text is one passage, and a batch is one block. Knows no network.
Shapes: B texts, S passages of a text, N passages of all, T units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.training.padding import first_of_window, side_by_side

Ids = npt.NDArray[np.integer]

# passages in a block: in order of length so many are of about one length, and more at once are no faster
_AT_ONCE = 128


class Block(NamedTuple):
    """Passages side by side: ids (N, T), lengths (N,), and of which text of the batch each is, (N,)."""

    ids: Ids
    lengths: Ids
    texts: Ids


class Passages(NamedTuple):
    """blocks: all passages. rows: (B, S) the places of a text's passages among those of all blocks. counts: (B,)."""

    blocks: tuple[Block, ...]
    rows: Ids
    counts: Ids


def stretch(longest: int, ids: Ids, sizes: Ids, start: float) -> tuple[Ids, Ids]:
    """Return at most `longest` units of a text from a place that `start`, 0 to 1, chooses, and the passages' sizes."""
    if len(ids) <= longest:
        # most texts of most batches: cutting one takes as long as a sixth of its training
        return ids, sizes
    first = first_of_window(longest, len(ids), start)
    edges = np.clip(np.cumsum(sizes), first, first + longest)
    found = np.diff(edges, prepend=first)
    return ids[first : first + longest], found[found > 0]


def laid_out(units: Sequence[Ids], sizes: Sequence[Ids]) -> Passages:
    """Return the passages of texts; those of one length in the order of the texts."""
    counts = np.array(list(map(len, sizes)), np.int64)
    places = np.arange(len(counts))
    if (counts == 1).all():
        return Passages((Block(*side_by_side(units), places),), places[:, None], counts)
    lengths = np.concatenate(sizes)
    texts = np.repeat(places, counts)
    ends = np.cumsum(lengths)
    joined = np.concatenate(units)
    blocks = []
    order = _blocks(lengths) if len(lengths) > len(counts) else [np.arange(len(lengths))]
    for together in order:
        own = [joined[ends[place] - lengths[place] : ends[place]] for place in together.tolist()]
        blocks.append(Block(*side_by_side(own), texts[together]))
    place_of = np.empty(len(lengths), np.int64)
    place_of[np.concatenate(order)] = np.arange(len(lengths))
    rows, _ = side_by_side(np.split(place_of, np.cumsum(counts)[:-1]), padding=0)
    return Passages(tuple(blocks), rows, counts)


def _blocks(lengths: Ids) -> list[Ids]:
    """Return the places of passages of about one length together."""
    order = np.argsort(lengths, kind="stable")
    return [order[first : first + _AT_ONCE] for first in range(0, len(order), _AT_ONCE)]

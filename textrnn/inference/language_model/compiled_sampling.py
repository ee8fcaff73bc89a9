"""A draw in the compiled loop: what `Sampler` does on NumPy, without making a row anew.

In: one row of logits, what was written before, and scratch rows. Out: the next unit's id, and its nats before any
filter. Written in the part of Python that numba compiles; a test holds it equal to the sampler. Shapes: V vocabulary.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.inference.language_model.compiled_filters import cut_order, cut_untypical, exclude_repeats, penalise
from textrnn.inference.language_model.sampling import Ids, Mask, Row

# what `draw_unit` returns in an id's place when nothing can be drawn
NOTHING = -1
# beyond it exp overflows
_LARGEST_EXPONENT = 700.0


class Choice(NamedTuple):
    """How units are chosen. banned: how many of the lowest ids are never drawn, though they have their share.

    Off are top_k = V, top_p = 1, min_p = 0, typical = 1, penalty = 1 and ngram = 0.
    """

    banned: int
    temperature: float
    top_k: int
    top_p: float
    min_p: float
    typical: float
    penalty: float
    ngram: int


class Room(NamedTuple):
    """Rows to write into, (V,)."""

    below: Row
    weights: Row
    ordered: Row


def draw_unit(
    logits: npt.NDArray[np.float32], choice: Choice, uniform: float, seen: Mask, history: Ids, room: Room
) -> tuple[int, float]:
    """Return the id that `uniform` falls on, and its nats under the model's own distribution.

    seen: (V,), looked at where there is a penalty. history: ids, oldest first, looked at where n-grams are excluded.
    """
    size, banned, below = logits.size, choice.banned, room.below
    best, id = -math.inf, NOTHING
    for j in range(banned, size):
        if math.isnan(logits[j]):
            return NOTHING, 0.0
        if logits[j] > best:
            best, id = float(logits[j]), j
    if not best < math.inf or id < 0:
        return NOTHING, 0.0
    total = 0.0
    for j in range(size):
        below[j] = float(logits[j]) - best
        total += math.exp(below[j]) if below[j] < _LARGEST_EXPONENT else math.inf
    # only banned ids reach that far: by NaN or infinity, or because they have all of the distribution
    if total == math.inf:
        for j in range(banned):
            if not logits[j] < math.inf:
                return NOTHING, 0.0
    nats_of_best = math.log(total) if total < math.inf else max(below[0], below[banned - 1])
    if choice.penalty != 1.0 or choice.ngram > 0:
        id = _constrain(logits, choice, seen, history, below)
    if choice.temperature > 0.0 and id != NOTHING:
        id = _draw_below(choice, uniform, room)
    return id, nats_of_best + best - float(logits[id])


def _constrain(logits: npt.NDArray[np.float32], choice: Choice, seen: Mask, history: Ids, below: Row) -> int:
    """Make `below` of the logits that may be written; return the best id."""
    for j in range(logits.size):
        below[j] = float(logits[j])
    if choice.penalty != 1.0:
        penalise(below, seen, choice.penalty)
    if choice.ngram > 0:
        exclude_repeats(below, history, choice.ngram)
    best, id = -math.inf, NOTHING
    for j in range(choice.banned, below.size):
        if below[j] > best:
            best, id = below[j], j
    for j in range(below.size):
        below[j] -= best
    return id


def _draw_below(choice: Choice, uniform: float, room: Room) -> int:
    below, weights, ordered = room
    banned, temperature = choice.banned, choice.temperature
    for j in range(banned):
        weights[j] = 0.0
    for j in range(banned, below.size):
        weights[j] = math.exp(below[j] / temperature)
    if choice.top_k < below.size or choice.top_p < 1.0:
        cut_order(weights, choice.top_k, choice.top_p, ordered)
    for j in range(banned, below.size):
        if weights[j] < choice.min_p:
            weights[j] = 0.0
    if choice.typical < 1.0:
        for j in range(below.size):
            below[j] /= temperature
        cut_untypical(weights, below, choice.typical, ordered)
    total = 0.0
    for j in range(banned, below.size):
        total += weights[j]
    goal, reached, last = uniform * total, 0.0, NOTHING
    for j in range(banned, below.size):
        reached += weights[j]
        if weights[j] > 0.0:
            last = j
            if reached > goal:
                break
    return last

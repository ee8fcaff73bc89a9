"""The usual filters in place, for the compiled loop: what `Sampler` does on NumPy, without making a row anew.

In: one row of logits and scratch rows. Out: the next unit's id, and its nats before any filter. Written in the part of
Python that numba compiles; the definition is `sampling`, and a test holds the two equal. Knows nothing of settings.
Shapes: V vocabulary.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from textrnn.inference.language_model.sampling import REACHED, Row

# what `draw_unit` returns in an id's place when nothing can be drawn
NOTHING = -1
# beyond it exp overflows
_LARGEST_EXPONENT = 700.0


def draw_unit(
    logits: npt.NDArray[np.float32],
    banned: int,
    temperature: float,
    top_k: int,
    top_p: float,
    min_p: float,
    uniform: float,
    below: Row,
    weights: Row,
    ordered: Row,
) -> tuple[int, float]:
    """Return the id that `uniform` falls on, and its nats under the model's own distribution.

    banned: how many of the lowest ids are never drawn, though they have their share of the distribution. The filters
    are off at top_k = V, top_p = 1, min_p = 0. below, weights, ordered: scratch (V,).
    """
    size = logits.size
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
    if temperature > 0.0:
        id = _draw_below(below, banned, temperature, top_k, top_p, min_p, uniform, weights, ordered)
    nats_of_best = math.log(total) if total < math.inf else max(below[0], below[banned - 1])
    return id, nats_of_best - below[id]


def _draw_below(
    below: Row,
    banned: int,
    temperature: float,
    top_k: int,
    top_p: float,
    min_p: float,
    uniform: float,
    weights: Row,
    ordered: Row,
) -> int:
    for j in range(banned):
        weights[j] = 0.0
    for j in range(banned, below.size):
        weights[j] = math.exp(below[j] / temperature)
    if top_k < below.size or top_p < 1.0:
        cut_order(weights, top_k, top_p, ordered)
    total = 0.0
    for j in range(banned, below.size):
        if weights[j] < min_p:
            weights[j] = 0.0
        total += weights[j]
    goal, reached, last = uniform * total, 0.0, NOTHING
    for j in range(banned, below.size):
        reached += weights[j]
        if weights[j] > 0.0:
            last = j
            if reached > goal:
                break
    return last


def cut_order(weights: Row, top_k: int, top_p: float, ordered: Row) -> None:
    """Set to 0 all weights but the `top_k` largest, and of these all but the fewest that reach `top_p` together.

    Among equal weights the lowest ids stay.
    """
    size = weights.size
    ordered[:] = weights
    ordered.sort()
    count = min(top_k, size)
    if top_p < 1.0:
        total = 0.0
        for place in range(count):
            total += ordered[size - 1 - place]
        goal, reached, fewest = top_p * REACHED * total, 0.0, 0
        while fewest < count:
            reached += ordered[size - 1 - fewest]
            fewest += 1
            if reached >= goal:
                break
        count = fewest
    smallest = ordered[size - count]
    equals = count
    for j in range(size):
        if weights[j] > smallest:
            equals -= 1
    for j in range(size):
        if weights[j] < smallest:
            weights[j] = 0.0
        elif weights[j] == smallest:
            if equals > 0:
                equals -= 1
            else:
                weights[j] = 0.0

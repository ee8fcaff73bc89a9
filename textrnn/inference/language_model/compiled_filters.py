"""The filters in place, for the compiled loop: what `sampling` defines, without making a row anew.

In: a row of logits or of weights, and scratch rows. Out: the same row changed. Written in the part of Python that numba
compiles; a test holds them equal to the definition. Knows nothing of settings. Shapes: V vocabulary.

Wherever ids are equally good, the lowest id comes first.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from textrnn.inference.language_model.sampling import REACHED, Ids, Mask, Row


def penalise(row: Row, seen: Mask, penalty: float) -> None:
    """Make the units that were `seen` less likely, for a penalty above 1."""
    for j in range(row.size):
        if seen[j]:
            row[j] = row[j] / penalty if row[j] > 0.0 else row[j] * penalty


def exclude_repeats(row: Row, history: Ids, size: int) -> None:
    """Exclude every unit that would complete a run of `size` units that `history` (oldest first) already holds."""
    last = history.size - size + 1
    for start in range(last):
        # the unit compared first leaves few
        place = size - 2
        while place >= 0 and history[start + place] == history[last + place]:
            place -= 1
        if place < 0:
            row[history[start + size - 1]] = -math.inf


def cut_order(weights: Row, top_k: int, top_p: float, ordered: Row) -> None:
    """Set to 0 all weights but the `top_k` largest, and of these all but the fewest that reach `top_p` together."""
    size = weights.size
    for j in range(size):
        ordered[j] = weights[j]
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


def cut_untypical(weights: Row, logs: Row, mass: float, ordered: Row) -> None:
    """Set to 0 all weights but those whose information is nearest the entropy, the fewest that reach `mass` together.

    logs: of the weights, as far as these are not 0; overwritten.
    """
    size = weights.size
    total = 0.0
    for j in range(size):
        total += weights[j]
    log_total, entropy = math.log(total), 0.0
    for j in range(size):
        if weights[j] > 0.0:
            entropy -= weights[j] / total * (logs[j] - log_total)
    distances = logs
    for j in range(size):
        distances[j] = abs(log_total - logs[j] - entropy) if weights[j] > 0.0 else math.inf
        ordered[j] = distances[j]
    ordered.sort()
    goal, low, high = mass * REACHED * total, 0, size - 1
    while low < high:
        middle = (low + high) // 2
        if _within(weights, distances, ordered[middle]) >= goal:
            high = middle
        else:
            low = middle + 1
    farthest, reached = ordered[low], 0.0
    for j in range(size):
        if distances[j] < farthest:
            reached += weights[j]
    for j in range(size):
        if distances[j] > farthest or (distances[j] == farthest and 0.0 < reached >= goal):
            weights[j] = 0.0
        elif distances[j] == farthest:
            reached += weights[j]


def _within(weights: Row, distances: npt.NDArray[np.float64], farthest: float) -> float:
    reached = 0.0
    for j in range(weights.size):
        if distances[j] <= farthest:
            reached += weights[j]
    return reached

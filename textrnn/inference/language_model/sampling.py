"""The sampling filters: pure functions from one row of logits to another, the softmax, and the draw.

In: a row of logits (V,), float64, where -inf means "excluded" and nothing is NaN or +inf. Out: a new row of the same
kind; no filter brings an excluded id back. Written in the part of NumPy that numba compiles, each on its own, so that a
compiled loop can call the same source. Knows nothing of settings, of the model, or of where its uniforms come from.

Wherever ids are equally good, the lowest id comes first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Row = npt.NDArray[np.float64]  # (V,)
Ids = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]  # (V,)

# Stands in for the best logit of a row in which everything is excluded: -inf less this is -inf, not NaN.
_LOWEST = -1.7e308
# A logit this many temperatures below the best has the weight exp(-1000), which is 0 in float64.
_WEIGHTLESS = 1000.0
# A sum of probabilities "reaches" p though rounding leaves it a hair below: 0.5 + 0.3 reaches 0.8.
REACHED = 1.0 - 1e-12
# Beyond this a penalty says nothing more, and the largest float32 times it still is a float64.
HUGE = 1e100


def ban(logits: Row, ids: Ids) -> Row:
    """Exclude `ids`."""
    kept = logits.copy()
    kept[ids] = -np.inf
    return kept


def repetition_penalty(logits: Row, seen: Mask, penalty: float) -> Row:
    """Make the units that were `seen` less likely, for a penalty above 1 (CTRL: Keskar et al. 2019).

    The paper divides the logit, which would reward a negative one; that is multiplied, as all later implementations do.
    """
    bounded = min(max(penalty, 1.0 / HUGE), HUGE)
    penalised = np.where(logits > 0.0, logits / bounded, logits * bounded)
    return np.where(seen, penalised, logits)


def no_repeat_ngram(logits: Row, history: Ids, size: int) -> Row:
    """Exclude every unit that would complete a run of `size` units that `history` (oldest first) already holds."""
    kept = logits.copy()
    if history.size < size:
        return kept
    if size == 1:
        kept[history] = -np.inf
        return kept
    last = history[history.size - size + 1 :]
    # where a run starts whose first size - 1 units are the last ones of the history; the unit compared first leaves few
    starts = np.nonzero(history[size - 2 : -1] == last[-1])[0]
    for place in range(size - 2):
        starts = starts[history[starts + place] == last[place]]
    kept[history[starts + size - 1]] = -np.inf
    return kept


def temperature(logits: Row, value: float) -> Row:
    """Divide by `value` what each logit is below the best; at 0 only the best stays."""
    if value == 0.0:
        kept = np.full_like(logits, -np.inf)
        kept[logits.argmax()] = logits.max()
        return kept
    below = logits - max(logits.max(), _LOWEST)
    # what weighs nothing is excluded first: divided by 1e-300 it could overflow
    return np.where(below < -_WEIGHTLESS * value, -np.inf, below) / value


def top_k(logits: Row, count: int) -> Row:
    """Keep the `count` best."""
    if count >= logits.size:
        return logits.copy()
    kept = logits.copy()
    kept[(-logits).argsort(kind="mergesort")[count:]] = -np.inf
    return kept


def top_p(logits: Row, mass: float) -> Row:
    """Keep the best whose probabilities reach `mass` together, the one that crosses it included (Holtzman et al. 2020).

    It is the smallest such set, and never empty: at 0 the best one stays, at 1 all stay.
    """
    if mass >= 1.0:
        return logits.copy()
    order = (-logits).argsort(kind="mergesort")
    reached = np.exp(logits[order] - max(logits[order[0]], _LOWEST)).cumsum()
    kept = logits.copy()
    kept[order[np.searchsorted(reached, mass * REACHED * reached[-1]) + 1 :]] = -np.inf
    return kept


def min_p(logits: Row, ratio: float) -> Row:
    """Keep what is at least `ratio` times as likely as the best."""
    weights = np.exp(logits - max(logits.max(), _LOWEST))
    return np.where(weights >= ratio, logits, -np.inf)


def typical(logits: Row, mass: float) -> Row:
    """Keep the units whose information is nearest the entropy and that reach `mass` together (Meister et al. 2022)."""
    if mass >= 1.0:
        return logits.copy()
    below = logits - max(logits.max(), _LOWEST)
    weights = np.exp(below)
    total = max(weights.sum(), 1e-300)
    log_p = below - np.log(total)
    probabilities = weights / total
    # 0 * log 0 is 0 here
    entropy = -(probabilities * np.maximum(log_p, _LOWEST)).sum()
    order = np.abs(-log_p - entropy).argsort(kind="mergesort")
    reached = probabilities[order].cumsum()
    kept = logits.copy()
    kept[order[np.searchsorted(reached, mass * REACHED * reached[-1]) + 1 :]] = -np.inf
    return kept


def softmax(logits: Row) -> Row:
    """Return the probabilities of a row: excluded ids have exactly 0; all are 0 where everything is excluded."""
    weights = np.exp(logits - max(logits.max(), _LOWEST))
    probabilities: Row = weights / max(weights.sum(), 1e-300)
    return probabilities


def draw(probabilities: Row, uniform: float) -> int:
    """Return the id that `uniform`, in [0, 1), falls on; the probabilities need not sum to 1.

    An id of probability 0 is never returned: its cumulative sum is that of the id before, which the search finds first.
    """
    reached = probabilities.astype(np.float64).cumsum()
    if not reached[-1] > 0.0:
        raise ValueError("no id has a probability above 0")
    drawn = np.searchsorted(reached, uniform * reached[-1], side="right")
    # the product can round up to the whole sum; the first id that reaches it is the last one with a probability
    return int(min(drawn, np.searchsorted(reached, reached[-1])))

"""Whether a classifier is as often right as it is sure, and the temperature that makes it so.

In go confidences (the probability of the answer given) or logits, with the truth; out come numbers. What was classified
is not known here.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

BINS = 10
# the temperature is sought between these; a network beyond them is broken in ways that no temperature mends
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.01, 100.0
# fewer rows say nothing about how sure to be: the temperature then stays 1
FEWEST_ROWS = 10
# the simulations of all rows together draw no more than this many numbers, which takes well under a second
_MOST_DRAWN = 20_000_000
_FEWEST_SIMULATIONS, _MOST_SIMULATIONS = 50, 1000
_DRAWN_AT_ONCE = 1 << 20


def expected_calibration_error(confidences: Floats, correct: npt.NDArray[np.bool_] | Floats, bins: int = BINS) -> float:
    """Return the expected calibration error (Naeini et al. 2015; Guo et al. 2017), 0 to 1.

    It is the mean over rows of |share that is right - mean confidence| in the row's bin. Bins are of equal width, each
    with its upper edge and without its lower one. confidences, correct: (N,).
    """
    assert len(confidences)
    gaps = np.bincount(_bin_of(confidences, bins), np.asarray(correct, np.float64) - confidences, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidences))


def expected_if_calibrated(
    confidences: Floats, *, seed: int, simulations: int | None = None, bins: int = BINS
) -> float:
    """Return the mean error of a perfectly calibrated model with these confidences (N,): what chance alone shows.

    In each simulation every row is right with the probability that its confidence claims. simulations: by default as
    many as take well under a second.
    """
    assert len(confidences)
    num_rows = len(confidences)
    if simulations is None:
        simulations = min(max(_MOST_DRAWN // num_rows, _FEWEST_SIMULATIONS), _MOST_SIMULATIONS)
    rng = np.random.default_rng(seed)
    ordered = np.sort(np.asarray(confidences, np.float64))  # the rows of a bin lie side by side
    starts = np.flatnonzero(np.diff(_bin_of(ordered, bins), prepend=-1))
    claimed = np.add.reduceat(ordered, starts)
    total, rest = 0.0, simulations
    while rest:
        count = min(rest, max(1, _DRAWN_AT_ONCE // num_rows))
        right = rng.random((count, num_rows)) < ordered
        total += float(np.abs(np.add.reduceat(right, starts, axis=1, dtype=np.int64) - claimed).sum())
        rest -= count
    return total / simulations / num_rows


def fit_temperature(logits: Floats, truth: npt.NDArray[np.integer]) -> float:
    """Return the temperature T for which the log loss of softmax(logits / T) is least (Guo et al. 2017).

    logits: (N, C). truth: (N,) ids; rows of an id below 0 do not count. The loss is convex in 1/T, so there is one
    least. Where every row is right the loss only falls as T nears 0; T then stops where the loss of all rows is that
    of one further row on which a coin is tossed. With fewer rows than FEWEST_ROWS it is 1.
    """
    known = np.asarray(truth) >= 0
    scores, ids = np.asarray(logits, np.float64)[known], np.asarray(truth)[known]
    if len(scores) < FEWEST_ROWS:
        return 1.0
    # the loss knows only by how much each label is above (+) or below (-) the true one
    leads = scores - np.take_along_axis(scores, ids[:, None], axis=1)
    if not leads.any():
        return 1.0
    others = leads.copy()
    np.put_along_axis(others, ids[:, None], -np.inf, axis=1)
    is_flawless = bool((others < 0).all())

    def too_sure(temperature: float) -> bool:
        """Whether the loss would be less at a higher temperature."""
        loss, slope = _loss(leads, 1 / temperature)
        return loss < math.log(2) / (len(leads) + 1) if is_flawless else slope > 0

    low, high = math.log(LOWEST_TEMPERATURE), math.log(HIGHEST_TEMPERATURE)
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if too_sure(math.exp(middle)) else (low, middle)
    return math.exp(middle)


def _loss(leads: Floats, sharpness: float) -> tuple[float, float]:
    """Return the mean log loss at 1/T and its derivative by 1/T; leads: (N, C) logits less that of the true label."""
    scaled = leads * sharpness
    top = scaled.max(axis=1, keepdims=True)
    weights = np.exp(scaled - top)
    sums = weights.sum(axis=1, keepdims=True)
    loss = (np.log(sums) + top).mean()
    return float(loss), float((weights / sums * leads).sum(axis=1).mean())


def _bin_of(confidences: Floats, bins: int) -> npt.NDArray[np.int64]:
    # compared with the edges themselves: a product with the number of bins would round 0.7 into the bin above
    return np.searchsorted(np.arange(1, bins) / bins, confidences, side="left")

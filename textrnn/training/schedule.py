"""What changes in the course of training, as functions of the share of it that is done, from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Callable

WARM_UP = 0.1
FLOOR = 0.02


def one_cycle(fraction: float) -> float:
    """Return the factor on the peak learning rate: a linear rise, a cosine down to a floor (Smith & Topin 2018)."""
    if fraction < WARM_UP:
        return FLOOR + (1 - FLOOR) * fraction / WARM_UP
    descent = min(1.0, (fraction - WARM_UP) / (1 - WARM_UP))
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * descent))


# of Muon, whose steps have one size whatever the gradient: it settles when they go to nothing
MUON_WARM_UP = 0.05


def to_zero(fraction: float) -> float:
    """Return the factor on the peak learning rate: a linear rise, a straight line down to 0 (Bergsma et al. 2025)."""
    if fraction < MUON_WARM_UP:
        return FLOOR + (1 - FLOOR) * fraction / MUON_WARM_UP
    return max(0.0, (1 - fraction) / (1 - MUON_WARM_UP))


# by optimizer; the rest has one cycle
SCHEDULES: dict[str, Callable[[float], float]] = {"muon": to_zero}

# the share of true inputs left at the end of scheduled sampling
LAST_TRUTH = 0.25
STEEPNESS = 12.0


def _inverse_sigmoid(fraction: float) -> float:
    # from the start to the end exactly, whatever the steepness
    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(STEEPNESS * (x - 0.5)))

    fallen = (sigmoid(0) - sigmoid(fraction)) / (sigmoid(0) - sigmoid(1))
    return 1 - (1 - LAST_TRUTH) * fallen


# how the probability of feeding the true unit falls (Bengio et al. 2015)
TEACHER_FORCING: dict[str, Callable[[float], float]] = {
    "none": lambda fraction: 1.0,
    "linear": lambda fraction: 1 - (1 - LAST_TRUTH) * fraction,
    "exponential": lambda fraction: LAST_TRUTH**fraction,
    "inverse-sigmoid": _inverse_sigmoid,
}

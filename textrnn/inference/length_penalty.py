"""How beams rank hypotheses of different lengths.

    log p(Y) / ((5 + |Y|) / 6) ** length_penalty                (GNMT: Wu et al. 2016, equation 14, without coverage)
"""  # fmt: skip

from __future__ import annotations

import math


def share_of_log_p(length: int, length_penalty: float) -> float:
    """Return how much of log p counts of a hypothesis of `length` units; a power would overflow where this is 0."""
    return math.exp(-length_penalty * math.log((5 + length) / 6))

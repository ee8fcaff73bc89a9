"""How much a classifier's network and its n-grams each weigh, and how sure they may be: fitted on held-out answers.

In: logits of both parts on held-out texts. Out: a weight for each, the temperature (Guo et al. 2017) inside it.
Figures on the same texts are made by weights fitted on the other half of them, so that they stay fair.
Shapes: N texts, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textrnn.cells.functions import log_softmax
from textrnn.metrics.calibration import fit_temperature

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.integer]

# shares of the network that are tried, and the one that is taken where too few texts would choose
SHARES = np.linspace(0.1, 0.9, 9)
USUAL_SHARE = 0.5
FEWEST_TEXTS = 100
# a part that hardly says anything is not made to shout: one trained for a few steps would drown the other
LEAST_SPREAD = 0.25


@dataclass(frozen=True)
class Parts:
    """network: (N, C). ngrams: (N, C), None where there are none. truth: (N,), -1 for a text that tells nothing."""

    network: Floats
    ngrams: Floats | None
    truth: Ids

    def taken(self, rows: Ids) -> Parts:
        """Return the parts of some texts."""
        return Parts(self.network[rows], None if self.ngrams is None else self.ngrams[rows], self.truth[rows])

    def mixed(self, weights: Mapping[str, float]) -> Floats:
        """Return log probabilities (N, C)."""
        logits = weights["network"] * self.network
        if self.ngrams is not None:
            logits = logits + weights["ngrams"] * self.ngrams
        mixed: Floats = log_softmax(np, logits)
        return mixed


def fit_mixing(parts: Parts) -> dict[str, float]:
    """Return the weights for which the log loss is least."""
    if parts.ngrams is None:
        return {"network": 1 / fit_temperature(parts.network, parts.truth), "ngrams": 0.0}
    ngrams = parts.ngrams
    spreads = _spread(parts.network), _spread(ngrams)
    shares = SHARES if np.count_nonzero(parts.truth >= 0) >= FEWEST_TEXTS else [USUAL_SHARE]

    def weights(share: float) -> dict[str, float]:
        raw = {"network": share / spreads[0], "ngrams": (1 - share) / spreads[1]}
        # the mixture starts as sure of itself as its parts are, each by its share
        sharpness = share * spreads[0] + (1 - share) * spreads[1]
        raw = {name: weight * sharpness for name, weight in raw.items()}
        logits = raw["network"] * parts.network + raw["ngrams"] * ngrams
        temperature = fit_temperature(logits, parts.truth)
        return {name: weight / temperature for name, weight in raw.items()}

    tried = [weights(float(share)) for share in shares]
    return min(tried, key=lambda one: _loss(parts.mixed(one), parts.truth))


def cross_fitted(parts: Parts) -> Floats:
    """Return log probabilities (N, C), each half's by the weights that the other half gives."""
    halves = np.arange(len(parts.truth)) % 2
    found = np.empty_like(parts.network)
    for half in (0, 1):
        own, other = np.flatnonzero(halves == half), np.flatnonzero(halves != half)
        found[own] = parts.taken(own).mixed(fit_mixing(parts.taken(other)))
    return found


def unfitted(parts: Parts) -> Floats:
    """Return log probabilities (N, C) of the parts as training left them, added up."""
    return parts.mixed({"network": 1.0, "ngrams": 1.0})


def _spread(logits: Floats) -> float:
    """Return how far logits go from their text's mean, at least LEAST_SPREAD."""
    spread = float((logits - logits.mean(axis=1, keepdims=True)).std()) if len(logits) else 0.0
    return max(spread, LEAST_SPREAD)


def _loss(log_probabilities: Floats, truth: Ids) -> float:
    rows = np.flatnonzero(truth >= 0)
    return float(-log_probabilities[rows, truth[rows]].mean()) if len(rows) else 0.0

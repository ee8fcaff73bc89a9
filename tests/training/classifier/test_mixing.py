"""The weights of network and n-grams: least log loss, fair figures, few texts and unknown labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textrnn.cells.functions import log_softmax
from textrnn.training.classifier.mixing import FEWEST_TEXTS, SHARES, Parts, cross_fitted, fit_mixing, unfitted


def parts(count: int, classes: int = 2, *, seed: int = 0, ngrams: bool = True, sureness: float = 3.0) -> Parts:
    """Two parts that are each right more often than not, and far surer of themselves than they should be."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, count)
    hint = np.eye(classes)[truth]
    network = sureness * (hint + rng.normal(0, 1.0, hint.shape))
    other = 0.5 * (hint + rng.normal(0, 0.7, hint.shape))
    return Parts(network, other if ngrams else None, truth)


def loss(own: Parts, weights: dict[str, float]) -> float:
    known = own.truth >= 0
    return float(-own.mixed(weights)[known, own.truth[known]].mean())


@pytest.mark.parametrize("classes", [2, 4])
def test_the_weights_have_the_least_log_loss(classes: int) -> None:
    """No worse than the best of a fine grid over both weights but for the ninths that shares are tried in."""
    own = parts(600, classes)
    found = fit_mixing(own)
    grid = np.geomspace(0.01, 10, 60)
    best = min(loss(own, {"network": a, "ngrams": b}) for a in grid.tolist() for b in grid.tolist())
    assert loss(own, found) <= best + 2e-3
    for factor in (0.95, 1.05):
        assert loss(own, {name: factor * weight for name, weight in found.items()}) > loss(own, found)
    assert loss(own, found) < min(loss(own, {"network": 1, "ngrams": 0}), loss(own, {"network": 0, "ngrams": 1}))


def test_the_network_alone_gets_its_temperature() -> None:
    own = parts(400, ngrams=False)
    found = fit_mixing(own)
    assert found["ngrams"] == 0
    grid = np.geomspace(0.01, 10, 3000).tolist()
    best = min(grid, key=lambda weight: loss(own, {"network": weight, "ngrams": 0}))
    assert found["network"] == pytest.approx(best, rel=0.01)


def test_each_half_is_answered_by_what_the_other_says() -> None:
    """Other labels in one half change the answers to the other half, and to no text of its own."""
    own = parts(300)
    first = np.arange(300) % 2 == 0
    found = cross_fitted(own)
    changed = cross_fitted(Parts(own.network, own.ngrams, np.where(first, 1 - own.truth, own.truth)))
    assert np.array_equal(found[first], changed[first])
    assert not np.isclose(found[~first], changed[~first]).any()
    weights = fit_mixing(own.taken(np.flatnonzero(first)))
    assert np.array_equal(found[~first], own.taken(np.flatnonzero(~first)).mixed(weights))


def test_answers_are_log_probabilities() -> None:
    own = parts(101, 3)
    for found in (cross_fitted(own), unfitted(own), own.mixed({"network": 0.3, "ngrams": 2.0})):
        np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, rtol=1e-12)
    assert own.ngrams is not None
    np.testing.assert_allclose(unfitted(own), log_softmax(np, own.network + own.ngrams), rtol=1e-12)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 19])
@pytest.mark.parametrize("ngrams", [True, False])
def test_hardly_any_texts(count: int, ngrams: bool) -> None:
    own = parts(count, ngrams=ngrams)
    weights = fit_mixing(own)
    assert all(np.isfinite(weight) and weight >= 0 for weight in weights.values())
    found = cross_fitted(own)
    assert found.shape == (count, 2) and np.isfinite(found).all()


def test_few_texts_choose_no_share() -> None:
    for count, tried in ((FEWEST_TEXTS - 1, 1), (FEWEST_TEXTS, len(SHARES))):
        ratios = set()
        for seed in range(12):
            own = parts(count, seed=seed)
            assert own.ngrams is not None
            weights = fit_mixing(own)
            spreads = [float((part - part.mean(axis=1, keepdims=True)).std()) for part in (own.network, own.ngrams)]
            share = weights["network"] * spreads[0] / (weights["network"] * spreads[0] + weights["ngrams"] * spreads[1])
            ratios.add(round(share, 6))
        assert (len(ratios) > 1) == (tried > 1)
        assert tried > 1 or ratios == {0.5}


def test_texts_with_unknown_labels_tell_nothing() -> None:
    own = parts(400)
    known = np.arange(400) % 4 != 3
    with_unknown = Parts(own.network, own.ngrams, np.where(known, own.truth, -1))
    assert own.ngrams is not None
    alone, among = fit_mixing(own.taken(np.flatnonzero(known))), fit_mixing(with_unknown)
    for name, weight in alone.items():
        # the spread of the logits is that of all texts
        assert among[name] == pytest.approx(weight, rel=0.1)
    nothing = fit_mixing(Parts(own.network, own.ngrams, np.full(400, -1)))
    shares = [nothing["network"] * own.network.std(), nothing["ngrams"] * own.ngrams.std()]
    assert shares[0] == pytest.approx(shares[1], rel=0.2)
    assert np.isfinite(cross_fitted(Parts(own.network, own.ngrams, np.full(400, -1)))).all()


@pytest.mark.parametrize(("network", "ngrams"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1e-9, 1.0), (30.0, 1.0)])
def test_a_part_that_says_nothing_breaks_nothing(network: float, ngrams: float) -> None:
    own = parts(200)
    assert own.ngrams is not None
    scaled = Parts(network * own.network, ngrams * own.ngrams, own.truth)
    weights = fit_mixing(scaled)
    assert all(np.isfinite(weight) and 0 <= weight < 1e9 for weight in weights.values())
    assert np.isfinite(cross_fitted(scaled)).all()
    assert loss(scaled, weights) <= np.log(2) + 1e-9


def test_how_sure_the_parts_are_does_not_matter() -> None:
    """A network that is surer of itself by a factor weighs less by that factor."""
    own, surer = parts(500, seed=2), parts(500, seed=2, sureness=30.0)
    np.testing.assert_allclose(own.mixed(fit_mixing(own)), surer.mixed(fit_mixing(surer)), rtol=1e-5, atol=1e-6)


def test_taking_rows() -> None:
    own: Any = parts(10)
    taken = own.taken(np.array([3, 1]))
    assert np.array_equal(taken.network, own.network[[3, 1]]) and np.array_equal(taken.ngrams, own.ngrams[[3, 1]])
    assert np.array_equal(taken.truth, own.truth[[3, 1]])
    assert parts(5, ngrams=False).taken(np.array([0])).ngrams is None


def test_a_network_that_has_hardly_learned_does_not_drown_the_ngrams() -> None:
    own = parts(FEWEST_TEXTS - 1)
    assert own.ngrams is not None
    noise = np.random.default_rng(5).standard_normal(own.network.shape)
    untrained = Parts(0.002 * noise, own.ngrams, own.truth)
    weights = fit_mixing(untrained)
    moved = weights["network"] * np.abs(untrained.network).max()
    assert moved < 0.1 * weights["ngrams"] * np.abs(own.ngrams).mean()

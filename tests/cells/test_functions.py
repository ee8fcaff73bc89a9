from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit
from scipy.special import log_softmax as scipy_log_softmax

from textrnn.cells.functions import log_softmax, lookup, namespace, negative_log_likelihood, sigmoid

EXACT = {"rtol": 1e-12, "atol": 1e-12}


def test_the_namespace_is_that_of_the_array() -> None:
    assert namespace(np.zeros(1)) is np
    assert "torch" in namespace(torch.zeros(1)).__name__


def test_sigmoid_is_scipys_and_never_overflows() -> None:
    x = np.concatenate([np.linspace(-40, 40, 4001), [-1e308, -1e4, 0.0, 1e4, 1e308]])
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_allclose(sigmoid(np, x), expit(x), rtol=0, atol=1e-15)
    tensor = torch.from_numpy(x)
    np.testing.assert_allclose(sigmoid(namespace(tensor), tensor).numpy(), expit(x), rtol=0, atol=1e-15)


@pytest.mark.parametrize("shape", [(), (3,), (2, 5), (2, 1, 4)])
def test_lookup_takes_rows(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    table, ids = rng.normal(size=(7, 3)), rng.integers(0, 7, shape)
    assert np.array_equal(lookup(np, table, np.asarray(ids)), table[ids])
    found = lookup(namespace(torch.from_numpy(table)), torch.from_numpy(table), torch.from_numpy(np.asarray(ids)))
    assert np.array_equal(found.numpy(), table[ids])


def test_log_softmax_is_scipys_at_any_size() -> None:
    rng = np.random.default_rng(0)
    for spread in (1e-3, 1.0, 50.0, 1e6):
        logits = rng.normal(0, spread, (4, 5, 9))
        np.testing.assert_allclose(log_softmax(np, logits), scipy_log_softmax(logits, axis=-1), **EXACT)


def test_likelihood_is_torchs_cross_entropy() -> None:
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(0, 3, (3, 4, 9)), rng.integers(0, 9, (3, 4))
    expected = torch.nn.functional.cross_entropy(
        torch.from_numpy(logits).flatten(0, 1), torch.from_numpy(targets).flatten(), reduction="none"
    )
    nats = negative_log_likelihood(np, logits, targets)
    np.testing.assert_allclose(nats, expected.reshape(3, 4).numpy(), **EXACT)
    tensor = torch.from_numpy(logits)
    by_torch = negative_log_likelihood(namespace(tensor), tensor, torch.from_numpy(targets))
    np.testing.assert_allclose(by_torch.numpy(), nats, **EXACT)


def test_a_certain_unit_costs_nothing_and_an_impossible_one_stays_finite() -> None:
    logits = np.array([[1000.0, 0.0]])
    assert negative_log_likelihood(np, logits, np.array([0]))[0] == 0
    assert negative_log_likelihood(np, logits, np.array([1]))[0] == 1000

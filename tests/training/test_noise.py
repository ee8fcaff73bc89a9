from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.training.noise import coins, dropout_masks

CPU = torch.device("cpu")


def masks(seed: int = 0, step: int = 0, rate: float = 0.3, **sizes: Any) -> list[torch.Tensor]:
    found = dropout_masks(seed, step, rate=rate, device=CPU, **{"layers": 2, "rows": 40, "units": 50, **sizes})
    assert found is not None
    return found


def test_nothing_is_dropped_at_rate_zero() -> None:
    assert dropout_masks(0, 0, rate=0.0, layers=2, rows=3, units=4, device=CPU) is None


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_share_is_dropped_and_the_mean_kept(rate: float) -> None:
    for mask in masks(rate=rate):
        assert mask.shape == (40, 1, 50)
        assert mask.dtype == torch.float32
        values = torch.unique(mask)
        np.testing.assert_allclose(values.numpy(), [0, 1 / (1 - rate)], rtol=1e-6)
        dropped = float((mask == 0).float().mean())
        assert dropped == pytest.approx(rate, abs=5 * math.sqrt(rate * (1 - rate) / 2000))


def test_masks_are_a_function_of_seed_and_step() -> None:
    first = masks()
    assert all(map(torch.equal, first, masks()))
    assert not torch.equal(first[0], first[1])
    for other in (masks(seed=1), masks(step=1)):
        assert not torch.equal(first[0], other[0])


def test_coins_are_fair_independent_and_a_function_of_seed_and_step() -> None:
    is_true, uniforms = coins(0, 0, rows=100, steps=200, truth=0.3)
    assert is_true.shape == uniforms.shape == (100, 200)
    sigma = math.sqrt(0.3 * 0.7)
    assert is_true.mean() == pytest.approx(0.3, abs=5 * sigma / math.sqrt(20_000))
    # per row and per step as well
    assert np.abs(is_true.mean(axis=1) - 0.3).max() < 5 * sigma / math.sqrt(200)
    assert np.abs(is_true.mean(axis=0) - 0.3).max() < 5 * sigma / math.sqrt(100)
    # the draws are other numbers than the coins
    assert abs(np.corrcoef(is_true.ravel(), uniforms.ravel())[0, 1]) < 0.05
    assert np.array_equal(coins(0, 0, rows=100, steps=200, truth=0.3)[0], is_true)
    assert not np.array_equal(coins(0, 1, rows=100, steps=200, truth=0.3)[0], is_true)
    assert not np.array_equal(coins(1, 0, rows=100, steps=200, truth=0.3)[0], is_true)


def test_coins_at_the_ends() -> None:
    assert coins(0, 0, rows=50, steps=50, truth=1.0)[0].all()
    assert not coins(0, 0, rows=50, steps=50, truth=0.0)[0].any()


def test_more_truth_only_ever_adds_true_inputs() -> None:
    less, more = (coins(0, 0, rows=20, steps=20, truth=truth)[0] for truth in (0.4, 0.6))
    assert not (less & ~more).any()
    assert more.sum() > less.sum()

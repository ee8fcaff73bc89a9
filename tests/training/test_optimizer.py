"""Optimizers: AdamW and Adam against NumPy, every one saved and restored to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.training import DEFAULT_RATE
from textrnn.networks.parameters import named_arrays
from textrnn.training.optimizer import ADAMW_SHARE, BETAS, Optimizers

ALL = ("adamw", "adam", "sgd", "rmsprop", "muon")
optimizers = pytest.mark.parametrize("name", ALL)


def named(seed: int = 0) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(seed)
    shapes = {
        "embedding": (5, 3),
        "layers.0.cell.weight_hh": (8, 2),
        "layers.0.cell.bias_hh": (8,),
        "output.bias": (5,),
    }
    return {name: torch.from_numpy(rng.normal(size=shape)).requires_grad_(True) for name, shape in shapes.items()}


def settings(**given: Any) -> TrainLanguageModelSettings:
    return TrainLanguageModelSettings.check(given)


def take(optimizer: Optimizers, parameters: dict[str, torch.Tensor], seeds: range, factor: float = 1.0) -> None:
    for seed in seeds:
        rng = np.random.default_rng(100 + seed)
        for p in parameters.values():
            p.grad = torch.from_numpy(rng.normal(size=p.shape)).to(p.dtype)
        optimizer.step(factor)


def by_numpy(name: str, p: np.ndarray, gradients: list[np.ndarray], rate: float, decay: float) -> np.ndarray:
    """Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), as their papers have them."""
    beta1, beta2 = BETAS
    m, v = np.zeros_like(p), np.zeros_like(p)
    for t, gradient in enumerate(gradients, 1):
        if name == "adam":
            gradient = gradient + decay * p
        else:
            p = p - rate * decay * p
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        p = p - rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + 1e-8)
    return p


@pytest.mark.parametrize("name", ["adam", "adamw"])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adam_is_its_papers(name: str, decay: float) -> None:
    parameters = named()
    before = {key: p.detach().numpy().copy() for key, p in parameters.items()}
    optimizer = Optimizers(parameters, settings(optimizer=name, lr=0.03, weight_decay=decay), gates=4)
    take(optimizer, parameters, range(10), factor=0.5)
    gradients: dict[str, list[np.ndarray]] = {key: [] for key in parameters}
    for seed in range(10):
        rng = np.random.default_rng(100 + seed)
        for key, p in parameters.items():
            gradients[key].append(rng.normal(size=p.shape))
    for key, p in parameters.items():
        expected = by_numpy(name, before[key], gradients[key], 0.015, decay)
        np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-12, atol=1e-12)


@optimizers
def test_saved_and_restored_it_goes_on_to_the_bit(name: str) -> None:
    parameters = named()
    optimizer = Optimizers(parameters, settings(optimizer=name), gates=4)
    take(optimizer, parameters, range(4))
    arrays = {key: array.copy() for key, array in optimizer.arrays().items()}
    other = {key: p.detach().clone().requires_grad_(True) for key, p in parameters.items()}
    take(optimizer, parameters, range(4, 8))
    restored = Optimizers(other, settings(optimizer=name), gates=4)
    restored.restore(arrays)
    take(restored, other, range(4, 8))
    for key, p in parameters.items():
        assert torch.equal(other[key], p)
    for key, array in optimizer.arrays().items():
        assert np.array_equal(restored.arrays()[key], array)
        assert restored.arrays()[key].dtype == array.dtype


@optimizers
def test_without_its_state_it_would_not_go_on_the_same(name: str) -> None:
    """The test above has the power to see state that is lost."""
    parameters = named()
    optimizer = Optimizers(parameters, settings(optimizer=name), gates=4)
    take(optimizer, parameters, range(4))
    other = {key: p.detach().clone().requires_grad_(True) for key, p in parameters.items()}
    take(optimizer, parameters, range(4, 8))
    take(Optimizers(other, settings(optimizer=name), gates=4), other, range(4, 8))
    assert not any(torch.equal(other[key], p) for key, p in parameters.items())


@optimizers
def test_state_is_named_after_parameters(name: str) -> None:
    parameters = named()
    optimizer = Optimizers(parameters, settings(optimizer=name), gates=4)
    assert optimizer.arrays() == {}
    take(optimizer, parameters, range(1))
    assert {key.rpartition("/")[0] for key in optimizer.arrays()} == set(parameters)


@optimizers
def test_the_rate_is_that_of_the_settings(name: str) -> None:
    given = TrainClassifierSettings.check({"optimizer": name, "batch_size": 256})
    assert Optimizers(named(), given, gates=4).step(1.0) == given.rate == pytest.approx(2 * DEFAULT_RATE[name])


@optimizers
def test_the_factor_scales_the_rate(name: str) -> None:
    parameters = named()
    before = {key: p.detach().clone() for key, p in parameters.items()}
    optimizer = Optimizers(parameters, settings(optimizer=name), gates=4)
    take(optimizer, parameters, range(1), factor=0.0)
    assert all(torch.equal(p, before[key]) for key, p in parameters.items())
    assert optimizer.step(0.5) == pytest.approx(0.5 * DEFAULT_RATE[name])
    assert Optimizers(named(), settings(optimizer=name, lr=0.123), gates=4).step(1.0) == pytest.approx(0.123)


def test_muon_takes_the_matrices_of_the_stack_and_adamw_the_rest() -> None:
    parameters = named()
    optimizer = Optimizers(parameters, settings(optimizer="muon", lr=0.1, weight_decay=0.0), gates=4)
    before = {key: p.detach().clone() for key, p in parameters.items()}
    take(optimizer, parameters, range(1))
    for key in ("embedding", "layers.0.cell.bias_hh", "output.bias"):
        # the first step of Adam is the sign of the gradient
        step = (parameters[key] - before[key]).detach().abs()
        torch.testing.assert_close(step, torch.full_like(step, 0.1 * ADAMW_SHARE), rtol=1e-6, atol=0)
    moved = (parameters["layers.0.cell.weight_hh"] - before["layers.0.cell.weight_hh"]).detach()
    for block in moved.chunk(4):
        assert float(torch.linalg.svdvals(block).min()) > 0.06
    assert {key for key in optimizer.arrays() if key.endswith("/velocity")} == {"layers.0.cell.weight_hh/velocity"}


@optimizers
@pytest.mark.parametrize("wiring", [{"tied": True}, {"layer_norm": True, "head_size": 4, "num_layers": 2}], ids=str)
def test_every_parameter_of_every_wiring_is_someones(
    name: str, wiring: dict[str, Any], noisy: Callable[..., Any]
) -> None:
    checked = settings(optimizer=name, hidden_size=6, **wiring).settled()
    parameters = named_arrays(noisy(checked, 7))
    optimizer = Optimizers(parameters, checked, gates=4)
    before = {key: p.detach().clone() for key, p in parameters.items()}
    take(optimizer, parameters, range(1))
    assert not any(torch.equal(p, before[key]) for key, p in parameters.items())

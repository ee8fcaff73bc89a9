"""The forecaster's network: torch's own layers put together, the same on NumPy and on torch."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.plain import plain
from textrnn.config.forecaster import ForecasterSettings
from textrnn.networks.build import cell_of
from textrnn.networks.forecaster import Batch, ForecasterParameters, forecaster_shapes, forward, initial_forecaster
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.summary import forecaster_layers
from textrnn.training.tensors import to_tensors

LAYERS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
T, C, H = 7, 2, 3


def made(dtype: Any = np.float64, **given: Any) -> tuple[ForecasterSettings, ForecasterParameters]:
    settings = ForecasterSettings.check({"hidden_size": 5, "horizon": H, **given})
    rng = np.random.default_rng(3)
    fresh = initial_forecaster(settings, T, C, rng)
    # zeros would hide what is wrong with them
    return settings, map_arrays(lambda _, array: rng.normal(size=array.shape).astype(dtype) / 2, fresh)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("given", [{}, {"num_layers": 2, "head_size": 4}, {"linear": False}])
def test_it_is_torchs_own_layers(cell: str, given: dict[str, Any]) -> None:
    settings, p = made(cell=cell, **given)
    layer = LAYERS[cell](C, 5, settings.num_layers, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for depth, own in enumerate(p.layers):
            for name, array in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), own.cell, strict=True):
                getattr(layer, f"{name}_l{depth}").copy_(torch.from_numpy(array))
    x = np.random.default_rng(0).normal(size=(4, T, C))
    with torch.no_grad():
        last = layer(torch.from_numpy(x))[0][:, -1].numpy()
    if p.head is not None:
        last = np.tanh(last @ p.head.weight.T + p.head.bias)
    expected = last @ p.output.weight.T + p.output.bias  # type: ignore[union-attr]
    if p.linear is not None:
        expected = expected + x.reshape(4, -1) @ p.linear.T
    said = forward(cell_of(settings), p, Batch(x), partial(plain, cell_of(settings)))
    assert np.allclose(said, expected, atol=1e-12) and said.shape == (4, H * C)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_torch_computes_what_numpy_computes_and_its_gradients_are_differences(cell: str) -> None:
    settings, p = made(cell=cell)
    kind, loop = cell_of(settings), partial(plain, cell_of(settings))
    x = np.random.default_rng(0).normal(size=(4, T, C))
    tensors = to_tensors(p, torch.device("cpu"), trainable=True)
    said = forward(kind, tensors, Batch(torch.from_numpy(x)), loop)
    assert np.allclose(said.detach().numpy(), forward(kind, p, Batch(x), loop), atol=1e-12)
    (said**2).sum().backward()
    for name, array in named_arrays(p).items():
        place = tuple(np.array(array.shape) // 2)
        values = []
        for step in (1e-6, -1e-6):
            moved = map_arrays(lambda own, other, name=name: other.copy() if own == name else other, p)
            named_arrays(moved)[name][place] += step
            values.append((forward(kind, moved, Batch(x), loop) ** 2).sum())
        gradient = named_arrays(tensors)[name].grad[place].item()
        assert gradient == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5, abs=1e-7), name


def test_untrained_it_says_nothing_but_the_anchor() -> None:
    settings = ForecasterSettings.check({"horizon": H})
    p = initial_forecaster(settings, T, C, np.random.default_rng(0))
    kind = cell_of(settings)
    assert not forward(kind, p, Batch(np.ones((2, T, C), np.float32)), partial(plain, kind)).any()


def test_its_layers_hold_all_its_weights() -> None:
    settings, p = made(num_layers=2, head_size=4)
    assert {name: array.shape for name, array in named_arrays(p).items()} == forecaster_shapes(settings, T, C)
    layers = forecaster_layers(settings, T, C)
    assert sum(layer.parameters for layer in layers) == sum(array.size for array in named_arrays(p).values())

"""The language model's forward pass, for every wiring; all in float64. The laws of every network are in tests/laws."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.plain import plain
from textrnn.config.model import LanguageModelSettings
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import (
    Batch,
    LanguageModelParameters,
    forward,
    predict,
    read,
    with_table,
)
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.recurrent import StackState, start_stack

EXACT = {"rtol": 1e-12, "atol": 1e-12}
Noisy = Callable[..., LanguageModelParameters]


class Net:
    """A network with its parameters and its loop, and ids to read."""

    def __init__(self, settings: LanguageModelSettings, p: Any, ids: np.ndarray) -> None:
        self.p, self.ids, self.cell = p, ids, cell_of(settings)
        self.loop = partial(plain, self.cell)

    def start(self) -> StackState:
        return start_stack(self.cell, self.p.layers, (len(self.ids),))

    def read(self, ids: np.ndarray, state: StackState) -> tuple[Any, StackState]:
        return forward(self.p, Batch(ids), state, self.loop)


@pytest.fixture
def net(settings: LanguageModelSettings, noisy: Noisy) -> Net:
    return Net(settings, noisy(settings), np.random.default_rng(5).integers(0, 11, (3, 20)))


def flat(state: StackState) -> list[Any]:
    return list(named_arrays(state).values())


def close(state: StackState, other: StackState) -> None:
    for part, expected in zip(flat(state), flat(other), strict=True):
        np.testing.assert_allclose(np.asarray(part), np.asarray(expected), **EXACT)


def test_numpy_and_torch_compute_the_same(net: Net) -> None:
    logits, state = net.read(net.ids, net.start())
    assert logits.shape == (3, 20, 11)
    tensors = map_arrays(lambda _, array: torch.from_numpy(array), net.p)
    start = map_arrays(lambda _, array: torch.from_numpy(array), net.start())
    by_torch, state_of_torch = forward(tensors, Batch(torch.from_numpy(net.ids)), start, net.loop)
    np.testing.assert_allclose(by_torch.numpy(), logits, **EXACT)
    close(state_of_torch, state)


def test_the_table_of_input_products_changes_nothing(net: Net) -> None:
    logits, state = net.read(net.ids, net.start())
    fused = with_table(net.p)
    assert fused.embedding.shape == (11, len(net.cell.gates) * 6)
    by_table, state_of_table = forward(fused, Batch(net.ids), net.start(), net.loop)
    np.testing.assert_allclose(by_table, logits, **EXACT)
    close(state_of_table, state)


def test_every_array_matters(net: Net) -> None:
    """A parameter that the forward pass forgot would train in vain: each one moves the logits."""
    logits, _ = net.read(net.ids, net.start())
    for name in named_arrays(net.p):
        moved = map_arrays(lambda own, array, name=name: array * 1.5 + 0.1 if own == name else array, net.p)
        assert not np.allclose(forward(moved, Batch(net.ids), net.start(), net.loop)[0], logits), name


def test_reading_and_predicting_are_the_two_halves_of_forward(net: Net) -> None:
    hidden, _ = read(net.p, Batch(net.ids), net.start(), net.loop)
    assert hidden.shape == (3, 20, 6)
    assert np.array_equal(predict(net.p, hidden), net.read(net.ids, net.start())[0])


def test_masks_multiply_the_outputs_of_each_layer(net: Net) -> None:
    """Ones change nothing; zeros above the last layer leave the biases alone."""
    logits, state = net.read(net.ids, net.start())
    ones = [np.ones((3, 1, 6)) for _ in net.p.layers]
    masked, masked_state = forward(net.p, Batch(net.ids, ones), net.start(), net.loop)
    assert np.array_equal(masked, logits)
    close(masked_state, state)
    zeros = [*ones[:-1], np.zeros((3, 1, 6))]
    nothing, _ = forward(net.p, Batch(net.ids, zeros), net.start(), net.loop)
    np.testing.assert_allclose(nothing, np.broadcast_to(predict(net.p, np.zeros(6)), nothing.shape), **EXACT)


def by_torch_modules(settings: LanguageModelSettings, p: LanguageModelParameters, ids: np.ndarray) -> np.ndarray:
    """The same network put together from torch's own modules, independently of ours."""
    modules = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    options = {"nonlinearity": settings.activation} if settings.cell == "rnn" else {}
    x = torch.nn.functional.embedding(torch.from_numpy(ids), torch.from_numpy(p.embedding))
    for layer in p.layers:
        module = modules[settings.cell](x.shape[-1], settings.hidden_size, batch_first=True, **options).double()
        module.load_state_dict({f"{k}_l0": torch.from_numpy(v) for k, v in layer.cell._asdict().items()})
        x, _ = module(x)
        if layer.norm is not None:
            gain, bias = map(torch.from_numpy, layer.norm)
            x = torch.nn.functional.layer_norm(x, (settings.hidden_size,), gain, bias, eps=1e-5)
    if p.head is not None:
        x = torch.tanh(torch.nn.functional.linear(x, *map(torch.from_numpy, p.head)))
    weight = p.embedding if p.output.weight is None else p.output.weight
    return torch.nn.functional.linear(x, torch.from_numpy(weight), torch.from_numpy(p.output.bias)).detach().numpy()


def test_the_whole_network_is_that_of_torchs_modules(settings: LanguageModelSettings, noisy: Noisy, net: Net) -> None:
    logits, _ = net.read(net.ids, net.start())
    np.testing.assert_allclose(logits, by_torch_modules(settings, net.p, net.ids), **EXACT)

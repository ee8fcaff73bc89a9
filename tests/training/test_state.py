"""Everything that changes during training goes out as arrays and numbers, and comes back to the bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import named_arrays
from textrnn.networks.recurrent import start_stack
from textrnn.training.optimizer import Optimizers
from textrnn.training.state import AVERAGE_DECAY, TrainingState

Fresh = Callable[..., TrainingState]


@pytest.fixture
def fresh(noisy: Callable[..., Any]) -> Fresh:
    def make(seed: int = 0, **given: Any) -> TrainingState:
        settings = TrainLanguageModelSettings.check({"hidden_size": 6, "num_layers": 2, "cell": "lstm", **given})
        parameters = noisy(settings, 5, seed=seed)
        named = named_arrays(parameters)
        state = TrainingState(
            parameters=parameters,
            optimizers=Optimizers(named, settings, gates=4),
            average={name: tensor.detach().clone() for name, tensor in named.items()},
        )
        state.carried = start_stack(cell_of(settings), parameters.layers, (3,))
        return state

    return make


def steps(state: TrainingState, count: int) -> None:
    for _ in range(count):
        rng = np.random.default_rng(state.step)
        for p in state.named.values():
            p.grad = torch.from_numpy(rng.normal(size=p.shape))
        state.optimizers.step(0.1)
        state.carried = tuple(tuple(part + 1 for part in layer) for layer in state.carried)
        state.step += 1
        state.units_seen += 7
        state.update_average()


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop", "muon"])
def test_what_is_saved_goes_on_to_the_bit(fresh: Fresh, optimizer: str) -> None:
    state = fresh(optimizer=optimizer)
    steps(state, 3)
    state.best, state.best_nats = {"x": np.ones(2)}, 1.25
    arrays = {name: array.copy() for name, array in state.arrays().items()}
    facts = json.loads(json.dumps(state.facts()))
    steps(state, 3)
    other = fresh(seed=9, optimizer=optimizer)
    assert other.restore(arrays, facts, {"x": np.ones(2)}) is other
    assert (other.step, other.units_seen, other.best_nats) == (3, 21, 1.25)
    steps(other, 3)
    found, expected = other.arrays(), state.arrays()
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert np.array_equal(found[name], array), name
    assert other.facts() == state.facts()
    assert np.array_equal(other.best["x"], np.ones(2))


def test_every_tensor_is_among_the_arrays(fresh: Fresh) -> None:
    state = fresh()
    steps(state, 1)
    names = {name.partition("/")[0] for name in state.arrays()}
    assert names == {"parameter", "average", "optimizer", "carried"}
    assert [name for name in state.arrays() if name.startswith("carried")] == [
        "carried/0.0", "carried/0.1", "carried/1.0", "carried/1.1",
    ]  # fmt: skip


def test_arrays_are_copies(fresh: Fresh) -> None:
    state = fresh()
    arrays = state.arrays()
    kept = {name: array.copy() for name, array in arrays.items()}
    steps(state, 1)
    assert all(np.array_equal(arrays[name], kept[name]) for name in kept)


def test_without_a_best_the_average_is_what_runs(fresh: Fresh) -> None:
    state = fresh()
    steps(state, 2)
    running = state.arrays_to_run()
    assert all(np.array_equal(running[name], tensor.numpy()) for name, tensor in state.average.items())
    state.best = {"x": np.zeros(1)}
    assert state.arrays_to_run() is state.best
    before = fresh(seed=1)
    before.restore(state.arrays(), {**state.facts(), "best_nats": None}, running)
    assert before.best == {}


def test_the_average_is_a_running_mean_with_a_short_memory_at_the_start(fresh: Fresh) -> None:
    state = fresh()
    name = "embedding"
    expected = state.average[name].clone()
    for step in range(1, 40):
        steps(state, 1)
        decay = min(AVERAGE_DECAY, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * state.named[name].detach()
        torch.testing.assert_close(state.average[name], expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(named_arrays(state.averaged())[name], state.average[name])


def test_no_carried_state_is_no_array(fresh: Fresh) -> None:
    state = fresh()
    state.carried = None
    assert not any(name.startswith("carried") for name in state.arrays())
    other = fresh(seed=1)
    other.restore(state.arrays(), state.facts(), {})
    assert other.carried is None

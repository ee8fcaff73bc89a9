"""A unit read under a condition: one number of both, one look-up of a network that is told the condition beforehand."""

from __future__ import annotations

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
    initial_parameters,
    parameter_shapes,
    under,
    with_table,
)
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.recurrent import start_stack
from textrnn.networks.summary import language_model_layers

SIZE, CONDITIONS = 11, 3
NETWORKS: list[dict[str, Any]] = [
    {"cell": "lstm"}, {"cell": "gru", "num_layers": 2, "layer_norm": True}, {"cell": "rnn", "head_size": 5},
    {"cell": "lstm", "tied": True, "embed_size": 6},
]  # fmt: skip


def network(given: dict[str, Any]) -> tuple[LanguageModelSettings, LanguageModelParameters]:
    settings = LanguageModelSettings(**{"hidden_size": 6, "embed_size": 4, **given})
    rng = np.random.default_rng(0)
    fresh = initial_parameters(settings, SIZE, rng, num_conditions=CONDITIONS)
    noisy = map_arrays(lambda _, array: array.astype(np.float64) + rng.normal(0, 0.3, array.shape), fresh)
    return settings, noisy


def run(settings: LanguageModelSettings, p: LanguageModelParameters, ids: Any) -> Any:
    cell = cell_of(settings)
    return forward(p, Batch(ids), start_stack(cell, p.layers, (len(ids),)), partial(plain, cell))[0]


@pytest.mark.parametrize("given", NETWORKS)
def test_a_condition_told_beforehand_is_the_condition_of_every_unit(given: dict[str, Any]) -> None:
    settings, p = network(given)
    units = np.random.default_rng(1).integers(0, SIZE, (2, 9))
    results = []
    for condition in range(CONDITIONS):
        results.append(run(settings, p, units + condition * SIZE))
        own = under(p, condition)
        assert own.conditions is None
        for way in (own, with_table(own), under(with_table(p), condition)):
            np.testing.assert_allclose(run(settings, way, units), results[-1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(run(settings, with_table(p), units + condition * SIZE), results[-1], atol=1e-12)
    assert min(abs(results[0] - results[1]).max(), abs(results[1] - results[2]).max()) > 0.01


@pytest.mark.parametrize("given", NETWORKS)
def test_torch_says_the_same_when_the_condition_changes_in_mid_text(given: dict[str, Any]) -> None:
    settings, p = network(given)
    rng = np.random.default_rng(2)
    ids = rng.integers(0, SIZE, (2, 9)) + SIZE * rng.integers(0, CONDITIONS, (2, 9))
    tensors = map_arrays(lambda _, array: torch.from_numpy(array), p)
    found = run(settings, tensors, torch.from_numpy(ids))
    np.testing.assert_allclose(found.numpy(), run(settings, p, ids), rtol=0, atol=1e-12)


def test_a_model_without_conditions_is_as_it_was() -> None:
    settings, p = network({})
    plain_network = initial_parameters(settings, SIZE, np.random.default_rng(0))
    assert under(plain_network, None) is plain_network
    assert "conditions" not in named_arrays(plain_network)
    assert named_arrays(p)["conditions"].shape == (CONDITIONS, settings.embed_size)


def test_shapes_and_layers_say_the_conditions() -> None:
    settings, p = network({})
    shapes = {name: array.shape for name, array in named_arrays(p).items()}
    assert parameter_shapes(settings, SIZE, num_conditions=CONDITIONS) == shapes
    layers = language_model_layers(settings, SIZE, CONDITIONS)
    assert [layer.name for layer in layers] == ["embedding", "conditions", "lstm 1", "output"]
    assert sum(layer.parameters for layer in layers) == sum(array.size for array in named_arrays(p).values())

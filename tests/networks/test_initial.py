"""The initial parameters are what their docstring says."""

from __future__ import annotations

import hashlib
import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import stats

from textrnn.cells.functions import negative_log_likelihood
from textrnn.cells.plain import plain
from textrnn.config.model import LanguageModelSettings
from textrnn.networks.build import cell_of
from textrnn.networks.initial import orthogonal
from textrnn.networks.language_model import (
    Batch,
    LanguageModelParameters,
    forward,
    initial_parameters,
    parameter_shapes,
)
from textrnn.networks.parameters import named_arrays
from textrnn.networks.recurrent import start_stack

KINDS = [
    {"cell": "rnn"}, {"cell": "rnn", "activation": "relu"}, {"cell": "lstm"}, {"cell": "gru"},
]  # fmt: skip


def fresh(seed: int = 0, vocabulary_size: int = 50, **settings: Any) -> LanguageModelParameters:
    return initial_parameters(LanguageModelSettings(**settings), vocabulary_size, np.random.default_rng(seed))


def test_shapes_are_known_without_drawing(settings: LanguageModelSettings) -> None:
    arrays = named_arrays(initial_parameters(settings, 11, np.random.default_rng(0)))
    assert parameter_shapes(settings, 11) == {name: array.shape for name, array in arrays.items()}
    assert all(array.dtype == np.float32 for array in arrays.values())


def test_shapes_of_the_largest_network_take_no_memory() -> None:
    shapes = parameter_shapes(LanguageModelSettings(hidden_size=65536, num_layers=64, embed_size=65536), 2**20)
    assert sum(math.prod(shape) for shape in shapes.values()) > 10**12


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_recurrent_matrices_are_orthogonal_gate_by_gate(kind: dict[str, str]) -> None:
    for layer in fresh(**kind, hidden_size=24, num_layers=2).layers:
        blocks = np.split(layer.cell.weight_hh.astype(np.float64), len(layer.cell.weight_hh) // 24)
        for block in blocks:
            np.testing.assert_allclose(block @ block.T, np.eye(24), atol=1e-6)
        is_identity = kind.get("activation") == "relu"
        assert all(np.array_equal(block, np.eye(24)) == is_identity for block in blocks)
        assert is_identity or len({block.tobytes() for block in blocks}) == len(blocks)


def test_orthogonal_matrices_are_uniform_over_the_group() -> None:
    """Without the sign correction, QR gives a first column whose first entry is never positive."""
    rng = np.random.default_rng(0)
    first = np.array([orthogonal(rng, 3)[0, 0] for _ in range(2000)])
    # a coordinate of a uniform point on the sphere in three dimensions is uniform (Archimedes)
    assert stats.kstest(first, stats.uniform(-1, 2).cdf).pvalue > 1e-4


def test_the_forget_gate_is_open_at_the_start_and_nothing_else_is_biased() -> None:
    for kind in KINDS:
        for layer in fresh(**kind, hidden_size=8, num_layers=2).layers:
            bias = layer.cell.bias_ih + layer.cell.bias_hh
            expected = np.repeat([0, 1, 0, 0], 8) if kind["cell"] == "lstm" else np.zeros(len(bias))
            assert np.array_equal(bias, expected)


def test_input_matrices_keep_the_variance() -> None:
    p = fresh(hidden_size=128, embed_size=40)
    limit = math.sqrt(3 / 40)
    weights = p.layers[0].cell.weight_ih.ravel()
    assert stats.kstest(weights[:5000], stats.uniform(-limit, 2 * limit).cdf).pvalue > 1e-4
    assert weights.var() == pytest.approx(1 / 40, rel=0.05)


def test_embeddings_are_normal_and_small_where_they_are_the_output_too() -> None:
    assert stats.kstest(fresh(vocabulary_size=100).embedding.ravel(), "norm").pvalue > 1e-4
    tied = fresh(vocabulary_size=100, tied=True, hidden_size=64, embed_size=64)
    assert tied.output.weight is None
    assert stats.kstest(tied.embedding.ravel() / 0.1, "norm").pvalue > 1e-4


def test_norms_start_as_the_identity() -> None:
    (layer,) = fresh(layer_norm=True, hidden_size=8).layers
    assert layer.norm is not None
    assert np.array_equal(layer.norm.gain, np.ones(8))
    assert np.array_equal(layer.norm.bias, np.zeros(8))


@pytest.mark.parametrize("vocabulary_size", [3, 65, 258])
def test_an_untrained_model_has_the_perplexity_of_its_vocabulary(vocabulary_size: int) -> None:
    settings = LanguageModelSettings(hidden_size=16, embed_size=8, num_layers=2, head_size=5)
    p = initial_parameters(settings, vocabulary_size, np.random.default_rng(0))
    ids = np.random.default_rng(1).integers(0, vocabulary_size, (2, 30))
    cell = cell_of(settings)
    logits, _ = forward(p, Batch(ids[:, :-1]), start_stack(cell, p.layers, (2,)), partial(plain, cell))
    assert not logits.any()
    nats = negative_log_likelihood(np, logits.astype(np.float64), ids[:, 1:])
    assert math.exp(nats.mean()) == pytest.approx(vocabulary_size, rel=1e-14)


def test_the_seed_decides_every_weight() -> None:
    def digest(seed: int) -> str:
        arrays = named_arrays(fresh(seed, hidden_size=12, num_layers=2, layer_norm=True))
        return hashlib.sha256(b"".join(array.tobytes() for array in arrays.values())).hexdigest()

    assert digest(7) == digest(7)
    assert digest(7) != digest(8)

"""Networks to test with: every kind of wiring, with weights that are nowhere zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from textrnn.config.model import LanguageModelSettings
from textrnn.networks.language_model import LanguageModelParameters, initial_parameters
from textrnn.networks.parameters import map_arrays

VOCABULARY = 11
WIRINGS: list[dict[str, Any]] = [
    *({"cell": cell, "num_layers": layers} for cell in ("rnn", "lstm", "gru") for layers in (1, 2, 3)),
    {"cell": "rnn", "activation": "relu", "num_layers": 2},
    {"cell": "lstm", "num_layers": 2, "layer_norm": True},
    {"cell": "gru", "head_size": 5},
    {"cell": "gru", "tied": True, "embed_size": 6},
    {"cell": "lstm", "tied": True, "head_size": 4, "embed_size": 4, "layer_norm": True, "num_layers": 2},
]


def wired(settings: dict[str, Any]) -> LanguageModelSettings:
    return LanguageModelSettings(**{"hidden_size": 6, "embed_size": 4, **settings})


@pytest.fixture(params=WIRINGS, ids=lambda wiring: "-".join(f"{value}" for value in wiring.values()))
def settings(request: pytest.FixtureRequest) -> LanguageModelSettings:
    return wired(request.param)


@pytest.fixture
def noisy() -> Callable[..., LanguageModelParameters]:
    """Make float64 parameters with noise on every array, gains, biases and the output included."""

    def make(settings: LanguageModelSettings, *, seed: int = 0, vocabulary_size: int = VOCABULARY) -> Any:
        rng = np.random.default_rng(seed)
        fresh = initial_parameters(settings, vocabulary_size, rng)
        return map_arrays(lambda _, array: array + rng.normal(0, 0.3, array.shape), fresh)

    return make

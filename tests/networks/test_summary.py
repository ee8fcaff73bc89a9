from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from textrnn.config.classifier import ClassifierSettings
from textrnn.config.model import LanguageModelSettings
from textrnn.networks.classifier import initial_classifier
from textrnn.networks.language_model import initial_parameters
from textrnn.networks.parameters import named_arrays
from textrnn.networks.summary import Layer, classifier_layers, language_model_layers

LANGUAGE_MODELS: list[dict[str, Any]] = [
    {},
    {"cell": "gru", "num_layers": 3, "layer_norm": True, "head_size": 7},
    {"cell": "rnn", "activation": "relu", "tied": True, "embed_size": 20, "hidden_size": 20},
]
CLASSIFIERS: list[dict[str, Any]] = [
    {},
    {"pooling": "concat", "num_layers": 2, "layer_norm": True, "cell": "gru", "head_size": 5},
    {"bidirectional": False, "subwords": None, "pooling": "last"},
    {"hierarchy": "sentences", "pooling": "concat", "layer_norm": True, "num_layers": 2},
]


def size(parameters: Any) -> int:
    return sum(array.size for array in named_arrays(parameters).values())


@pytest.mark.parametrize("given", LANGUAGE_MODELS, ids=str)
def test_a_language_models_layers_hold_every_parameter_once(given: dict[str, Any]) -> None:
    settings = LanguageModelSettings(**{"hidden_size": 24, **given})
    layers = language_model_layers(settings, 65)
    assert sum(layer.parameters for layer in layers) == size(initial_parameters(settings, 65, np.random.default_rng(0)))
    assert layers[-1].output == (None, None, 65) and layers[0].output[-1] == settings.embed_size
    assert len({layer.name for layer in layers}) == len(layers)


@pytest.mark.parametrize("given", CLASSIFIERS, ids=str)
def test_a_classifiers_layers_hold_every_parameter_once(given: dict[str, Any]) -> None:
    settings = ClassifierSettings(**{"hidden_size": 24, "subwords": 50, **given})
    layers = classifier_layers(settings, 99, 3)
    fresh = initial_classifier(settings, 99, 3, np.random.default_rng(0))
    assert sum(layer.parameters for layer in layers) == size(fresh)
    assert layers[-1].output == (None, 3)
    width = len(settings.ways) * (2 if settings.bidirectional else 1) * 24
    assert next(layer for layer in layers if layer.name == "pooling").output == (None, width)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_recurrent_layers_are_as_large_as_those_of_torch(cell: str, bidirectional: bool) -> None:
    nn = pytest.importorskip("torch").nn
    settings = ClassifierSettings(cell=cell, hidden_size=11, embed_size=5, num_layers=2, bidirectional=bidirectional)
    theirs = getattr(nn, cell.upper())(5, 11, num_layers=2, bidirectional=bidirectional)
    ours = [layer for layer in classifier_layers(settings, 9, 2) if layer.name.startswith(cell)]
    assert sum(layer.parameters for layer in ours) == sum(one.numel() for one in theirs.parameters())
    assert all(layer.output[-1] == (22 if bidirectional else 11) for layer in ours)


def test_kinds_are_named_as_in_keras() -> None:
    settings = ClassifierSettings(cell="rnn", activation="relu", layer_norm=True, head_size=3, pooling="mean+attention")
    kinds = [layer.kind for layer in classifier_layers(settings, 9, 2, {"weights": (100, 1), "bias": (1,)})]
    assert kinds == [
        "Embedding",
        "Embedding, added",
        "Bidirectional SimpleRNN (relu)",
        "LayerNormalization",
        "Pooling, mean+attention",
        "Dense (tanh)",
        "Dense",
        "Linear, added",
    ]
    tied = LanguageModelSettings(tied=True, embed_size=256)
    assert language_model_layers(tied, 9)[-1].kind == "Dense, tied"


def test_attention_is_a_part_of_pooling() -> None:
    layers = classifier_layers(ClassifierSettings(pooling="attention", hidden_size=4), 9, 2)
    pooling = next(layer for layer in layers if layer.name == "pooling")
    assert pooling.parameters == 4 * 8 + 4 + 4 and pooling.output == (None, 8)


def test_a_network_that_fills_no_memory_yet() -> None:
    settings = LanguageModelSettings(hidden_size=65536, embed_size=65536, num_layers=64)
    total = sum(layer.parameters for layer in language_model_layers(settings, 2**20))
    assert total == 2 * 2**36 + 2**20 + 64 * 4 * (2 * 2**32 + 2 * 2**16)


def test_json() -> None:
    layer = Layer(name="output", kind="Dense", output=(None, 3), weights={"weight": (3, 4), "bias": (3,)})
    assert layer.to_json() == {
        "name": "output",
        "kind": "Dense",
        "output_shape": [None, 3],
        "parameters": math.prod((3, 4)) + 3,
        "weights": {"weight": [3, 4], "bias": [3]},
    }

"""Initial parameters of a network, drawn from a generator; and their shapes without drawing.

Recurrent matrices are orthogonal gate by gate (Saxe, McClelland & Ganguli 2014), identity for relu (Le, Jaitly &
Hinton 2015); the forget gate's bias is 1 (Jozefowicz, Zaremba & Sutskever 2015); the output layer starts at zero, so
that an untrained model gives every unit the same probability.
"""

from __future__ import annotations

import math

import numpy as np

from textrnn.cells.functions import Array
from textrnn.config.classifier import ClassifierSettings
from textrnn.config.model import LanguageModelSettings, RecurrentSettings
from textrnn.config.tagger import TaggerSettings
from textrnn.networks import classifier, tagger
from textrnn.networks.build import Make, cell_of
from textrnn.networks.classifier import ClassifierParameters
from textrnn.networks.language_model import LanguageModelParameters, build
from textrnn.networks.parameters import named_arrays
from textrnn.networks.tagger import TaggerParameters

# standard deviation of the embeddings of what reads whole texts
READER_SPREAD = 0.1


def orthogonal(rng: np.random.Generator, size: int) -> Array:
    """Return a random orthogonal matrix (size, size), uniform over the group."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.sign(np.diagonal(r))


def initial_parameters(
    settings: LanguageModelSettings, vocabulary_size: int, rng: np.random.Generator
) -> LanguageModelParameters:
    """Return fresh float32 parameters of a language model; the same for the same generator state."""
    # a tied embedding is the output layer too, and would start it far from even odds
    spread = 0.1 if settings.tied else 1.0
    return build(settings, vocabulary_size, maker(settings, rng, embedding_spread=spread))


def initial_classifier(
    settings: ClassifierSettings, vocabulary_size: int, num_classes: int, rng: np.random.Generator
) -> ClassifierParameters:
    """Return fresh float32 parameters of a classifier; the same for the same generator state."""
    make = maker(settings, rng, embedding_spread=READER_SPREAD)
    return classifier.build(settings, vocabulary_size, num_classes, make)


def initial_tagger(
    settings: TaggerSettings, vocabulary_size: int, num_tags: int, rng: np.random.Generator
) -> TaggerParameters:
    """Return fresh float32 parameters of a tagger; the same for the same generator state."""
    return tagger.build(settings, vocabulary_size, num_tags, maker(settings, rng, embedding_spread=READER_SPREAD))


def maker(settings: RecurrentSettings, rng: np.random.Generator, *, embedding_spread: float) -> Make:
    """Return what draws float32 arrays by their role; embedding_spread: standard deviation of embeddings."""
    gates = cell_of(settings).gates
    is_relu = settings.cell == "rnn" and settings.activation == "relu"

    def make(role: str, shape: tuple[int, ...]) -> Array:
        drawn = _draw(role, shape, rng, gates=gates, is_relu=is_relu, embedding_spread=embedding_spread)
        return drawn.astype(np.float32)

    return make


def _draw(
    role: str,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    *,
    gates: tuple[str, ...],
    is_relu: bool,
    embedding_spread: float,
) -> Array:
    if role in ("embedding", "subwords"):
        return rng.standard_normal(shape) * embedding_spread
    if role in ("input", "head", "query"):
        limit = math.sqrt(3 / shape[-1])
        return rng.uniform(-limit, limit, shape)
    if role == "recurrent":
        hidden = shape[1]
        return np.concatenate([np.eye(hidden) if is_relu else orthogonal(rng, hidden) for _ in gates])
    if role == "bias" and "f" in gates:
        return np.repeat([1.0 if gate == "f" else 0.0 for gate in gates], shape[0] // len(gates))
    return np.ones(shape) if role == "gain" else np.zeros(shape)


def parameter_shapes(settings: LanguageModelSettings, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a language model by name, allocating nothing."""
    return _shapes(build(settings, vocabulary_size, empty))


def classifier_shapes(
    settings: ClassifierSettings, vocabulary_size: int, num_classes: int
) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a classifier by name, allocating nothing."""
    return _shapes(classifier.build(settings, vocabulary_size, num_classes, empty))


def tagger_shapes(settings: TaggerSettings, vocabulary_size: int, num_tags: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a tagger by name, allocating nothing."""
    return _shapes(tagger.build(settings, vocabulary_size, num_tags, empty))


def empty(_role: str, shape: tuple[int, ...]) -> Array:
    """Return an array that takes no memory: for its shape, and for the tree it stands in."""
    return np.broadcast_to(np.float32(0), shape)


def _shapes(parameters: object) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in named_arrays(parameters).items()}

"""Initial parameters of a network, drawn from a generator; and their shapes without drawing.

Recurrent matrices are orthogonal gate by gate (Saxe, McClelland & Ganguli 2014), identity for relu (Le, Jaitly &
Hinton 2015); the forget gate's bias is 1 (Jozefowicz, Zaremba & Sutskever 2015); the output layer starts at zero, so
that an untrained model gives every unit the same probability.
"""

from __future__ import annotations

import math

import numpy as np

from textrnn.cells.functions import Array
from textrnn.config.model import LanguageModelSettings
from textrnn.networks.language_model import LanguageModelParameters, build, cell_of
from textrnn.networks.parameters import named_arrays


def orthogonal(rng: np.random.Generator, size: int) -> Array:
    """Return a random orthogonal matrix (size, size), uniform over the group."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.sign(np.diagonal(r))


def initial_parameters(
    settings: LanguageModelSettings, vocabulary_size: int, rng: np.random.Generator
) -> LanguageModelParameters:
    """Return fresh float32 parameters; the same for the same generator state."""
    cell = cell_of(settings)
    is_relu = settings.cell == "rnn" and settings.activation == "relu"

    def make(role: str, shape: tuple[int, ...]) -> Array:
        return _draw(role, shape, rng, gates=cell.gates, is_relu=is_relu, is_tied=settings.tied).astype(np.float32)

    return build(settings, vocabulary_size, make)


def _draw(
    role: str, shape: tuple[int, ...], rng: np.random.Generator, *, gates: tuple[str, ...], is_relu: bool, is_tied: bool
) -> Array:
    if role == "embedding":
        # a tied embedding is the output layer too, and would start it far from even odds
        return rng.standard_normal(shape) * (0.1 if is_tied else 1.0)
    if role in ("input", "head"):
        limit = math.sqrt(3 / shape[1])
        return rng.uniform(-limit, limit, shape)
    if role == "recurrent":
        hidden = shape[1]
        return np.concatenate([np.eye(hidden) if is_relu else orthogonal(rng, hidden) for _ in gates])
    if role == "bias" and "f" in gates:
        return np.repeat([1.0 if gate == "f" else 0.0 for gate in gates], shape[0] // len(gates))
    return np.ones(shape) if role == "gain" else np.zeros(shape)


def parameter_shapes(settings: LanguageModelSettings, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array by name, allocating nothing."""
    empty = build(settings, vocabulary_size, lambda _, shape: np.broadcast_to(np.float32(0), shape))
    return {name: array.shape for name, array in named_arrays(empty).items()}

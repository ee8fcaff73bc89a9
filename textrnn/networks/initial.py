"""Initial parameters of a network, drawn from a generator; and their shapes without drawing.

Recurrent matrices are orthogonal gate by gate (Saxe, McClelland & Ganguli 2014), identity for relu (Le, Jaitly &
Hinton 2015); the forget gate's bias is 1 (Jozefowicz, Zaremba & Sutskever 2015); the output layer starts at zero, so
that an untrained model gives every unit the same probability.
"""

from __future__ import annotations

import math

import numpy as np

from textrnn.cells.functions import Array
from textrnn.config.model import RecurrentSettings
from textrnn.networks.build import Make, cell_of
from textrnn.networks.parameters import named_arrays

# standard deviation of the embeddings of what reads whole texts
READER_SPREAD = 0.1


def orthogonal(rng: np.random.Generator, size: int) -> Array:
    """Return a random orthogonal matrix (size, size), uniform over the group."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.sign(np.diagonal(r))


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


def empty(_role: str, shape: tuple[int, ...]) -> Array:
    """Return an array that takes no memory: for its shape, and for the tree it stands in."""
    return np.broadcast_to(np.float32(0), shape)


def shapes_of(parameters: object) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a tree by name."""
    return {name: array.shape for name, array in named_arrays(parameters).items()}

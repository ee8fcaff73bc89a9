"""The language model: embedding, recurrent stack, optional dense head, output. NumPy runs it, torch trains it.

In: ids (..., T) and a state. Out: logits (..., T, V) for the unit after each, and the new state.
Shapes: ... leading axes, T time, E embedding, H units, D head, V vocabulary, G gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from textrnn.cells.cell import project
from textrnn.cells.functions import Array, lookup, namespace
from textrnn.config.model import LanguageModelSettings
from textrnn.networks.build import DenseParameters, Make, dense, recurrent_layers
from textrnn.networks.initial import empty, maker, shapes_of
from textrnn.networks.recurrent import LayerParameters, Loop, StackState, run_stack


class LanguageModelParameters(NamedTuple):
    """embedding: (V, E), or the table of the first layer's input products (V, G*H), see `with_table`."""

    embedding: Array
    layers: tuple[LayerParameters, ...]
    head: DenseParameters | None
    output: DenseParameters


class Batch(NamedTuple):
    """ids: (..., T) integers. masks: dropout factors, one a layer; None when nothing is dropped."""

    ids: Array
    masks: Sequence[Array] | None = None


def forward(p: LanguageModelParameters, batch: Batch, state: StackState, loop: Loop) -> tuple[Array, StackState]:
    """Return the logits of the unit after each of `batch.ids`, (..., T, V), and the state after the last."""
    hidden, state = read(p, batch, state, loop)
    return predict(p, hidden), state


def read(p: LanguageModelParameters, batch: Batch, state: StackState, loop: Loop) -> tuple[Array, StackState]:
    """Return what the stack makes of `batch.ids`, (..., T, H), and the state after the last."""
    embedded = lookup(namespace(p.embedding), p.embedding, batch.ids)  # (..., T) -> (..., T, E)
    return run_stack(p.layers, embedded, state, loop, batch.masks)


def predict(p: LanguageModelParameters, hidden: Array) -> Array:
    """Return the logits for outputs of the stack: (..., H) -> (..., V)."""
    if p.head is not None and p.head.weight is not None:
        hidden = namespace(hidden).tanh(hidden @ p.head.weight.T + p.head.bias)
    weight = p.embedding if p.output.weight is None else p.output.weight
    return hidden @ weight.T + p.output.bias


def with_table(p: LanguageModelParameters) -> LanguageModelParameters:
    """Return parameters of the same function in which the embedding holds the first layer's input products.

    embedding @ W_ih + b becomes one look-up: (V, E) -> (V, G*H).
    """
    first, *rest = p.layers
    fused = first._replace(cell=first.cell._replace(weight_ih=None, bias_ih=None))
    weight = p.embedding if p.output.weight is None else p.output.weight
    return p._replace(
        embedding=project(first.cell, p.embedding), layers=(fused, *rest), output=p.output._replace(weight=weight)
    )


def build(settings: LanguageModelSettings, vocabulary_size: int, make: Make) -> LanguageModelParameters:
    """Return parameters whose every array comes from `make(role, shape)`."""
    last = settings.head_size or settings.hidden_size
    return LanguageModelParameters(
        embedding=make("embedding", (vocabulary_size, settings.embed_size)),
        layers=recurrent_layers(settings, 1, make),
        head=None if settings.head_size is None else dense("head", last, settings.hidden_size, make),
        output=DenseParameters(
            None if settings.tied else make("output", (vocabulary_size, last)), make("output bias", (vocabulary_size,))
        ),
    )


def initial_parameters(
    settings: LanguageModelSettings, vocabulary_size: int, rng: np.random.Generator
) -> LanguageModelParameters:
    """Return fresh float32 parameters of a language model; the same for the same generator state."""
    # a tied embedding is the output layer too, and would start it far from even odds
    spread = 0.1 if settings.tied else 1.0
    return build(settings, vocabulary_size, maker(settings, rng, embedding_spread=spread))


def parameter_shapes(settings: LanguageModelSettings, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a language model by name, allocating nothing."""
    return shapes_of(build(settings, vocabulary_size, empty))

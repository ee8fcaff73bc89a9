"""The language model: embedding, recurrent stack, optional dense head, output. NumPy runs it, torch trains it.

In: ids (..., T) and a state. Out: logits (..., T, V) for the unit after each, and the new state. A unit may be read
under a condition, whose embedding is added to its own; the two then come as one number, condition * V + unit. With a
hierarchy a slow layer reads what the first makes of each line or sentence (Sordoni et al. 2015, Hwang & Sung 2017), and
what it made of those read so far is an input of all that is above.
Shapes: ... leading axes, T time, E embedding, H units, D head, V vocabulary, C conditions, G gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from textrnn.cells.cell import project
from textrnn.cells.functions import Array, lookup, namespace
from textrnn.config.model import LanguageModelSettings
from textrnn.networks.build import DenseParameters, Make, dense, recurrent_layer, recurrent_layers
from textrnn.networks.initial import empty, maker, shapes_of
from textrnn.networks.recurrent import Loop, SlowLayerParameters, StackLayer, StackState, run_stack

# arrays of which a step reads a row, and that it does not multiply by
LOOKED_UP = ("embedding", "conditions")


class LanguageModelParameters(NamedTuple):
    """embedding: (V, E), or the table of the first layer's input products (V, G*H), see `with_table`.

    conditions: (C, E), or their share of these products (C, G*H); None where units are read under none.
    """

    embedding: Array
    layers: tuple[StackLayer, ...]
    head: DenseParameters | None
    output: DenseParameters
    conditions: Array | None = None


class Batch(NamedTuple):
    """ids: (..., T) integers. masks: dropout factors, one a layer; None when nothing is dropped.

    ends: (..., T) bool, which units end a passage; None where there is no slow layer.
    """

    ids: Array
    masks: Sequence[Array] | None = None
    ends: Array | None = None


def forward(p: LanguageModelParameters, batch: Batch, state: StackState, loop: Loop) -> tuple[Array, StackState]:
    """Return the logits of the unit after each of `batch.ids`, (..., T, V), and the state after the last."""
    hidden, state = read(p, batch, state, loop)
    return predict(p, hidden), state


def read(p: LanguageModelParameters, batch: Batch, state: StackState, loop: Loop) -> tuple[Array, StackState]:
    """Return what the stack makes of `batch.ids`, (..., T, H), and the state after the last."""
    return run_stack(p.layers, _embedded(p, batch.ids), state, loop, batch.masks, batch.ends)


def _embedded(p: LanguageModelParameters, ids: Array) -> Array:
    """Return what the first layer gets for `ids`: (..., T) -> (..., T, E)."""
    xp = namespace(p.embedding)
    if p.conditions is None:
        return lookup(xp, p.embedding, ids)
    size = p.embedding.shape[0]
    return lookup(xp, p.embedding, ids % size) + lookup(xp, p.conditions, ids // size)


def predict(p: LanguageModelParameters, hidden: Array) -> Array:
    """Return the logits for outputs of the stack: (..., H) -> (..., V)."""
    if p.head is not None and p.head.weight is not None:
        hidden = namespace(hidden).tanh(hidden @ p.head.weight.T + p.head.bias)
    return hidden @ _output_weight(p).T + p.output.bias


def _output_weight(p: LanguageModelParameters) -> Array:
    """Return what gives the logits, (V, H): its own, or the embedding's."""
    return p.embedding if p.output.weight is None else p.output.weight


def with_table(p: LanguageModelParameters) -> LanguageModelParameters:
    """Return parameters of the same function in which the embedding holds the first layer's input products.

    embedding @ W_ih + b becomes one look-up: (V, E) -> (V, G*H).
    """
    first, *rest = p.layers
    assert not isinstance(first, SlowLayerParameters)
    unbiased = first.cell._replace(bias_ih=None)
    fused = first._replace(cell=unbiased._replace(weight_ih=None))
    return p._replace(
        embedding=project(first.cell, p.embedding),
        layers=(fused, *rest),
        output=p.output._replace(weight=_output_weight(p)),
        # the biases stand in the products of the units
        conditions=None if p.conditions is None else project(unbiased, p.conditions),
    )


def under(p: LanguageModelParameters, condition: int | None) -> LanguageModelParameters:
    """Return parameters that read every unit under one condition: of a model without, whose ids are plain units."""
    if p.conditions is None or condition is None:
        return p
    output = p.output._replace(weight=_output_weight(p))
    return p._replace(embedding=p.embedding + p.conditions[condition], output=output, conditions=None)


def build(
    settings: LanguageModelSettings, vocabulary_size: int, make: Make, *, num_conditions: int = 0
) -> LanguageModelParameters:
    """Return parameters whose every array comes from `make(role, shape)`."""
    last = settings.head_size or settings.stack_size
    return LanguageModelParameters(
        embedding=make("embedding", (vocabulary_size, settings.embed_size)),
        layers=_stack(settings, make),
        head=None if settings.head_size is None else dense("head", last, settings.stack_size, make),
        output=DenseParameters(
            None if settings.tied else make("output", (vocabulary_size, last)), make("output bias", (vocabulary_size,))
        ),
        conditions=make("embedding", (num_conditions, settings.embed_size)) if num_conditions else None,
    )


def _stack(settings: LanguageModelSettings, make: Make) -> tuple[StackLayer, ...]:
    """Return the layers; with a hierarchy a slow one above the first, and what it holds is read by those above both."""
    if settings.hierarchy == "none":
        return recurrent_layers(settings, 1, make)
    hidden = settings.hidden_size
    first, (cell, norm, _) = (recurrent_layer(settings, 1, width, make) for width in (settings.embed_size, hidden))
    widths = [2 * hidden, *([hidden] * settings.num_layers)][: settings.num_layers - 1]
    return (first, SlowLayerParameters(cell, norm), *(recurrent_layer(settings, 1, width, make) for width in widths))


def initial_parameters(
    settings: LanguageModelSettings, vocabulary_size: int, rng: np.random.Generator, *, num_conditions: int = 0
) -> LanguageModelParameters:
    """Return fresh float32 parameters of a language model; the same for the same generator state."""
    # a tied embedding is the output layer too, and would start it far from even odds
    spread = 0.1 if settings.tied else 1.0
    make = maker(settings, rng, embedding_spread=spread)
    return build(settings, vocabulary_size, make, num_conditions=num_conditions)


def parameter_shapes(
    settings: LanguageModelSettings, vocabulary_size: int, *, num_conditions: int = 0
) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a language model by name, allocating nothing."""
    return shapes_of(build(settings, vocabulary_size, empty, num_conditions=num_conditions))

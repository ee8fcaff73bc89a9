"""The classifier: embedding, recurrent stack in one direction or both, pooling, optional dense head, output.

In: ids (B, T) and lengths. Out: logits (B, C). NumPy runs it, torch trains it.
Shapes: B texts, T time, W distinct words, E embedding, H units, D directions, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from textrnn.cells.cell import Cell
from textrnn.cells.functions import Array, namespace
from textrnn.config.classifier import ClassifierSettings
from textrnn.networks.build import DenseParameters, Make, dense, recurrent_layers
from textrnn.networks.initial import READER_SPREAD, empty, maker, shapes_of
from textrnn.networks.pooling import AttentionParameters, pool
from textrnn.networks.recurrent import LayerParameters, Loop, read_texts, turning
from textrnn.networks.words import reading_inputs


class ClassifierParameters(NamedTuple):
    """embedding: (V, E). subwords: (buckets, E), or None. output: (C, pooled)."""

    embedding: Array
    subwords: Array | None
    layers: tuple[LayerParameters, ...]
    attention: AttentionParameters | None
    head: DenseParameters | None
    output: DenseParameters


class Masks(NamedTuple):
    """Dropout factors, None where nothing is dropped: (B, 1, E); one of (B, 1, D*H) a layer; (B, pooled)."""

    embedded: Array | None = None
    layers: Sequence[Array] | None = None
    pooled: Array | None = None


class Batch(NamedTuple):
    """ids: (B, T) in the vocabulary, or in `table`, the embeddings of words (W, E), where there is one.

    lengths: (B,), each at least 1.
    """

    ids: Array
    lengths: Array
    table: Array | None = None
    masks: Masks = Masks()


def forward(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, loop: Loop) -> Array:
    """Return the logits of each text's classes, (B, C). ways: of pooling."""
    xp = namespace(p.embedding)
    table = p.embedding if batch.table is None else batch.table
    places = turning(xp, batch.lengths, batch.ids.shape[1])
    inputs = reading_inputs(xp, table, batch.ids, places, batch.masks.embedded, len(p.layers[0].cells))
    return classify(cell, ways, p, inputs, batch, places, loop)


def classify(
    cell: Cell,
    ways: Sequence[str],
    p: ClassifierParameters,
    inputs: Sequence[Array],
    batch: Batch,
    places: Array,
    loop: Loop,
) -> Array:
    """Return the logits for the inputs of the first layer, one for each direction. places: `turning` of the batch."""
    y = read_texts(cell, p.layers, inputs, places, loop, batch.masks.layers)
    return decide(p, pool(ways, y, batch.lengths, len(p.layers[0].cells), p.attention), batch.masks.pooled)


def decide(p: ClassifierParameters, pooled: Array, mask: Array | None) -> Array:
    """Return the logits for texts of which pooling made vectors, (B, pooled) -> (B, C). mask: dropout factors."""
    if mask is not None:
        pooled = pooled * mask
    if p.head is not None and p.head.weight is not None:
        pooled = namespace(pooled).tanh(pooled @ p.head.weight.T + p.head.bias)
    assert p.output.weight is not None
    return pooled @ p.output.weight.T + p.output.bias


def build(settings: ClassifierSettings, vocabulary_size: int, num_classes: int, make: Make) -> ClassifierParameters:
    """Return parameters whose every array comes from `make(role, shape)`, as those of a language model do."""
    directions = 2 if settings.bidirectional else 1
    width = directions * settings.hidden_size
    pooled = width * len(settings.ways)
    attention = None
    if "attention" in settings.ways:
        size = settings.hidden_size
        attention = AttentionParameters(
            make("head", (size, width)), make("output bias", (size,)), make("query", (size,))
        )
    return ClassifierParameters(
        embedding=make("embedding", (vocabulary_size, settings.embed_size)),
        subwords=make("subwords", (settings.subwords, settings.embed_size)) if settings.subwords else None,
        layers=recurrent_layers(settings, directions, make),
        attention=attention,
        head=None if settings.head_size is None else dense("head", settings.head_size, pooled, make),
        output=dense("output", num_classes, settings.head_size or pooled, make),
    )


def initial_classifier(
    settings: ClassifierSettings, vocabulary_size: int, num_classes: int, rng: np.random.Generator
) -> ClassifierParameters:
    """Return fresh float32 parameters of a classifier; the same for the same generator state."""
    make = maker(settings, rng, embedding_spread=READER_SPREAD)
    return build(settings, vocabulary_size, num_classes, make)


def classifier_shapes(
    settings: ClassifierSettings, vocabulary_size: int, num_classes: int
) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a classifier by name, allocating nothing."""
    return shapes_of(build(settings, vocabulary_size, num_classes, empty))

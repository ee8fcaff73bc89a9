"""The classifier: embedding, recurrent stack in one direction or both, pooling, optional dense head, output.

In: ids (B, T) and lengths. Out: logits (B, C). NumPy runs it, torch trains it. With a hierarchy the rows of a batch
are passages, and what they become is read by a slower layer, text by text (El Hihi & Bengio 1996, Yang et al. 2016).
Shapes: B texts or passages, S passages of a text, T time, W distinct words, E embedding, H units, D directions,
C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from textrnn.cells.cell import Cell
from textrnn.cells.functions import Array, lookup, namespace
from textrnn.config.classifier import ClassifierSettings
from textrnn.networks.build import DenseParameters, Make, dense, recurrent_layer, recurrent_layers
from textrnn.networks.initial import READER_SPREAD, empty, maker, shapes_of
from textrnn.networks.pooling import AttentionParameters, pool
from textrnn.networks.recurrent import LayerParameters, Loop, read_texts, taken, turning
from textrnn.networks.words import reading_inputs


class SlowParameters(NamedTuple):
    """The slower layer, which reads the vectors of passages, and its attention where that pools what it made."""

    layers: tuple[LayerParameters, ...]
    attention: AttentionParameters | None


class ClassifierParameters(NamedTuple):
    """embedding: (V, E). subwords: (buckets, E), or None. slow: None where rows are texts. output: (C, pooled)."""

    embedding: Array
    subwords: Array | None
    layers: tuple[LayerParameters, ...]
    attention: AttentionParameters | None
    slow: SlowParameters | None
    head: DenseParameters | None
    output: DenseParameters


class Masks(NamedTuple):
    """Dropout factors, None where nothing is dropped: (B, 1, E); one of (B, 1, D*H) a layer; (B, pooled)."""

    embedded: Array | None = None
    layers: Sequence[Array] | None = None
    pooled: Array | None = None


class Texts(NamedTuple):
    """Which passages make up each text. rows: (B, S) their places, what stands behind means nothing. counts: (B,).

    mask: dropout factors of the texts' own vectors, (B, pooled).
    """

    rows: Array
    counts: Array
    mask: Array | None = None


class Batch(NamedTuple):
    """ids: (B, T) in the vocabulary, or in `table`, the embeddings of words (W, E), where there is one.

    lengths: (B,), each at least 1. texts: which of the rows each text is made of, None where a row is a text.
    """

    ids: Array
    lengths: Array
    table: Array | None = None
    masks: Masks = Masks()
    texts: Texts | None = None


def forward(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, loop: Loop) -> Array:
    """Return the logits of each text's classes, (B, C). ways: of pooling."""
    return answer(cell, ways, p, vectors(cell, ways, p, batch, loop), batch.texts, loop)


def vectors(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, loop: Loop) -> Array:
    """Return what each row of a batch becomes, (B, pooled): a text, or a passage where there is a slower layer."""
    xp = namespace(p.embedding)
    table = p.embedding if batch.table is None else batch.table
    places = turning(xp, batch.lengths, batch.ids.shape[1])
    inputs = reading_inputs(xp, table, batch.ids, places, batch.masks.embedded, len(p.layers[0].cells))
    return vectors_of(cell, ways, p, inputs, batch, places, loop)


def vectors_of(
    cell: Cell,
    ways: Sequence[str],
    p: ClassifierParameters,
    inputs: Sequence[Array],
    batch: Batch,
    places: Array,
    loop: Loop,
) -> Array:
    """Return the vectors for the inputs of the first layer, one for each direction. places: `turning` of the batch."""
    y = read_texts(cell, p.layers, inputs, places, loop, batch.masks.layers)
    pooled = pool(ways, y, batch.lengths, len(p.layers[0].cells), p.attention)
    return pooled if batch.masks.pooled is None else pooled * batch.masks.pooled


def answer(
    cell: Cell, ways: Sequence[str], p: ClassifierParameters, found: Array, texts: Texts | None, loop: Loop
) -> Array:
    """Return the logits of texts, (B, C), of their vectors, or of the vectors of their passages."""
    if p.slow is not None:
        assert texts is not None
        y = read_passages(cell, p.slow, found, texts, loop)
        found = pool(ways, y, texts.counts, len(p.slow.layers[0].cells), p.slow.attention)
        found = found if texts.mask is None else found * texts.mask
    if p.head is not None and p.head.weight is not None:
        found = namespace(found).tanh(found @ p.head.weight.T + p.head.bias)
    assert p.output.weight is not None
    return found @ p.output.weight.T + p.output.bias


def read_passages(cell: Cell, slow: SlowParameters, found: Array, texts: Texts, loop: Loop) -> Array:
    """Return what the slower layer makes of the passages of each text, (N, pooled) -> (B, S, D*H)."""
    xp = namespace(found)
    places = turning(xp, texts.counts, texts.rows.shape[1])
    forwards = lookup(xp, found, texts.rows)
    inputs = [forwards] if len(slow.layers[0].cells) == 1 else [forwards, taken(xp, forwards, places)]
    return read_texts(cell, slow.layers, inputs, places, loop)


def build(settings: ClassifierSettings, vocabulary_size: int, num_classes: int, make: Make) -> ClassifierParameters:
    """Return parameters whose every array comes from `make(role, shape)`, as those of a language model do."""
    directions = 2 if settings.bidirectional else 1
    width = directions * settings.hidden_size
    pooled = width * len(settings.ways)

    def attention_of() -> AttentionParameters | None:
        if "attention" not in settings.ways:
            return None
        size = settings.hidden_size
        return AttentionParameters(make("head", (size, width)), make("output bias", (size,)), make("query", (size,)))

    def slow_of() -> SlowParameters | None:
        if settings.hierarchy == "none":
            return None
        return SlowParameters((recurrent_layer(settings, directions, pooled, make),), attention_of())

    attention = attention_of()
    return ClassifierParameters(
        embedding=make("embedding", (vocabulary_size, settings.embed_size)),
        subwords=make("subwords", (settings.subwords, settings.embed_size)) if settings.subwords else None,
        layers=recurrent_layers(settings, directions, make),
        attention=attention,
        slow=slow_of(),
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

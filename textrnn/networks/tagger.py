"""The tagger: embedding, recurrent stack in one direction or both, optional dense head, an output for every word.

In: ids (B, T) and lengths. Out: logits (B, T, C). NumPy runs it, torch trains it.
Shapes: B sentences, T time, W distinct words, E embedding, H units, D directions, C tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from textrnn.cells.cell import Cell
from textrnn.cells.functions import Array, Namespace, lookup, namespace
from textrnn.config.tagger import TaggerSettings
from textrnn.networks import words as reading
from textrnn.networks.build import DenseParameters, Make, dense, recurrent_layers
from textrnn.networks.initial import READER_SPREAD, empty, maker, shapes_of
from textrnn.networks.recurrent import LayerParameters, Loop, read_texts, turning
from textrnn.networks.words import Words, reading_inputs
from textrnn.text.shapes import SHAPES


class TaggerParameters(NamedTuple):
    """embedding: (V, E). subwords: (buckets, E), shapes: (SHAPES, E), or None. output: (C, D*H), or of the head."""

    embedding: Array
    subwords: Array | None
    shapes: Array | None
    layers: tuple[LayerParameters, ...]
    head: DenseParameters | None
    output: DenseParameters


class Masks(NamedTuple):
    """Dropout factors, None where nothing is dropped: (B, 1, E); one of (B, 1, D*H) a layer."""

    embedded: Array | None = None
    layers: Sequence[Array] | None = None


class Batch(NamedTuple):
    """ids: (B, T) in the vocabulary, or in `table`, the embeddings of words (W, E), where there is one.

    lengths: (B,), each at least 1.
    """

    ids: Array
    lengths: Array
    table: Array | None = None
    masks: Masks = Masks()


def forward(cell: Cell, p: TaggerParameters, batch: Batch, loop: Loop) -> Array:
    """Return the logits of the tags of every word, (B, T, C); what stands behind a sentence means nothing."""
    xp = namespace(p.embedding)
    table = p.embedding if batch.table is None else batch.table
    places = turning(xp, batch.lengths, batch.ids.shape[1])
    inputs = reading_inputs(xp, table, batch.ids, places, batch.masks.embedded, len(p.layers[0].cells))
    return tag(cell, p, inputs, places, loop, batch.masks.layers)


def tag(
    cell: Cell,
    p: TaggerParameters,
    inputs: Sequence[Array],
    places: Array,
    loop: Loop,
    masks: Sequence[Array] | None = None,
) -> Array:
    """Return the logits for the inputs of the first layer, one for each direction.

    places: `turning` of the batch. masks: one for each layer's outputs.
    """
    xp = namespace(p.output.bias)
    y = read_texts(cell, p.layers, inputs, places, loop, masks)
    # time leads: products of (B, D*H), which are rounded alike however much padding there is
    y = xp.permute_dims(y, (1, 0, 2))
    if p.head is not None and p.head.weight is not None:
        y = xp.tanh(y @ p.head.weight.T + p.head.bias)
    assert p.output.weight is not None
    return xp.permute_dims(y @ p.output.weight.T + p.output.bias, (1, 0, 2))


def embed(xp: Namespace, p: TaggerParameters, words: Words, shapes: Array | None) -> Array:
    """Return the embeddings of words, (W, E): as every reader has them, plus that of their shape (W,)."""
    return with_shapes(xp, p, reading.embed(xp, p, words), shapes)


def with_shapes(xp: Namespace, p: TaggerParameters, embedded: Array, shapes: Array | None) -> Array:
    """Return the embeddings of words, (W, E), with that of their shape added where there are shapes."""
    return embedded if p.shapes is None else embedded + lookup(xp, p.shapes, shapes)


def build(settings: TaggerSettings, vocabulary_size: int, num_tags: int, make: Make) -> TaggerParameters:
    """Return parameters whose every array comes from `make(role, shape)`, as those of a classifier do."""
    directions = 2 if settings.bidirectional else 1
    width = directions * settings.hidden_size
    return TaggerParameters(
        embedding=make("embedding", (vocabulary_size, settings.embed_size)),
        subwords=make("subwords", (settings.subwords, settings.embed_size)) if settings.subwords else None,
        shapes=make("embedding", (SHAPES, settings.embed_size)) if settings.shapes else None,
        layers=recurrent_layers(settings, directions, make),
        head=None if settings.head_size is None else dense("head", settings.head_size, width, make),
        output=dense("output", num_tags, settings.head_size or width, make),
    )


def initial_tagger(
    settings: TaggerSettings, vocabulary_size: int, num_tags: int, rng: np.random.Generator
) -> TaggerParameters:
    """Return fresh float32 parameters of a tagger; the same for the same generator state."""
    return build(settings, vocabulary_size, num_tags, maker(settings, rng, embedding_spread=READER_SPREAD))


def tagger_shapes(settings: TaggerSettings, vocabulary_size: int, num_tags: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a tagger by name, allocating nothing."""
    return shapes_of(build(settings, vocabulary_size, num_tags, empty))

"""The classifier: embedding, recurrent stack in one direction or both, pooling, optional dense head, output.

In: ids (B, T) and lengths. Out: logits (B, C). NumPy runs it, torch trains it.
Shapes: B texts, T time, W distinct words, P subwords of a word, E embedding, H units, D directions, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textrnn.cells.cell import Cell, CellParameters, project
from textrnn.cells.functions import Array, Namespace, lookup, namespace
from textrnn.config.classifier import ClassifierSettings
from textrnn.networks.build import DenseParameters, Make, dense, recurrent_layers
from textrnn.networks.pooling import AttentionParameters, pool
from textrnn.networks.recurrent import LayerParameters, Loop, read_texts, turning


class ClassifierParameters(NamedTuple):
    """embedding: (V, E). subwords: (buckets, E), or None. output: (C, pooled)."""

    embedding: Array
    subwords: Array | None
    layers: tuple[LayerParameters, ...]
    attention: AttentionParameters | None
    head: DenseParameters | None
    output: DenseParameters


class Words(NamedTuple):
    """The distinct words of a batch: ids (W,) in the vocabulary, subwords (W, P) padded, how many each has (W,)."""

    ids: Array
    subwords: Array
    counts: Array


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
    embedded = lookup(xp, table, batch.ids)  # (B, T) -> (B, T, E)
    if batch.masks.embedded is not None:
        embedded = embedded * batch.masks.embedded
    inputs = [embedded]
    if len(p.layers[0].cells) == 2:
        inputs.append(lookup(xp, xp.reshape(embedded, (-1, embedded.shape[2])), places))
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
    pooled = pool(ways, y, batch.lengths, len(p.layers[0].cells), p.attention)
    if batch.masks.pooled is not None:
        pooled = pooled * batch.masks.pooled
    if p.head is not None and p.head.weight is not None:
        pooled = namespace(pooled).tanh(pooled @ p.head.weight.T + p.head.bias)
    assert p.output.weight is not None
    return pooled @ p.output.weight.T + p.output.bias


def embed(xp: Namespace, p: ClassifierParameters, words: Words) -> Array:
    """Return the embeddings of words, (W, E): their own plus the mean of their subwords' (Bojanowski et al. 2017)."""
    own = lookup(xp, p.embedding, words.ids)
    if p.subwords is None:
        return own
    found = lookup(xp, p.subwords, words.subwords)  # (W, P) -> (W, P, E)
    place = xp.arange(words.subwords.shape[1], dtype=words.counts.dtype, device=words.counts.device)
    is_real = (place[None, :] < words.counts[:, None])[..., None]
    total = xp.sum(xp.where(is_real, found, xp.zeros_like(found)), axis=1)
    counts = xp.astype(xp.clip(words.counts, 1, None), own.dtype)
    return own + total / counts[:, None]


def tables(p: ClassifierParameters, embedded: Array) -> list[Array]:
    """Return the input products of the first layer for embeddings (W, E), (W, G*H) for each direction."""
    return [project(cell, embedded) for cell in p.layers[0].cells]


def without_input_products(p: ClassifierParameters) -> ClassifierParameters:
    """Return parameters whose first layer takes what `tables` gives."""

    def bare(cell: CellParameters) -> CellParameters:
        return cell._replace(weight_ih=None, bias_ih=None)

    first, *rest = p.layers
    backward = None if first.backward is None else bare(first.backward)
    return p._replace(layers=(first._replace(cell=bare(first.cell), backward=backward), *rest))


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

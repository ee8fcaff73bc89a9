"""The encoder-decoder: an encoder that reads a text whole, a decoder that writes another, attention between them.

In: ids of sources with lengths, and of targets, each after the unit before it. Out: logits of the unit after each.
NumPy runs it, torch trains it. The decoder's recurrence does not wait for attention: what it makes of all its steps
asks the memory at once, and a dense layer joins the answers to the questions (Luong, Pham & Manning 2015, without
feeding them back). One step is the same function at T = 1.
Shapes: B texts, S units of a source, T of a target, E embedding, H units, D directions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from textrnn.cells import attention
from textrnn.cells.attention import AttentionParameters, Memory, remember
from textrnn.cells.cell import Cell, project
from textrnn.cells.functions import Array, lookup, namespace
from textrnn.config.seq2seq import Seq2SeqSettings
from textrnn.networks.build import DenseParameters, Make, cell_of, dense, recurrent_layers
from textrnn.networks.initial import empty, maker, shapes_of
from textrnn.networks.pooling import last, masked
from textrnn.networks.recurrent import LayerParameters, Loop, StackState, read_texts, run_stack, turning
from textrnn.networks.words import reading_inputs

# standard deviation of the embeddings: smaller ones are first learned for hundreds of steps
EMBEDDING_SPREAD = 1.0


class EncoderParameters(NamedTuple):
    """embedding: (V, E), of the sources' units."""

    embedding: Array
    layers: tuple[LayerParameters, ...]


class DecoderParameters(NamedTuple):
    """embedding: (V, E), of the targets' units. head: of an output of the stack, and of its context where there is one.

    output: (V, H).
    """

    embedding: Array
    layers: tuple[LayerParameters, ...]
    attention: AttentionParameters | None
    head: DenseParameters
    output: DenseParameters


class Seq2SeqParameters(NamedTuple):
    """bridge: from the encoder's last outputs to all the decoder's state, (layers * parts * H, D*H)."""

    encoder: EncoderParameters
    bridge: DenseParameters
    decoder: DecoderParameters


class Masks(NamedTuple):
    """Dropout factors, None where nothing is dropped.

    source, target: (B, 1, E). encoder, decoder: one of (B, 1, D*H) or (B, 1, H) a layer. head: (B, 1, H).
    """

    source: Array | None = None
    encoder: Sequence[Array] | None = None
    target: Array | None = None
    decoder: Sequence[Array] | None = None
    head: Array | None = None


NOTHING_DROPPED = Masks()


class Batch(NamedTuple):
    """sources: ids (B, S). lengths: (B,), each at least 1. targets: (B, T), each the unit before one that is wanted."""

    sources: Array
    lengths: Array
    targets: Array
    masks: Masks = NOTHING_DROPPED


def forward(cell: Cell, p: Seq2SeqParameters, batch: Batch, loop: Loop) -> Array:
    """Return the logits of the unit after each of the targets', (B, T, V), all of them true (teacher forcing)."""
    memory, state = encode(cell, p, batch.sources, batch.lengths, loop, batch.masks)
    return decode(p.decoder, batch.targets, memory, state, loop, batch.masks)[0]


def encode(
    cell: Cell, p: Seq2SeqParameters, ids: Array, lengths: Array, loop: Loop, masks: Masks = NOTHING_DROPPED
) -> tuple[Memory | None, StackState]:
    """Read sources (B, S): return what attention looks back at, None without, and the state the decoder starts from."""
    xp = namespace(p.bridge.bias)
    layers = p.encoder.layers
    places = turning(xp, lengths, ids.shape[1])
    inputs = reading_inputs(xp, p.encoder.embedding, ids, places, masks.source, len(layers[0].cells))
    y = read_texts(cell, layers, inputs, places, loop, masks.encoder)  # (B, S, D*H)
    outputs = masked(xp, y, lengths, len(layers[0].cells))
    assert p.bridge.weight is not None
    begun = xp.tanh(last(xp, outputs, None) @ p.bridge.weight.T + p.bridge.bias)
    size, parts = p.decoder.layers[0].cell.weight_hh.shape[1], len(cell.parts)
    pieces = [begun[:, start : start + size] for start in range(0, begun.shape[1], size)]
    state = tuple(tuple(pieces[start : start + parts]) for start in range(0, len(pieces), parts))
    if p.decoder.attention is None:
        return None, state
    return remember(p.decoder.attention, y, outputs.is_real[..., 0]), state


def decode(
    p: DecoderParameters,
    ids: Array,
    memory: Memory | None,
    state: StackState,
    loop: Loop,
    masks: Masks = NOTHING_DROPPED,
) -> tuple[Array, StackState, Array | None]:
    """Return the logits of the unit after each of `ids`, (B, T, V), the state after the last, and where it looked.

    Where: the weights (B, T, S) of attention, None without.
    """
    xp = namespace(p.output.bias)
    embedded = lookup(xp, p.embedding, ids)  # (B, T) -> (B, T, E)
    if masks.target is not None:
        embedded = embedded * masks.target
    y, state = run_stack(p.layers, embedded, state, loop, masks.decoder)
    logits, weights = answer(p, y, memory, masks.head)
    return logits, state, weights


def answer(
    p: DecoderParameters, y: Array, memory: Memory | None, mask: Array | None = None
) -> tuple[Array, Array | None]:
    """Return the logits for outputs of the stack, (B, T, H) -> (B, T, V), and the weights of attention."""
    xp = namespace(y)
    weights = None
    if p.attention is not None:
        assert memory is not None
        context, weights = attention.attend(p.attention, y, memory)
        y = xp.concat([context, y], axis=-1)
    assert p.head.weight is not None
    joined = xp.tanh(xp.matmul(y, p.head.weight.T) + p.head.bias)
    if mask is not None:
        joined = joined * mask
    weight = p.embedding if p.output.weight is None else p.output.weight
    return xp.matmul(joined, weight.T) + p.output.bias, weights


def with_tables(p: Seq2SeqParameters) -> Seq2SeqParameters:
    """Return parameters of the same function in which embeddings hold the input products of the layer that reads them.

    Only of a decoder: its first layer's products become one look-up, (V, E) -> (V, G*H).
    """
    first, *rest = p.decoder.layers
    fused = first._replace(cell=first.cell._replace(weight_ih=None, bias_ih=None))
    table = project(first.cell, p.decoder.embedding)
    return p._replace(decoder=p.decoder._replace(embedding=table, layers=(fused, *rest)))


def build(settings: Seq2SeqSettings, source_size: int, target_size: int, make: Make) -> Seq2SeqParameters:
    """Return parameters whose every array comes from `make(role, shape)`. sizes: of the two vocabularies."""
    hidden, directions = settings.hidden_size, 2 if settings.bidirectional else 1
    read, parts = directions * hidden, len(cell_of(settings).parts)
    head = settings.head_size or hidden
    looks = None
    if settings.attention == "dot":
        looks = AttentionParameters(key=make("head", (hidden, read)))
    elif settings.attention == "additive":
        looks = AttentionParameters(
            make("head", (hidden, read)), make("head", (hidden, hidden)), make("query", (hidden,))
        )
    return Seq2SeqParameters(
        encoder=EncoderParameters(
            make("embedding", (source_size, settings.embed_size)), recurrent_layers(settings, directions, make)
        ),
        bridge=dense("head", settings.num_layers * parts * hidden, read, make),
        decoder=DecoderParameters(
            embedding=make("embedding", (target_size, settings.embed_size)),
            layers=recurrent_layers(settings, 1, make),
            attention=looks,
            head=dense("head", head, hidden if looks is None else read + hidden, make),
            # drawn, where other networks begin at zero: from zero what it reads is not learned for hundreds of steps
            output=dense("head", target_size, head, make),
        ),
    )


def initial_seq2seq(
    settings: Seq2SeqSettings, source_size: int, target_size: int, rng: np.random.Generator
) -> Seq2SeqParameters:
    """Return fresh float32 parameters of an encoder-decoder; the same for the same generator state."""
    return build(settings, source_size, target_size, maker(settings, rng, embedding_spread=EMBEDDING_SPREAD))


def seq2seq_shapes(settings: Seq2SeqSettings, source_size: int, target_size: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of an encoder-decoder by name, allocating nothing."""
    return shapes_of(build(settings, source_size, target_size, empty))

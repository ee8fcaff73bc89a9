"""What a network is made of, layer by layer: kinds, shapes of outputs and weights, numbers of parameters.

In go settings, before any weight is drawn, or the shapes that a run holds; out come layers. Nothing is allocated, and
how layers are shown is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textrnn.config.classifier import WAYS, ClassifierSettings
from textrnn.config.forecaster import ForecasterSettings
from textrnn.config.model import LanguageModelSettings, RecurrentSettings
from textrnn.config.seq2seq import Seq2SeqSettings
from textrnn.config.tagger import TaggerSettings
from textrnn.networks.classifier import classifier_shapes
from textrnn.networks.forecaster import forecaster_shapes
from textrnn.networks.language_model import parameter_shapes
from textrnn.networks.seq2seq import seq2seq_shapes
from textrnn.networks.tagger import tagger_shapes

# B texts, T time, E embedding, H units, D directions, V vocabulary, C classes. An axis of any length is None.
Shape = tuple[int | None, ...]
Weights = Mapping[str, tuple[int, ...]]

_CELLS = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer. kind: as Keras calls it. output: its shape, None for batch and time. weights: shapes by name."""

    name: str
    kind: str
    output: Shape
    weights: Weights

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(map(math.prod, self.weights.values()))

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "output_shape": list(self.output),
            "parameters": self.parameters,
            "weights": {name: list(shape) for name, shape in self.weights.items()},
        }


def language_model_layers(
    settings: LanguageModelSettings, vocabulary_size: int, num_conditions: int = 0
) -> tuple[Layer, ...]:
    """Return the layers of a language model, in the order in which a text goes through them."""
    shapes = parameter_shapes(settings, vocabulary_size, num_conditions=num_conditions)
    output, embedded = "Dense, tied" if settings.tied else "Dense", (None, None, settings.embed_size)
    added = [name for name in ("conditions",) if name in shapes]
    return (
        _layer("embedding", "Embedding", embedded, shapes, whole=True),
        *(_layer(name, "Embedding, added", embedded, shapes, whole=True) for name in added),
        *_stack(settings, shapes),
        *_head(settings, shapes, (None, None)),
        _layer("output", output, (None, None, vocabulary_size), shapes),
    )


def classifier_layers(
    settings: ClassifierSettings, vocabulary_size: int, num_classes: int, ngrams: Weights | None = None
) -> tuple[Layer, ...]:
    """Return the layers of a classifier; ngrams: the learned arrays of the linear model beside it, where known."""
    shapes = classifier_shapes(settings, vocabulary_size, num_classes)
    embedded = (None, None, settings.embed_size)
    width = settings.hidden_size * (2 if settings.bidirectional else 1)
    layers = [_layer("embedding", "Embedding", embedded, shapes, whole=True)]
    if "subwords" in shapes:
        layers.append(_layer("subwords", "Embedding, added", embedded, shapes, whole=True))
    pooled = (None, width * len(settings.ways))
    ways = "concat" if len(settings.ways) == len(WAYS) else settings.pooling
    layers += [
        *_recurrent(settings, shapes, bidirectional=settings.bidirectional),
        Layer(name="pooling", kind=f"Pooling, {ways}", output=pooled, weights=_of("attention", shapes)),
    ]
    if settings.hierarchy != "none":
        slow = _of("slow", shapes)
        layers += [
            *_recurrent_layer(settings, _of("layers.0", slow), settings.bidirectional, "slow"),
            Layer(name="slow pooling", kind=f"Pooling, {ways}", output=pooled, weights=_of("attention", slow)),
        ]
    layers += [
        *_head(settings, shapes, (None,)),
        _layer("output", "Dense", (None, num_classes), shapes),
    ]
    if ngrams is not None:
        layers.append(Layer(name="ngrams", kind="Linear, added", output=(None, num_classes), weights=ngrams))
    return tuple(layers)


def tagger_layers(settings: TaggerSettings, vocabulary_size: int, num_tags: int) -> tuple[Layer, ...]:
    """Return the layers of a tagger."""
    shapes = tagger_shapes(settings, vocabulary_size, num_tags)
    embedded = (None, None, settings.embed_size)
    added = [name for name in ("subwords", "shapes") if name in shapes]
    return (
        _layer("embedding", "Embedding", embedded, shapes, whole=True),
        *(_layer(name, "Embedding, added", embedded, shapes, whole=True) for name in added),
        *_recurrent(settings, shapes, bidirectional=settings.bidirectional),
        *_head(settings, shapes, (None, None)),
        _layer("output", "Dense", (None, None, num_tags), shapes),
    )


def forecaster_layers(settings: ForecasterSettings, steps: int, columns: int) -> tuple[Layer, ...]:
    """Return the layers of a forecaster. steps: that its network reads."""
    shapes, output = forecaster_shapes(settings, steps, columns), (None, settings.horizon * columns)
    beside = [_layer("linear", "Dense, added", output, shapes, whole=True)] if settings.linear else []
    return (
        *_recurrent(settings, shapes, bidirectional=False),
        *_head(settings, shapes, (None,)),
        _layer("output", "Dense, of the last step", output, shapes),
        *beside,
    )


def _stack(settings: LanguageModelSettings, shapes: Weights) -> list[Layer]:
    """Return the layers of a stack, the slow one above the first among them where there is a hierarchy."""
    if settings.hierarchy == "none":
        return _recurrent(settings, shapes, bidirectional=False)
    names = ["1", "slow", *map(str, range(2, settings.num_layers + 1))]
    return [
        layer
        for depth, name in enumerate(names)
        for layer in _recurrent_layer(settings, _of(f"layers.{depth}", shapes), False, name)
    ]


def seq2seq_layers(settings: Seq2SeqSettings, source_size: int, target_size: int) -> tuple[Layer, ...]:
    """Return the layers of an encoder-decoder: what reads, what is handed over, what writes."""
    shapes = seq2seq_shapes(settings, source_size, target_size)
    encoder, decoder = _of("encoder", shapes), _of("decoder", shapes)
    units = (None, None, settings.head_size or settings.hidden_size)
    read = (None, None, settings.hidden_size * (2 if settings.bidirectional else 1))
    looks = Layer(
        name="attention", kind=f"Attention, {settings.attention}", output=read, weights=_of("attention", decoder)
    )
    return (
        *_called("encoder", _reader(settings, encoder, bidirectional=settings.bidirectional)),
        _layer("bridge", "Dense (tanh)", (None, shapes["bridge.bias"][0]), shapes),
        *_called("decoder", _reader(settings, decoder, bidirectional=False)),
        *([] if settings.attention == "none" else [looks]),
        _layer("head", "Dense (tanh)", units, decoder),
        _layer("output", "Dense", (None, None, target_size), decoder),
    )


def _reader(settings: Seq2SeqSettings, shapes: Weights, *, bidirectional: bool) -> list[Layer]:
    embedding = _layer("embedding", "Embedding", (None, None, settings.embed_size), shapes, whole=True)
    return [embedding, *_recurrent(settings, shapes, bidirectional=bidirectional)]


def _called(part: str, layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers with the name of their part before their own, for both parts have the like."""
    return [replace(layer, name=f"{part} {layer.name}") for layer in layers]


def _recurrent(settings: RecurrentSettings, shapes: Weights, *, bidirectional: bool) -> list[Layer]:
    return [
        layer
        for depth in range(settings.num_layers)
        for layer in _recurrent_layer(settings, _of(f"layers.{depth}", shapes), bidirectional, str(depth + 1))
    ]


def _recurrent_layer(settings: RecurrentSettings, own: Weights, bidirectional: bool, called: str) -> list[Layer]:
    """Return a recurrent layer, and the norm behind it where there is one. own: its weights."""
    kind = _CELLS[settings.cell]
    if settings.cell == "rnn" and settings.activation != "tanh":
        kind += f" ({settings.activation})"
    if bidirectional:
        kind = f"Bidirectional {kind}"
    output = (None, None, settings.hidden_size * (2 if bidirectional else 1))
    norm = {name: shape for name, shape in own.items() if name.startswith("norm.")}
    cell = {name: shape for name, shape in own.items() if name not in norm}
    layers = [Layer(name=f"{settings.cell} {called}", kind=kind, output=output, weights=cell)]
    if norm:
        layers.append(Layer(name=f"norm {called}", kind="LayerNormalization", output=output, weights=norm))
    return layers


def _head(settings: RecurrentSettings, shapes: Weights, leading: Shape) -> list[Layer]:
    if settings.head_size is None:
        return []
    return [_layer("head", "Dense (tanh)", (*leading, settings.head_size), shapes)]


def _layer(name: str, kind: str, output: Shape, shapes: Weights, *, whole: bool = False) -> Layer:
    """Return the layer whose weights stand below `name`, or are the one array of that name."""
    weights = {"weight": shapes[name]} if whole else _of(name, shapes)
    return Layer(name=name, kind=kind, output=output, weights=weights)


def _of(name: str, shapes: Weights) -> dict[str, tuple[int, ...]]:
    """Return the shapes below `name`, without it."""
    return {full.removeprefix(f"{name}."): shape for full, shape in shapes.items() if full.startswith(f"{name}.")}

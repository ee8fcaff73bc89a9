"""What is drawn at random during training, as a function of (seed, step): dropout masks, coins.

The forward pass draws nothing; what is drawn here reaches it with the batch.
Shapes: B rows, T steps, H units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.networks import seq2seq, tagger
from textrnn.networks.classifier import Masks

_DROPOUT, _COINS, _INPUT = 0x44, 0x43, 0x49


def dropout_masks(
    seed: int, step: int, *, rate: float, layers: int, rows: int, units: int, device: torch.device
) -> list[Tensor] | None:
    """Return a factor (B, 1, H) for each layer's outputs: 0 for a share `rate` of them, 1 / (1 - rate) for the others.

    One mask serves all steps of a window (variational dropout, Gal & Ghahramani 2016). None where nothing is dropped.
    """
    if rate == 0:
        return None
    kept = np.random.default_rng([seed, _DROPOUT, step]).random((layers, rows, 1, units), np.float32) >= rate
    return list(torch.from_numpy(kept.astype(np.float32) / (1 - rate)).to(device))


def coins(seed: int, step: int, *, rows: int, steps: int, truth: float) -> tuple[np.ndarray, np.ndarray]:
    """Return which inputs of a window are the true ones, (B, T) bool, and uniforms to draw the others by, (B, T)."""
    rng = np.random.default_rng([seed, _COINS, step])
    return rng.random((rows, steps)) < truth, rng.random((rows, steps))


@dataclass(frozen=True)
class ClassifierNoise:
    """starts: (B,) where in a long text the window lies that is read, 0 to 1. rng: for the units that are hidden.

    masks: a row for each text. texts: factors of the texts' own vectors where `masks` are of their passages.
    """

    masks: Masks
    texts: Tensor | None
    starts: np.ndarray
    word_dropout: float
    rng: np.random.Generator

    def masks_of(self, texts: np.ndarray) -> Masks:
        """Return the masks for rows that are passages of `texts` (N,): a text's own serves all of them."""

        if np.array_equal(texts, np.arange(len(self.starts))):
            return self.masks

        def rows(mask: Tensor | None) -> Tensor | None:
            return mask if mask is None or mask.ndim == 0 else mask[torch.from_numpy(texts).to(mask.device)]

        embedded, layers, pooled = self.masks
        return Masks(rows(embedded), None if layers is None else list(map(rows, layers)), rows(pooled))

    def hidden(self, shape: tuple[int, ...], lengths: np.ndarray) -> np.ndarray:
        """Return which units of texts (B, T) of `lengths` (B,) are hidden; of none of them all."""
        if self.word_dropout == 0:
            return np.zeros(shape, np.bool_)
        is_real = np.arange(shape[1]) < lengths[:, None]
        hidden: np.ndarray = (self.rng.random(shape, np.float32) < self.word_dropout) & is_real
        hidden[(hidden == is_real).all(axis=1)] = False
        return hidden


def classifier_noise(
    seed: int, step: int, rows: int, settings: TrainClassifierSettings, *, device: torch.device
) -> ClassifierNoise:
    """Return what is drawn for batch `step` of a classifier with `rows` texts."""
    rng = np.random.default_rng([seed, _DROPOUT, step])
    width = settings.hidden_size * (2 if settings.bidirectional else 1)
    mask = partial(_mask, rng, device)
    # between layers and after them, and half as much on the way in
    embedded = mask(rows, 1, settings.embed_size, rate=settings.dropout / 2)
    between = [mask(rows, 1, width, rate=settings.dropout) for _ in range(settings.num_layers - 1)]
    pooled = mask(rows, width * len(settings.ways), rate=settings.dropout)
    layers = [*between, torch.ones((), device=device)] if settings.dropout and between else None
    starts = rng.random(rows)
    is_flat = settings.hierarchy == "none"
    texts = None if is_flat else mask(rows, width * len(settings.ways), rate=settings.dropout)
    return ClassifierNoise(Masks(embedded, layers, pooled), texts, starts, settings.word_dropout, rng)


@dataclass(frozen=True)
class TaggerNoise:
    """starts: (B,) where in a long sentence the window lies that is read, 0 to 1. rng: for hidden words."""

    masks: tagger.Masks
    starts: np.ndarray
    word_dropout: float
    rng: np.random.Generator

    def hidden(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return of which words of sentences (B, T) the own embedding is hidden."""
        return self.rng.random(shape, np.float32) < self.word_dropout


def tagger_noise(
    seed: int, step: int, rows: int, settings: TrainTaggerSettings, *, device: torch.device
) -> TaggerNoise:
    """Return what is drawn for batch `step` of a tagger with `rows` sentences."""
    rng = np.random.default_rng([seed, _DROPOUT, step])
    width = settings.hidden_size * (2 if settings.bidirectional else 1)
    mask = partial(_mask, rng, device)
    # between layers and after them, and half as much on the way in
    embedded = mask(rows, 1, settings.embed_size, rate=settings.dropout / 2)
    layers = [mask(rows, 1, width, rate=settings.dropout) for _ in range(settings.num_layers)]
    masks = tagger.Masks(embedded, layers if settings.dropout else None)
    return TaggerNoise(masks, rng.random(rows), settings.word_dropout, rng)


def input_noise(seed: int, step: int, shape: tuple[int, ...], settings: TrainForecasterSettings) -> np.ndarray:
    """Return what is added to the inputs of batch `step` of a forecaster, of `shape`."""
    drawn = np.random.default_rng([seed, _INPUT, step]).standard_normal(shape, np.float32)
    return np.float32(settings.input_noise) * drawn


def pair_masks(
    seed: int, step: int, rows: int, settings: TrainSeq2SeqSettings, *, device: torch.device
) -> seq2seq.Masks:
    """Return the dropout of batch `step` of an encoder-decoder with `rows` pairs."""
    if settings.dropout == 0:
        return seq2seq.Masks()
    mask = partial(_mask, np.random.default_rng([seed, _DROPOUT, step]), device, rows, 1)
    # of every layer's outputs, and half as much on the way in
    whole, half, layers = settings.dropout, settings.dropout / 2, range(settings.num_layers)
    width = settings.hidden_size * (2 if settings.bidirectional else 1)
    return seq2seq.Masks(
        source=mask(settings.embed_size, rate=half),
        encoder=[mask(width, rate=whole) for _ in layers],
        target=mask(settings.embed_size, rate=half),
        decoder=[mask(settings.hidden_size, rate=whole) for _ in layers],
        head=mask(settings.head_size or settings.hidden_size, rate=whole),
    )


def _mask(rng: np.random.Generator, device: torch.device, *shape: int, rate: float) -> Tensor | None:
    """Return factors of dropout, None where nothing is dropped."""
    if rate == 0:
        return None
    kept = rng.random(shape, np.float32) >= rate
    return torch.from_numpy(kept.astype(np.float32) / (1 - rate)).to(device)

"""Classifying as a task of the training loop: its batches, its loss, its evaluation.

Shapes: B texts, T units, C classes, E embedding, H units, D directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.batches import Batches
from textrnn.data.label_data import LabelData
from textrnn.metrics.classification import Classification
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import Batch, ClassifierParameters, Masks, Texts, answer
from textrnn.networks.words import Words
from textrnn.text.vocabulary import UNKNOWN
from textrnn.training.classifier.mixing import Parts, cross_fitted, fit_mixing
from textrnn.training.classifier.passages import laid_out, stretch
from textrnn.training.classifier.texts import text_vectors
from textrnn.training.embedding import embedded
from textrnn.training.forms import fastest
from textrnn.training.noise import ClassifierNoise, classifier_noise

Ids = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]

# units in a batch of texts that are measured
MEASURED_AT_ONCE = 16_384


@dataclass(frozen=True)
class Measured:
    """What held-out texts say on the way, as the loop wants it, and the weights of the parts that they would give."""

    figures: Classification
    mixing: dict[str, float]

    @property
    def nats_per_unit(self) -> float:
        """Log loss of a text; a label that is not known tells nothing."""
        return 0.0 if self.figures.log_loss is None else self.figures.log_loss

    @property
    def units(self) -> int:
        """Texts."""
        return self.figures.examples

    def beside(self) -> dict[str, float | None]:
        """Return what people look at."""
        return {"accuracy": self.figures.accuracy, "macro_f1": self.figures.macro_f1}

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the answers; intervals and baselines are for the end."""
        return self.figures.to_json()


class ClassifierTask:
    """Say the label of a text. ngram_logits: (N, C) of the held-out texts, None without n-grams."""

    def __init__(
        self,
        data: LabelData,
        settings: TrainClassifierSettings,
        seed: int,
        device: torch.device,
        ngram_logits: Floats | None,
    ) -> None:
        self.data, self._ngram_logits = data, ngram_logits
        self._settings, self._seed, self._device = settings, seed, device
        self._cell = cell_of(settings)
        self._form = fastest(self._cell, device, settings.precision)
        self._loop = partial(self._form, self._cell)
        lengths = [min(len(ids), settings.seq_length) for ids in data.train.units]
        self._batches = Batches(lengths, batch_size=settings.batch_size, seed=seed)
        self._weights = torch.tensor(class_weights(data, settings), device=device)
        self._is_empty = np.array([not len(ids) for ids in data.valid.units])
        self.steps_per_epoch = self._batches.per_epoch
        self.units_per_step = min(settings.batch_size, len(data.train))
        self.valid_units = len(data.valid)
        # chosen by the held-out texts, the best of many evaluations would flatter itself on them
        self.keeps_best = settings.patience is not None

    def loss(
        self, p: ClassifierParameters, step: int, fraction: float, carried: object
    ) -> tuple[Tensor, int, tuple[()]]:
        """Return the mean loss of batch `step` in nats, its texts, and nothing to carry."""
        places = self._batches[step]
        noise = classifier_noise(self._seed, step, len(places), self._settings, device=self._device)
        train, longest = self.data.train, self._settings.seq_length
        texts = [
            stretch(longest, train.units[place], train.sizes[place], start)
            for place, start in zip(places.tolist(), noise.starts.tolist(), strict=True)
        ]
        logits = self._forward(p, [units for units, _ in texts], [sizes for _, sizes in texts], noise)
        targets = torch.from_numpy(self.data.train.labels[places]).to(self._device)
        # the mean is over the weights
        return cross_entropy(logits, targets, self._weights.to(logits.dtype)), len(places), ()

    def _forward(
        self, p: ClassifierParameters, units: Sequence[Ids], sizes: Sequence[Ids], noise: ClassifierNoise | None = None
    ) -> Tensor:
        """Return the logits of texts, of their units and how many of them stand in each passage."""
        blocks, rows, counts = laid_out(units, sizes)
        if noise is not None:
            for block in blocks:
                block.ids[noise.hidden(block.ids.shape, block.lengths)] = UNKNOWN
        ids, table = [block.ids for block in blocks], p.embedding
        if self._settings.subwords is not None:
            distinct, inverse = np.unique(np.concatenate([one.ravel() for one in ids]), return_inverse=True)
            parts = np.split(inverse, np.cumsum([one.size for one in ids])[:-1])
            ids = [part.reshape(one.shape) for part, one in zip(parts, ids, strict=True)]
            table = embedded(p, Words(*map(self._tensor, self.data.lexicon.parts(distinct))))
        found = []
        for own, block in zip(ids, blocks, strict=True):
            masks = Masks() if noise is None else noise.masks_of(block.texts)
            batch = Batch(self._tensor(own), self._tensor(block.lengths), table, masks)
            vectors = text_vectors(self._cell, self._settings.ways, p, batch, self._form)
            found.append(vectors if masks.pooled is None else vectors * masks.pooled)
        joined = found[0] if len(found) == 1 else torch.cat(found)
        texts = Texts(self._tensor(rows), self._tensor(counts), None if noise is None else noise.texts)
        logits: Tensor = answer(self._cell, self._settings.ways, p, joined, texts, self._loop)
        return logits

    def _tensor(self, array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self._device)

    def cost(self, units: int) -> int:
        """Return how many texts are read to measure the first `units`."""
        return units

    @torch.no_grad()
    def logits(self, p: ClassifierParameters, units: int) -> Floats:
        """Return the network's logits of the first `units` held-out texts, whole, (N, C)."""
        texts, sizes = self.data.valid.units[:units], self.data.valid.sizes
        found = np.zeros((len(texts), len(self.data.labels)), np.float64)
        order = sorted((place for place, ids in enumerate(texts) if len(ids)), key=lambda place: len(texts[place]))
        while order:
            longest = len(texts[order[-1]])
            rows = order[-max(1, MEASURED_AT_ONCE // longest) :]
            del order[-len(rows) :]
            read = self._forward(p, [texts[row] for row in rows], [sizes[row] for row in rows])
            found[rows] = read.cpu().numpy()
        return found

    def parts(self, p: ClassifierParameters, units: int) -> Parts:
        """Return what network and n-grams say of the first `units` held-out texts; empty ones tell nothing of them."""
        ngrams = None if self._ngram_logits is None else self._ngram_logits[:units]
        truth = np.where(self._is_empty, -1, self.data.valid.labels)[:units]
        return Parts(self.logits(p, units), ngrams, truth)

    def answers(self, log_probabilities: Floats) -> Floats:
        """Return what is said of the first held-out texts, (N, C): of those without words what the model says, too."""
        is_empty = self._is_empty[: len(log_probabilities), None]
        answers: Floats = np.where(is_empty, np.log(self.data.prior), log_probabilities)
        return answers

    def evaluate(self, p: ClassifierParameters, units: int) -> Measured:
        """Return the figures of the first `units` held-out texts."""
        parts = self.parts(p, units)
        answers, truth = self.answers(cross_fitted(parts)), self.data.valid.labels[:units]
        figures = Classification.of(
            np.exp(answers), truth, self.data.labels, log_probabilities=answers, seed=self._seed
        )
        return Measured(figures, fit_mixing(parts))


def class_weights(data: LabelData, settings: TrainClassifierSettings) -> Floats:
    """Return how much a text of each class counts, (C,): 1 on the mean of all texts."""
    if settings.class_weights == "none":
        return np.ones(len(data.labels))
    return len(data.train) / (len(data.labels) * np.maximum(1, data.counts))

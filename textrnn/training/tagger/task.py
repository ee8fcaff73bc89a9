"""Tagging as a task of the training loop: its batches, its loss, its evaluation.

Shapes: B sentences, T words, W distinct words, C tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from textrnn.cells.functions import namespace
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.batches import Batches
from textrnn.data.tag_data import TagData
from textrnn.inference.tagger.evaluation import TagFigures
from textrnn.networks.build import cell_of
from textrnn.networks.tagger import Batch, Masks, TaggerParameters, forward, with_shapes
from textrnn.networks.words import Words
from textrnn.text.vocabulary import UNKNOWN
from textrnn.training.embedding import embedded
from textrnn.training.forms import fastest
from textrnn.training.noise import tagger_noise
from textrnn.training.padding import side_by_side, window

Ids = npt.NDArray[np.integer]

# words in a batch of sentences that are measured
MEASURED_AT_ONCE = 16_384
# in the place of a tag behind a sentence, or of one that is not known: it counts in no loss
NO_TAG = -1


@dataclass(frozen=True)
class Measured:
    """What held-out sentences say on the way, as the loop wants it: nats a word, over `units` words."""

    nats_per_unit: float
    units: int
    figures: TagFigures

    def beside(self) -> dict[str, float | None]:
        """Return what people look at."""
        found = self.figures.to_json()
        return {name: found[name] for name in ("token_accuracy", "span_f1") if found[name] is not None}

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the answers; baselines are for the end."""
        return {"sentences": self.figures.sentences, **self.figures.to_json()}


class TaggerTask:
    """Say the tag of every word of a sentence. Losses and speed are counted in words."""

    def __init__(self, data: TagData, settings: TrainTaggerSettings, seed: int, device: torch.device) -> None:
        self.data = data
        self._settings, self._seed, self._device = settings, seed, device
        self._cell = cell_of(settings)
        self._loop = partial(fastest(self._cell, device, settings.precision), self._cell)
        lengths = [min(len(ids), settings.seq_length) for ids in data.train.units]
        self._batches = Batches(lengths, batch_size=settings.batch_size, seed=seed)
        self._valid_ends = list(accumulate(map(len, data.valid.units)))
        self.steps_per_epoch = self._batches.per_epoch
        self.units_per_step = max(1, sum(lengths) // self.steps_per_epoch)
        self.valid_units = self._valid_ends[-1]
        # chosen by the held-out sentences, the best of many evaluations would flatter itself on them
        self.keeps_best = settings.patience is not None

    def examples_before(self, step: int) -> int:
        """Return how many sentences the steps before `step` read."""
        return self._batches.examples_before(step)

    def loss(self, p: TaggerParameters, step: int, fraction: float, carried: object) -> tuple[Tensor, int, tuple[()]]:
        """Return the mean loss of the words of batch `step` in nats, their number, and nothing to carry."""
        places = self._batches[step].tolist()
        noise = tagger_noise(self._seed, step, len(places), self._settings, device=self._device)
        cut, starts = partial(window, self._settings.seq_length), noise.starts.tolist()
        ids, lengths = side_by_side(list(map(cut, [self.data.train.units[place] for place in places], starts)))
        tags, _ = side_by_side(list(map(cut, [self.data.train.tags[place] for place in places], starts)), NO_TAG)
        logits = self._forward(p, ids, lengths, noise.masks, noise.hidden(ids.shape))
        targets = torch.from_numpy(tags).to(self._device)
        loss = cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=NO_TAG)
        return loss, int(lengths.sum()), ()

    def _forward(self, p: TaggerParameters, ids: Ids, lengths: Ids, masks: Masks, hidden: np.ndarray | None) -> Tensor:
        """Return the logits of every word, (B, T, C). hidden: of which words the own embedding is that of no word."""
        size = len(self.data.lexicon)
        # a word that is hidden here and seen there is two words of the batch
        words, inverse = np.unique(ids if hidden is None else ids + size * hidden, return_inverse=True)
        own, subwords, counts = self.data.lexicon.parts(words % size)
        own = np.where(words < size, own, UNKNOWN)
        table = embedded(p, Words(*map(self._tensor, (own, subwords, counts))))
        if p.shapes is not None:
            table = with_shapes(namespace(table), p, table, self._tensor(self.data.lexicon.shapes(words % size)))
        batch = Batch(self._tensor(inverse.reshape(ids.shape)), self._tensor(lengths), table, masks)
        logits: Tensor = forward(self._cell, p, batch, self._loop)
        return logits

    def _tensor(self, array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self._device)

    def cost(self, units: int) -> int:
        """Return how many words are read to measure the first `units`."""
        return units

    @torch.no_grad()
    def logits(self, p: TaggerParameters, sentences: Sequence[Ids]) -> list[npt.NDArray[np.floating]]:
        """Return the logits of the words of whole sentences, (T, C) each."""
        found: list[npt.NDArray[np.floating]] = [np.zeros((0, 0))] * len(sentences)
        order = sorted(range(len(sentences)), key=lambda place: len(sentences[place]))
        while order:
            rows = order[-max(1, MEASURED_AT_ONCE // len(sentences[order[-1]])) :]
            del order[-len(rows) :]
            ids, lengths = side_by_side([sentences[row] for row in rows])
            logits = self._forward(p, ids, lengths, Masks(), None).cpu().numpy()
            for row, own, length in zip(rows, logits, lengths.tolist(), strict=True):
                found[row] = own[:length]
        return found

    def first(self, units: int) -> int:
        """Return how many held-out sentences hold the first `units` words, whole ones, at least one."""
        return max(1, sum(end <= units for end in self._valid_ends))

    def evaluate(self, p: TaggerParameters, units: int) -> Measured:
        """Return the figures of the held-out sentences that hold the first `units` words."""
        valid, count = self.data.valid, self.first(units)
        logits = self.logits(p, valid.units[:count])
        given = [[self.data.tags[id] for id in own.argmax(axis=1).tolist()] for own in logits]
        flat = torch.from_numpy(np.concatenate(logits).astype(np.float64))
        truth = torch.from_numpy(np.concatenate(valid.tags[:count]))
        known = int((truth != NO_TAG).sum())
        # a tag that is not known tells nothing
        nats = float(cross_entropy(flat, truth, ignore_index=NO_TAG, reduction="sum")) / max(1, known)
        return Measured(nats, len(truth), TagFigures.of(given, valid.names[:count]))

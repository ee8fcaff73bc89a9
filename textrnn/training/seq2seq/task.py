"""Text to text as a task of the training loop: its batches, its loss, its evaluation.

Shapes: B pairs, S units of a source, T of a target, V vocabulary of targets.
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

from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.data.batches import Batches
from textrnn.data.pair_data import PairData, PairExamples
from textrnn.networks.build import cell_of
from textrnn.networks.seq2seq import Batch, Seq2SeqParameters, decode, encode, forward
from textrnn.text.vocabulary import END, UNKNOWN
from textrnn.training.drawing import draw
from textrnn.training.forms import fastest
from textrnn.training.noise import coins, pair_masks
from textrnn.training.padding import side_by_side
from textrnn.training.schedule import TEACHER_FORCING

Ids = npt.NDArray[np.integer]

# units of sources in a batch that is measured
MEASURED_AT_ONCE = 8_192
# in the place of a unit behind a target, or of one that is not known: it counts in no loss
NOTHING = -1


@dataclass(frozen=True)
class Measured:
    """What held-out pairs say on the way, every unit told after the true ones before it: nats, and how many are right.

    units: those of all targets, known ones alone.
    """

    pairs: int
    nats: float
    units: int
    right: int

    @property
    def nats_per_unit(self) -> float:
        """Mean loss."""
        return self.nats / max(1, self.units)

    def beside(self) -> dict[str, float | None]:
        """Return what people look at."""
        return {"units_right": self.right / max(1, self.units)}

    def to_json(self) -> dict[str, Any]:
        """Return all figures; those of what the model writes by itself are for the end."""
        return {"pairs": self.pairs, "nats_per_unit": self.nats_per_unit, **self.beside()}


class Seq2SeqTask:
    """Say the next unit of a target. Losses are counted in units of targets, END among them."""

    def __init__(self, data: PairData, settings: TrainSeq2SeqSettings, seed: int, device: torch.device) -> None:
        self.data = data
        self._settings, self._seed, self._device = settings, seed, device
        self._cell = cell_of(settings)
        self._loop = partial(fastest(self._cell, device, settings.precision), self._cell)
        lengths = [
            len(source) + len(target)
            for source, target in zip(data.train.source_ids, data.train.target_ids, strict=True)
        ]
        self._batches = Batches(lengths, batch_size=settings.batch_size, seed=seed)
        self._valid_ends = list(accumulate(map(len, data.valid.target_ids)))
        self.steps_per_epoch = self._batches.per_epoch
        self.units_per_step = max(1, sum(map(len, data.train.target_ids)) // self.steps_per_epoch)
        self.valid_units = self._valid_ends[-1]
        self.keeps_best = True

    def examples_before(self, step: int) -> int:
        """Return how many pairs the steps before `step` read."""
        return self._batches.examples_before(step)

    def loss(self, p: Seq2SeqParameters, step: int, fraction: float, carried: object) -> tuple[Tensor, int, tuple[()]]:
        """Return the mean loss of the units of batch `step` in nats, their number, and nothing to carry."""
        batch, wanted = self._batch(self.data.train, self._batches[step].tolist())
        masks = pair_masks(self._seed, step, len(wanted), self._settings, device=self._device)
        batch = batch._replace(masks=masks)
        truth = TEACHER_FORCING[self._settings.scheduled_sampling](fraction)
        logits = self._sampled(p, batch, step, truth) if truth < 1 else forward(self._cell, p, batch, self._loop)
        loss = cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=NOTHING, reduction="sum")
        known = int((wanted != NOTHING).sum())
        return loss / max(1, known), known, ()

    def _batch(self, examples: PairExamples, places: Sequence[int]) -> tuple[Batch, Tensor]:
        """Return pairs side by side, and the units that are wanted, (B, T)."""
        sources, lengths = side_by_side([examples.source_ids[place] for place in places])
        targets, _ = side_by_side([examples.target_ids[place] for place in places], NOTHING)
        # each unit is told after the one before it, the first after END
        before = np.roll(targets, 1, axis=1)
        before[:, 0] = END
        before[before == NOTHING] = END
        targets[targets == UNKNOWN] = NOTHING
        read, sizes, told, wanted = (
            torch.from_numpy(array).to(self._device) for array in (sources, lengths, before, targets)
        )
        return Batch(read, sizes, told), wanted

    def _sampled(self, p: Seq2SeqParameters, batch: Batch, step: int, truth: float) -> Tensor:
        """Scheduled sampling: the same decoder, a step at a time, on the model's own draw where the coin says so."""
        rows, steps = batch.targets.shape
        is_true, uniforms = coins(self._seed, step, rows=rows, steps=steps, truth=truth)
        true_columns, draws = (torch.from_numpy(array).to(self._device) for array in (is_true, uniforms))
        memory, state = encode(self._cell, p, batch.sources, batch.lengths, self._loop, batch.masks)
        found: list[Tensor] = []
        for t in range(steps):
            column = batch.targets[:, t : t + 1]
            if t > 0:
                drawn = draw(found[-1][:, -1].detach(), draws[:, t : t + 1])
                column = torch.where(true_columns[:, t : t + 1], column, drawn)
            logits, state, _ = decode(p.decoder, column, memory, state, self._loop, batch.masks)
            found.append(logits)
        return torch.cat(found, dim=1)

    def cost(self, units: int) -> int:
        """Return how many units are read to measure the first `units`."""
        return units

    def first(self, units: int) -> int:
        """Return how many held-out pairs hold the first `units` units of targets, whole ones, at least one."""
        return max(1, sum(end <= units for end in self._valid_ends))

    @torch.no_grad()
    def evaluate(self, p: Seq2SeqParameters, units: int) -> Measured:
        """Return the figures of the held-out pairs that hold the first `units` units."""
        valid, count = self.data.valid, self.first(units)
        order = sorted(range(count), key=lambda place: len(valid.source_ids[place]))
        nats, known, right = 0.0, 0, 0
        while order:
            places = order[-max(1, MEASURED_AT_ONCE // len(valid.source_ids[order[-1]])) :]
            del order[-len(places) :]
            batch, wanted = self._batch(valid, places)
            logits = forward(self._cell, p, batch, self._loop)
            flat, true = logits.flatten(0, 1), wanted.flatten()
            nats += float(cross_entropy(flat, true, ignore_index=NOTHING, reduction="sum"))
            known += int((true != NOTHING).sum())
            right += int((flat.argmax(dim=1) == true).sum())
        return Measured(count, nats, known, right)

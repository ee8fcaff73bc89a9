"""Language modelling as a task of the training loop: its batches, its loss with the state carried on, its evaluation.

Shapes: B rows, T steps, V vocabulary.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.documents import Documents
from textrnn.data.streams import Streams, Window
from textrnn.data.text_data import TextData
from textrnn.inference.language_model.protocol import DOCUMENTS, cost, measure
from textrnn.metrics.likelihood import Likelihood
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import Batch, LanguageModelParameters, forward
from textrnn.networks.recurrent import StackState, start_stack
from textrnn.text.endings import passage_ends
from textrnn.text.vocabulary import UNKNOWN
from textrnn.training.drawing import draw
from textrnn.training.forms import fastest
from textrnn.training.noise import coins, dropout_masks
from textrnn.training.schedule import TEACHER_FORCING

PROTOCOL = "stateful:64"


def windows_of(data: TextData, settings: TrainLanguageModelSettings, seed: int) -> Streams | Documents:
    """Return the windows in which a text is read: one text as streams, texts under conditions each by itself."""
    sizes = {"batch_size": settings.batch_size, "seq_length": settings.seq_length, "seed": seed}
    return Documents(data.train, data.train_inputs, **sizes) if data.conditions else Streams(data.train, **sizes)


class LanguageTask:
    """Predict the next unit, window by window."""

    keeps_best = True

    def __init__(self, data: TextData, settings: TrainLanguageModelSettings, seed: int, device: torch.device) -> None:
        self.data = data
        self._settings, self._seed, self._device = settings, seed, device
        self._windows = windows_of(data, settings, seed)
        self._cell = cell_of(settings)
        self._loop = partial(fastest(self._cell, device, settings.precision), self._cell)
        ends = passage_ends(data.tokenizer, settings.hierarchy)
        self._ends = None if ends is None else torch.from_numpy(ends).to(device)
        self.steps_per_epoch, self.units_per_step = self._windows.windows, self._windows.units_per_step
        self.protocol = DOCUMENTS if data.conditions else PROTOCOL
        self.valid_units = len(data.valid)

    def loss(
        self, p: LanguageModelParameters, step: int, fraction: float, carried: StackState | None
    ) -> tuple[Tensor, int, StackState]:
        """Return the mean nats of batch `step`, its units, and the state to carry to the next, cut from its past."""
        window = self._windows[step]
        rows = len(window.inputs)
        if carried is None or window.is_start:
            carried = start_stack(self._cell, p.layers, (rows,))
        masks = dropout_masks(
            self._seed,
            step,
            rate=self._settings.dropout,
            layers=len(p.layers),
            rows=rows,
            units=self._settings.hidden_size,
            device=self._device,
        )
        truth = TEACHER_FORCING[self._settings.scheduled_sampling](fraction)
        inputs = torch.from_numpy(window.inputs).to(self._device)
        if truth < 1:
            logits, carried = self._sampled_forward(p, window, inputs, masks, carried, step, truth)
        else:
            logits, carried = forward(p, self._batch(inputs, masks), carried, self._loop)
        targets = torch.from_numpy(window.targets).to(self._device).flatten()
        known = int((targets != UNKNOWN).sum())
        total = cross_entropy(logits.flatten(0, 1), targets, ignore_index=UNKNOWN, reduction="sum")
        return total / max(1, known), window.units, tuple(tuple(part.detach() for part in s) for s in carried)

    def _batch(self, ids: Tensor, masks: list[Tensor] | None = None) -> Batch:
        # a unit ends a passage under any condition
        return Batch(ids, masks, None if self._ends is None else self._ends[ids % len(self._ends)])

    def _sampled_forward(
        self,
        p: LanguageModelParameters,
        window: Window,
        inputs: Tensor,
        masks: list[Tensor] | None,
        state: StackState,
        step: int,
        truth: float,
    ) -> tuple[Tensor, StackState]:
        """Scheduled sampling: the same forward, a step at a time, on the model's own draw where the coin says so."""
        rows, steps = window.inputs.shape
        is_true, uniforms = coins(self._seed, step, rows=rows, steps=steps, truth=truth)
        true_columns = torch.from_numpy(is_true).to(self._device)
        draws = torch.from_numpy(uniforms).to(self._device)
        logits: list[Tensor] = []
        # what a unit is read under stays, whoever wrote the unit
        beside = inputs - inputs % p.embedding.shape[0]
        for t in range(steps):
            column = inputs[:, t : t + 1]
            if t > 0:
                drawn = draw(logits[-1][:, -1].detach(), draws[:, t : t + 1])
                column = torch.where(true_columns[:, t : t + 1], column, drawn + beside[:, t : t + 1])
            ahead, state = forward(p, self._batch(column, masks), state, self._loop)
            logits.append(ahead)
        return torch.cat(logits, dim=1), state

    def rows_before(self, step: int) -> int:
        """Return of how many rows the state is that is carried to `step`."""
        return self._windows.rows_at(max(0, step - 1))

    def cost(self, units: int) -> int:
        """Return how many units are read to measure the first `units`."""
        return units if self.protocol == DOCUMENTS else cost(PROTOCOL, units)

    @torch.no_grad()
    def evaluate(self, p: LanguageModelParameters, units: int) -> Likelihood:
        """Return the likelihood of the first `units` held-out units; those the model does not know are left out."""

        def score(inputs: np.ndarray, targets: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
            logits, state = forward(p, self._batch(torch.from_numpy(inputs).to(self._device)), state, self._loop)
            wanted = torch.from_numpy(targets).to(self._device).flatten()
            nats = cross_entropy(logits.flatten(0, 1), wanted, reduction="none")
            return nats.reshape(targets.shape).cpu().numpy(), state

        start = partial(start_stack, self._cell, p.layers)
        data = self.data
        likelihood, _ = measure(
            score, lambda rows: start((rows,)), data.valid[:units], self.protocol, inputs=data.valid_inputs[:units]
        )
        return likelihood

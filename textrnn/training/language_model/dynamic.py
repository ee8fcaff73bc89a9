"""Dynamic evaluation: a language model that goes on learning from the text it is measured on (Krause et al. 2018).

In: a model's weights, and then window after window of one text. Out: the nats of each window, under weights that have
seen what stood before it and nothing else; then a step towards it. The model itself stays as it is. Shapes: B rows,
here 1, T steps.

With g the gradient of a window's mean loss, m the running mean of g^2, w_0 the weights at the start:

    w' = w - RATE * g / (sqrt(m) + EPSILON) + PULL * (w_0 - w)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from textrnn.config.language_model import EvaluateSettings, TrainLanguageModelSettings
from textrnn.inference.language_model.evaluation import LanguageModelEvaluation, evaluate_language_model
from textrnn.inference.language_model.model import LanguageModel
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import Batch, LanguageModelParameters, forward
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.recurrent import StackState, start_stack
from textrnn.text.corpus import Corpus
from textrnn.text.vocabulary import UNKNOWN
from textrnn.training.forms import fastest
from textrnn.training.tensors import to_tensors

# the step of a weight whose gradient is as large as usual
RATE = 3e-4
MEMORY = 0.99
PULL = 1e-3
EPSILON = 1e-6
NOTE = "the weights went on learning from the text: compare with dynamic figures alone; the model stays as it is"


def evaluate_dynamic(model: LanguageModel, corpus: Corpus, settings: EvaluateSettings) -> LanguageModelEvaluation:
    """Measure `model` on `corpus` while its weights, or rather copies of them, go on learning from it."""
    learner = Learner(model.engine.parameters, model.settings, model.engine.batch)
    conditions = {"dynamic": f"{RATE:g},{MEMORY:g},{PULL:g}"}
    found = evaluate_language_model(model, corpus, settings.settled(), reader=learner, conditions=conditions)
    return replace(found, notes=(*found.notes, NOTE))


class Learner:
    """Reads one text, from its first unit to its last, and learns from it."""

    def __init__(
        self,
        parameters: LanguageModelParameters,
        settings: TrainLanguageModelSettings,
        batch: Callable[[np.ndarray], Batch] = Batch,
    ) -> None:
        """batch: what makes a batch of ids."""
        device = torch.device("cpu")
        self._parameters = to_tensors(parameters, device, trainable=True)
        self._weights = list(named_arrays(self._parameters).values())
        self._first = [weight.detach().clone() for weight in self._weights]
        self._squares = [torch.zeros_like(weight) for weight in self._weights]
        self._cell = cell_of(settings)
        self._loop = partial(fastest(self._cell, device), self._cell)
        self._steps, self._batch = 0, batch

    def start_exact(self, rows: int) -> StackState:
        """Return the empty state; the text is read in one row."""
        assert rows == 1
        return start_stack(self._cell, self._parameters.layers, (rows,))

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: StackState) -> tuple[np.ndarray, StackState]:
        """Return −log p of every target (1, T) and the state after them; then learn from them."""
        batch = map_arrays(lambda _, array: torch.from_numpy(array), self._batch(inputs))
        logits, state = forward(self._parameters, batch, state, self._loop)
        wanted = torch.from_numpy(targets).flatten()
        nats = cross_entropy(logits.double().flatten(0, 1), wanted, reduction="none")
        known = wanted != UNKNOWN
        if bool(known.any()):
            self._learn(nats[known].mean())
        return nats.detach().numpy().reshape(targets.shape), tuple(tuple(part.detach() for part in s) for s in state)

    def _learn(self, loss: torch.Tensor) -> None:
        # a window in which no passage ends says nothing of a slow layer
        found = torch.autograd.grad(loss, self._weights, allow_unused=True, materialize_grads=True)
        gradients: list[Any] = list(found)
        self._steps += 1
        with torch.no_grad():
            torch._foreach_mul_(self._squares, MEMORY)
            torch._foreach_addcmul_(self._squares, gradients, gradients, 1 - MEMORY)
            # the running mean begins at nothing, which its first steps would have it be too small by
            usual = torch._foreach_div(self._squares, 1 - MEMORY**self._steps)
            torch._foreach_sqrt_(usual)
            torch._foreach_add_(usual, EPSILON)
            torch._foreach_lerp_(self._weights, self._first, PULL)
            torch._foreach_addcdiv_(self._weights, gradients, usual, -RATE)

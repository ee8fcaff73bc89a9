"""Gradients of the whole loss against differences of it, in float64: the network, the loss, the state carried in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from textrnn.cells.plain import Form, plain
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import Batch, forward
from textrnn.networks.parameters import named_arrays, with_arrays
from textrnn.networks.recurrent import start_stack
from textrnn.training.forms import native

WIRINGS: list[dict[str, Any]] = [
    {"cell": "rnn", "num_layers": 2},
    {"cell": "lstm", "num_layers": 2},
    {"cell": "gru", "num_layers": 2},
    {"cell": "lstm", "layer_norm": True, "head_size": 3},
    {"cell": "gru", "tied": True, "embed_size": 3},
]


@pytest.mark.parametrize("form", [plain, native])
@pytest.mark.parametrize("wiring", WIRINGS, ids=str)
def test_gradients_are_those_of_finite_differences(
    form: Form, wiring: dict[str, Any], noisy: Callable[..., Any]
) -> None:
    settings = TrainLanguageModelSettings(**{"hidden_size": 3, "embed_size": 2, **wiring}).settled()
    p = noisy(settings, 5)
    rng = np.random.default_rng(0)
    ids = torch.from_numpy(rng.integers(0, 5, (2, 4)))
    cell = cell_of(settings)
    masks = [torch.from_numpy(rng.integers(0, 2, (2, 1, 3)) / 0.5) for _ in p.layers]
    names = list(named_arrays(p))
    state_names = list(named_arrays(start_stack(cell, p.layers, (2,))))
    state = [torch.from_numpy(rng.normal(0, 0.5, (2, 3))).requires_grad_(True) for _ in state_names]

    def loss(*tensors: Tensor) -> Tensor:
        parameters = with_arrays(p, dict(zip(names, tensors, strict=False)))
        before = with_arrays(
            start_stack(cell, p.layers, (2,)), dict(zip(state_names, tensors[len(names) :], strict=True))
        )
        logits, after = forward(parameters, Batch(ids[:, :-1], masks), before, partial(form, cell))
        # the unknown unit is no target
        nats = cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=0, reduction="sum")
        return nats + sum((part**2).sum() for layer in after for part in layer)

    leaves = [*named_arrays(p).values(), *state]
    assert torch.autograd.gradcheck(loss, leaves, eps=1e-6, atol=1e-5, rtol=1e-3, nondet_tol=0)

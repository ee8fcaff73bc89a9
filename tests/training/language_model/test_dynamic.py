"""Dynamic evaluation: what each window is measured under, what is learned from it, and that the model stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

import textrnn
from textrnn.inference.language_model.protocol import STEPS, measure
from textrnn.networks.language_model import Batch, forward
from textrnn.networks.parameters import named_arrays
from textrnn.text.corpus import corpus_from_text
from textrnn.training.forms import native
from textrnn.training.language_model import dynamic
from textrnn.training.language_model.dynamic import EPSILON, MEMORY, PULL, RATE, Learner
from textrnn.training.tensors import to_tensors

TEXT = "to be, or not to be, that is the question: " * 12


@pytest.fixture
def model(make_model: Callable[..., Any]) -> Any:
    return make_model(TEXT)


def windows(model: Any, text: str) -> list[float]:
    """The nats of each window, in order."""
    learner, found = Learner(model.engine.parameters, model.settings), []

    def score(inputs: Any, targets: Any, state: Any) -> Any:
        nats, state = learner.nats(inputs, targets, state)
        found.append(float(nats.sum()))
        return nats, state

    measure(score, learner.start_exact, model.tokenizer.encode(text), "stateful:1")
    return found


def test_the_first_window_is_the_models_own_and_later_ones_gain(model: Any) -> None:
    ids = model.tokenizer.encode(TEXT)
    static: list[float] = []

    def score(inputs: Any, targets: Any, state: Any) -> Any:
        nats, state = model.engine.nats(inputs, targets, state)
        static.append(float(nats.sum()))
        return nats, state

    measure(score, model.engine.start_exact, ids, "stateful:1")
    found = windows(model, TEXT)
    assert found[0] == pytest.approx(static[0], rel=1e-5)
    assert found[-2] < static[-2] - 0.01


def test_nothing_is_known_of_what_comes_later(model: Any) -> None:
    changed = TEXT[: 3 * STEPS + 1] + TEXT[3 * STEPS + 1 :].upper().replace("E", "b").lower()
    assert windows(model, changed)[:3] == windows(model, TEXT)[:3]
    assert windows(model, changed)[3:] != windows(model, TEXT)[3:]


def test_the_steps_are_those_of_the_equations(model: Any) -> None:
    ids = model.tokenizer.encode(TEXT)[: 3 * STEPS + 1].astype(np.int64)
    p = to_tensors(model.engine.parameters, torch.device("cpu"), trainable=True)
    weights = list(named_arrays(p).values())
    first, mean = [w.detach().clone() for w in weights], [torch.zeros_like(w) for w in weights]
    learner = Learner(model.engine.parameters, model.settings)
    state = theirs = learner.start_exact(1)
    for number in range(3):
        window = ids[None, number * STEPS : (number + 1) * STEPS + 1]
        nats, theirs = learner.nats(window[:, :-1], window[:, 1:], theirs)
        logits, state = forward(
            p, Batch(torch.from_numpy(window[:, :-1])), state, lambda *given: native(learner._cell, *given)
        )
        loss = cross_entropy(logits[0], torch.from_numpy(window[0, 1:]))
        assert nats.mean() == pytest.approx(float(loss.detach()), rel=1e-4)
        state = tuple(tuple(part.detach() for part in layer) for layer in state)
        for w, w_0, m, g in zip(weights, first, mean, torch.autograd.grad(loss, weights), strict=True):
            m.mul_(MEMORY).add_((1 - MEMORY) * g * g)
            usual = (m / (1 - MEMORY ** (number + 1))).sqrt() + EPSILON
            w.data = w.data - RATE * g / usual + PULL * (w_0 - w.data)
    for found, expected in zip(learner._weights, weights, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=2e-5)


def test_the_figures_say_so_and_the_model_stays(model: Any) -> None:
    corpus = corpus_from_text(TEXT)
    before = model.evaluate(corpus, protocol="stateful:1")
    settings = dynamic.EvaluateSettings.check({"dynamic": True})
    found = dynamic.evaluate_dynamic(model, corpus, settings)
    assert found.protocol == "stateful:1" and "|dynamic:" in found.signature and dynamic.NOTE in found.notes
    assert found.units == before.units and found.nats_per_unit != before.nats_per_unit
    assert model.evaluate(corpus, protocol="stateful:1").nats_per_unit == before.nats_per_unit
    assert isinstance(model, textrnn.LanguageModel)

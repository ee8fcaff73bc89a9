"""The lesson on truncated BPTT: the error of its gradients is torch's with cuts, and its task does what it says."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from textrnn.learn.lessons import truncated
from textrnn.learn.lessons.truncated import EXAMPLES, LETTERS, LONG, STEPS, UNITS, gradient_errors, trained, words
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN


def torch_gradient(window: int) -> torch.Tensor:
    """Return the gradient by the weights of the lesson's network, its state cut from its past after every window."""
    p = SimpleRNN(4, UNITS, 4, answers="every", loss="cross-entropy", seed=0).parameters
    layer = torch.nn.RNN(4, UNITS).double()
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(layer, f"{name}_l0").data = torch.tensor(getattr(p.layers[0].cell, name))
    (word,), _ = words(np.random.default_rng(0), 1, LONG + 1)
    ids = torch.tensor(word)
    x, state, loss = torch.nn.functional.one_hot(ids[:-1], 4).double(), torch.zeros(1, UNITS).double(), 0.0
    for start in range(0, LONG, window):
        y, state = layer(x[start : start + window], state.detach())
        logits = y @ torch.tensor(p.output.weight).T + torch.tensor(p.output.bias)
        loss = loss + torch.nn.functional.cross_entropy(logits, ids[start + 1 : start + 1 + window], reduction="sum")
    return torch.cat([g.ravel() for g in torch.autograd.grad(loss, list(layer.parameters()))])


def test_gradient_errors_are_those_of_torch_with_cuts() -> None:
    full = torch_gradient(LONG)
    windows = (1, 3, 8, 32)
    expected = {window: float((torch_gradient(window) - full).norm() / full.norm()) for window in windows}
    assert gradient_errors(windows) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert expected[1] > expected[3] > expected[8] > expected[32] == 0


def test_words_are_of_the_task() -> None:
    ids, first = words(np.random.default_rng(0), EXAMPLES)
    assert ids.shape == (EXAMPLES, STEPS)
    assert (ids[:, 0] == first).all()
    assert set(first) == {0, 1}
    # nothing but the first letter tells it
    assert set(ids[:, 1:].ravel()) == {2, 3}
    assert [LETTERS[id] for id in (0, 1, 2, 3)] == ["a", "b", "x", "y"]


def test_the_whole_way_back_learns_what_a_window_cannot() -> None:
    full, cut = trained("gru", STEPS), trained("gru", 4)
    assert full.accuracy == 1 and full.losses[-1] < 0.01 and full.moved > 1
    assert 0.4 < cut.accuracy < 0.6
    assert cut.losses == pytest.approx([np.log(2)] * len(cut.losses), abs=0.02)
    # no gradient came to these weights at all
    assert cut.moved == 0


def test_a_window_one_step_short_moves_nothing_either() -> None:
    assert trained("gru", STEPS - 1).moved == 0 < trained("gru", STEPS + 1).moved


def test_what_a_state_happens_to_keep_can_be_read() -> None:
    lucky = trained("rnn", 2)
    assert lucky.accuracy > 0.7
    assert lucky.moved == 0


def test_it_is_told() -> None:
    stream = io.StringIO()
    truncated.LESSON.tell(Page(stream), None)
    assert "0.693 nats" in stream.getvalue()
    for word, answer in (
        (line.split()[0], line.split()[2][0]) for line in stream.getvalue().split("Examples: ")[1].split(", ")[:3]
    ):
        assert len(word) == STEPS and word[0] == answer

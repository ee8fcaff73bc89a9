"""The lesson on teacher forcing: its free running is torch's, its training torch's, and its three claims hold."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.learn.lessons import teacher_forcing as lesson
from textrnn.learn.lessons.teacher_forcing import GIVEN, NOISE, TEST_STEPS, TURN, UNITS, WORD_STEPS, WRITTEN
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN

TRUTH = np.random.default_rng(5).normal(size=(3, 9, 1))


def torch_net(net: SimpleRNN) -> tuple[Any, Any]:
    """Return torch's GRU and output layer of the same weights."""
    p = net.parameters
    layer, output = torch.nn.GRU(1, UNITS, batch_first=True).double(), torch.nn.Linear(UNITS, 1).double()
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(layer, f"{name}_l0").data = torch.tensor(getattr(p.layers[0].cell, name))
    output.weight.data, output.bias.data = torch.tensor(p.output.weight), torch.tensor(p.output.bias)
    return layer, output


def fresh() -> SimpleRNN:
    return SimpleRNN(1, UNITS, 1, cell="gru", answers="every", seed=3)


def test_what_is_fed_is_the_truth_or_ones_own_by_the_coins() -> None:
    """Step by step with torch's GRU, for coins of every kind."""
    net = fresh()
    layer, output = torch_net(net)
    coins = np.random.default_rng(0).random((3, 8)) < 0.5
    fed, answers = lesson.feed(net, TRUTH, coins, lambda y: y)
    for row in range(3):
        x, state = torch.tensor(TRUTH[row, 0]), None
        for t in range(8):
            assert fed[row, t] == pytest.approx(x.detach().numpy(), abs=1e-12)
            y, state = layer(x[None, :], state)
            x = output(y)[0]
            assert answers[row, t] == pytest.approx(x.detach().numpy(), abs=1e-12)
            if not coins[row, t]:
                x = torch.tensor(TRUTH[row, t + 1])
    assert coins.any() and not coins.all()


def test_with_the_truth_alone_it_is_one_reading() -> None:
    net = fresh()
    fed, answers = lesson.feed(net, TRUTH, np.zeros((3, 8), bool), lambda y: y)
    assert np.array_equal(fed, TRUTH)
    assert answers == pytest.approx(net.run(TRUTH[:, :-1])[0], abs=1e-12)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_one_update_is_torchs(share: float) -> None:
    """What was fed counts as given; steps before `given` are followed by the truth. Adam's first step is lr."""
    net = fresh()
    layer, output = torch_net(net)
    course = lesson.Course(lambda rng: (TRUTH, TRUTH[:, 1:]), lambda y: y, updates=1, given=2)
    is_own = np.zeros((3, 8), bool)
    is_own[:, 2:] = share > 0
    inputs, _ = lesson.feed(net, TRUTH, is_own, lambda y: y)
    loss = ((output(layer(torch.tensor(inputs[:, :-1]))[0]) - torch.tensor(TRUTH[:, 1:])) ** 2).mean()
    parameters = [*layer.parameters(), *output.parameters()]
    gradients = torch.autograd.grad(loss, parameters)
    assert float(torch.sqrt(sum((g**2).sum() for g in gradients))) < 1, "nothing is clipped"
    lesson.train(net, course, lambda way: share, np.random.default_rng(0))
    layer_p, output_p = net.parameters.layers[0].cell, net.parameters.output
    after = [layer_p.weight_ih, layer_p.weight_hh, layer_p.bias_ih, layer_p.bias_hh, output_p.weight, output_p.bias]
    for before, gradient, got in zip(parameters, gradients, after, strict=True):
        expected = before - lesson.LEARNING_RATE * gradient / (gradient.abs() + 1e-8)
        assert got == pytest.approx(expected.detach().numpy(), abs=1e-7)


def test_waves() -> None:
    clean, measured = lesson.waves(np.random.default_rng(0), 200, TEST_STEPS)
    assert clean.shape == measured.shape == (200, TEST_STEPS + 1, 1)
    # after a turn the same, after half of one the opposite
    assert clean[:, TURN:] == pytest.approx(clean[:, :-TURN], abs=1e-12)
    assert clean[:, TURN // 2 :] == pytest.approx(-clean[:, : -TURN // 2], abs=1e-12)
    assert float((measured - clean).std()) == pytest.approx(NOISE, rel=0.02)


@cache
def on_waves(share: float) -> SimpleRNN:
    return lesson.trained_on_waves(lambda way: share * way)


def test_on_its_own_answers_it_drifts_and_sampling_holds_it() -> None:
    forced, sampled = on_waves(0.0), on_waves(1.0)
    told, free, held = (
        np.array(lesson.errors(net, is_free=is_free))
        for net, is_free in ((forced, False), (forced, True), (sampled, True))
    )
    # the same as long as the truth is given to both
    assert free[: GIVEN + 1] == pytest.approx(told[: GIVEN + 1], abs=1e-12)
    assert free[-TURN:].mean() > 20 * told[GIVEN:].mean()
    assert held[-TURN:].mean() < 0.2 * free[-TURN:].mean()
    assert np.mean(lesson.errors(sampled, is_free=False)[GIVEN:]) < 1.5 * told[GIVEN:].mean()


def test_own_letters_make_a_toss_of_every_letter() -> None:
    """Huszár's argument at its end: what own letters alone teach is the share of each letter, whatever came before."""
    rng = np.random.default_rng(1)
    forced, own = (lesson.trained_on_words(lambda way, share=share: share) for share in (0.0, 1.0))
    assert lesson.whole(lesson.written(forced, WRITTEN, rng)) > 0.95
    ids = lesson.written(own, WRITTEN, rng)
    # independent tosses would be of one letter in 2 of 2^8 words
    assert lesson.whole(ids) < 10 * 2 / 2**WORD_STEPS
    assert float(np.mean(ids[:, 1:] == ids[:, :-1])) == pytest.approx(0.5, abs=0.1)


def test_whole() -> None:
    assert lesson.whole(np.array([[0, 0, 0], [1, 1, 1], [0, 1, 0], [0, 0, 1]])) == 0.5


def test_it_is_told() -> None:
    stream = io.StringIO()
    lesson.LESSON.tell(Page(stream), None)
    far = np.mean(lesson.errors(on_waves(0.0), is_free=True)[-TURN:])
    assert f"On its own answers it is {far:.3f} in the last turn" in stream.getvalue()

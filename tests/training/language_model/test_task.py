"""Language modelling as a task: what is carried, what a window's edge cuts, how the loss is normalised, coins."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from textrnn.cells.plain import plain
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.streams import Streams
from textrnn.data.text_data import TextData
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.protocol import measure
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import Batch, forward
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.recurrent import start_stack
from textrnn.text.vocabulary import UNKNOWN
from textrnn.training.language_model import task as language_task_module
from textrnn.training.language_model.task import PROTOCOL, LanguageTask
from textrnn.training.noise import coins
from textrnn.training.tensors import to_array

CPU = torch.device("cpu")
Data = Callable[..., tuple[TextData, TrainLanguageModelSettings]]


@pytest.fixture
def make_task(make_data: Data, noisy: Callable[..., Any]) -> Callable[..., tuple[LanguageTask, Any, Any]]:
    """Make a task, parameters in float64, and the settings."""

    def make(**settings: Any) -> tuple[LanguageTask, Any, TrainLanguageModelSettings]:
        data, checked = make_data(**settings)
        return LanguageTask(data, checked, 3, CPU), noisy(checked, len(data.tokenizer.symbols)), checked

    return make


def gradient(loss: torch.Tensor, p: Any) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss, list(named_arrays(p).values())))


def nats(outcome: tuple[torch.Tensor, int, Any]) -> float:
    return outcome[0].detach().item()


def windows(data: TextData, settings: TrainLanguageModelSettings) -> Streams:
    return Streams(data.train, batch_size=settings.batch_size, seq_length=settings.seq_length, seed=3)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_loss_is_the_mean_of_the_definition(make_task: Any, make_data: Data, cell: str) -> None:
    task, p, settings = make_task(cell=cell, num_layers=2)
    window = windows(make_data(cell=cell)[0], settings)[0]
    loss, units, _ = task.loss(p, 0, 0.0, None)
    state = start_stack(cell_of(settings), p.layers, (4,))
    logits, _ = forward(p, Batch(torch.from_numpy(window.inputs)), state, partial(plain, cell_of(settings)))
    expected = cross_entropy(logits.flatten(0, 1), torch.from_numpy(window.targets).flatten())
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    assert units == 4 * 8 == task.units_per_step


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_state_goes_on_over_every_edge_and_the_gradient_does_not(make_task: Any, cell: str) -> None:
    """Four windows of 8 steps and one of 32 read the same text: state and loss equal, gradients not."""
    short, p, _ = make_task(cell=cell, seq_length=8, batch_size=1)
    long, _, _ = make_task(cell=cell, seq_length=32, batch_size=1)
    # both passes start at the unit before the same target
    short._windows._slack = long._windows._slack = 0
    carried, losses = None, []
    for step in range(4):
        loss, _, carried = short.loss(p, step, 0.0, carried)
        losses.append(loss)
        assert not any(part.requires_grad for part in named_arrays(carried).values())
    whole, _, after = long.loss(p, 0, 0.0, None)
    torch.testing.assert_close(torch.stack(losses).mean(), whole, rtol=1e-12, atol=0)
    for part, expected in zip(named_arrays(carried).values(), named_arrays(after).values(), strict=True):
        torch.testing.assert_close(part, expected, rtol=1e-12, atol=1e-12)
    by_windows, full = gradient(torch.stack(losses).mean(), p), gradient(whole, p)
    assert not all(torch.allclose(a, b, rtol=1e-6) for a, b in zip(by_windows, full, strict=True))


def test_a_window_as_long_as_the_text_has_the_full_gradient(make_task: Any, make_data: Data) -> None:
    """Truncation cuts nothing inside a window: the gradient is that of the plain loop over the whole of it."""
    task, p, settings = make_task(seq_length=40)
    window = windows(make_data(seq_length=40)[0], settings)[0]
    loss, _, _ = task.loss(p, 0, 0.0, None)
    state = start_stack(cell_of(settings), p.layers, (4,))
    logits, _ = forward(p, Batch(torch.from_numpy(window.inputs)), state, partial(plain, cell_of(settings)))
    expected = cross_entropy(logits.flatten(0, 1), torch.from_numpy(window.targets).flatten())
    for found, other in zip(gradient(loss, p), gradient(expected, p), strict=True):
        torch.testing.assert_close(found, other, rtol=1e-10, atol=1e-12)


def test_a_pass_starts_with_an_empty_state(make_task: Any) -> None:
    task, p, _ = make_task()
    _, _, carried = task.loss(p, 0, 0.0, None)
    start = task.steps_per_epoch
    fresh, _, _ = task.loss(p, start, 0.0, None)
    torch.testing.assert_close(task.loss(p, start, 0.0, carried)[0], fresh, rtol=0, atol=0)
    inside, _, _ = task.loss(p, 1, 0.0, None)
    assert nats(task.loss(p, 1, 0.0, carried)) != inside.item()


def test_the_loss_of_a_batch_is_that_of_its_rows_weighted_by_units(make_task: Any) -> None:
    """Parts of a batch, each weighted by its units, give loss and gradient of the whole; unequal parts too."""
    task, p, settings = make_task()
    window = task._windows[0]
    whole, units, _ = task.loss(p, 0, 0.0, None)
    total = torch.zeros((), dtype=torch.float64)
    for rows in (slice(0, 1), slice(1, 4)):
        state = start_stack(cell_of(settings), p.layers, (len(window.inputs[rows]),))
        logits, _ = forward(p, Batch(torch.from_numpy(window.inputs[rows])), state, task._loop)
        targets = torch.from_numpy(window.targets[rows]).flatten()
        total = total + cross_entropy(logits.flatten(0, 1), targets) * len(targets) / units
    torch.testing.assert_close(total, whole, rtol=1e-12, atol=0)
    for found, expected in zip(gradient(total, p), gradient(whole, p), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-13)


def test_unknown_targets_are_no_part_of_the_mean(make_task: Any) -> None:
    task, p, settings = make_task()
    window = task._windows[0]
    targets = window.targets.copy()
    targets[0, :5] = UNKNOWN
    task._windows = {0: window._replace(targets=targets)}
    loss, units, _ = task.loss(p, 0, 0.0, None)
    logits, _ = forward(
        p, Batch(torch.from_numpy(window.inputs)), start_stack(cell_of(settings), p.layers, (4,)), task._loop
    )
    known = torch.from_numpy(targets).flatten() != UNKNOWN
    expected = cross_entropy(logits.flatten(0, 1)[known], torch.from_numpy(targets).flatten()[known])
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    assert units == 32
    task._windows = {0: window._replace(targets=np.zeros_like(targets))}
    assert nats(task.loss(p, 0, 0.0, None)) == 0


def test_batches_are_those_of_the_streams(make_task: Any, make_data: Data) -> None:
    task, _, settings = make_task()
    data, _ = make_data()
    streams = windows(data, settings)
    assert task.steps_per_epoch == streams.windows
    assert task.valid_units == len(data.valid)
    for k in (0, 1, streams.windows, 50):
        assert np.array_equal(task._windows[k].inputs, streams[k].inputs)


@pytest.mark.parametrize("hierarchy", ["none", "sentences"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_sampled_with_nothing_but_truth_it_is_teacher_forcing(make_task: Any, cell: str, hierarchy: str) -> None:
    task, p, settings = make_task(
        cell=cell, num_layers=2, dropout=0.5, scheduled_sampling="linear", hierarchy=hierarchy
    )
    window = task._windows[0]
    inputs = torch.from_numpy(window.inputs)
    rng = np.random.default_rng(0)
    masks = [torch.from_numpy(rng.integers(0, 2, (4, 1, 16)) * 2.0) for _ in p.layers]
    start = start_stack(cell_of(settings), p.layers, (4,))
    stepwise, state = task._sampled_forward(p, window, inputs, masks, start, 0, truth=1.0)
    batch = task._batch(inputs, masks)
    assert hierarchy == "none" or (batch.ends.any() and not batch.ends.all())
    forced, forced_state = forward(p, batch, start, task._loop)
    torch.testing.assert_close(stepwise, forced, rtol=1e-12, atol=1e-12)
    for part, expected in zip(named_arrays(state).values(), named_arrays(forced_state).values(), strict=True):
        torch.testing.assert_close(part, expected, rtol=1e-12, atol=1e-12)


def test_sampled_with_no_truth_only_the_first_input_is_given(make_task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task, p, settings = make_task(scheduled_sampling="linear")
    window = task._windows[0]
    inputs = torch.from_numpy(window.inputs)
    start = start_stack(cell_of(settings), p.layers, (4,))
    # "drawn": always the likeliest, so that the inputs can be told
    monkeypatch.setattr(language_task_module, "draw", lambda logits, _: logits.argmax(-1, keepdim=True))
    logits, _ = task._sampled_forward(p, window, inputs, None, start, 0, truth=0.0)
    fed = torch.cat([inputs[:, :1], logits[:, :-1].argmax(-1)], dim=1)
    expected, _ = forward(p, Batch(fed), start, task._loop)
    torch.testing.assert_close(logits, expected, rtol=1e-12, atol=1e-12)
    other = torch.cat([inputs[:, :1], torch.zeros_like(inputs[:, 1:])], dim=1)
    torch.testing.assert_close(
        task._sampled_forward(p, window, other, None, start, 0, truth=0.0)[0], logits, rtol=0, atol=0
    )


def test_coins_decide_step_by_step_and_row_by_row(make_task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task, p, settings = make_task(scheduled_sampling="linear")
    window = task._windows[0]
    inputs = torch.from_numpy(window.inputs)
    start = start_stack(cell_of(settings), p.layers, (4,))
    monkeypatch.setattr(language_task_module, "draw", lambda logits, _: torch.full((4, 1), UNKNOWN))
    logits, _ = task._sampled_forward(p, window, inputs, None, start, 7, truth=0.5)
    is_true, _ = coins(3, 7, rows=4, steps=8, truth=0.5)
    is_true[:, 0] = True
    assert 5 < is_true.sum() < 27
    fed = torch.where(torch.from_numpy(is_true), inputs, UNKNOWN)
    expected, _ = forward(p, Batch(fed), start, task._loop)
    torch.testing.assert_close(logits, expected, rtol=1e-12, atol=1e-12)


def test_units_are_drawn_as_the_model_says() -> None:
    logits = torch.log(torch.tensor([[0.0, 0.1, 0.2, 0.7]])).expand(20_000, 4)
    uniform = torch.from_numpy(np.random.default_rng(0).random((20_000, 1)))
    counts = torch.bincount(language_task_module.draw(logits, uniform)[:, 0], minlength=4).tolist()
    assert counts[0] == 0
    for count, share in zip(counts[1:], (0.1, 0.2, 0.7), strict=True):
        assert count == pytest.approx(20_000 * share, abs=5 * math.sqrt(20_000 * share * (1 - share)))
    edges = torch.tensor([[0.0], [1 - 2**-53]], dtype=torch.float64)
    assert language_task_module.draw(torch.zeros(2, 3), edges)[:, 0].tolist() == [0, 2]


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_no_sampling_is_teacher_forcing_all_the_way(make_task: Any, fraction: float) -> None:
    task, p, _ = make_task()
    torch.testing.assert_close(task.loss(p, 0, fraction, None)[0], task.loss(p, 0, 0.0, None)[0], rtol=0, atol=0)


def test_scheduled_sampling_fades_with_the_fraction(make_task: Any) -> None:
    task, p, _ = make_task(scheduled_sampling="linear")
    forced = nats(task.loss(p, 0, 0.0, None))
    assert nats(task.loss(p, 0, 1.0, None)) != forced
    assert nats(task.loss(p, 0, 1.0, None)) == nats(task.loss(p, 0, 1.0, None))


def test_dropout_is_drawn_for_the_step_and_only_while_training(make_task: Any) -> None:
    task, p, _ = make_task(dropout=0.5)
    plain_task, _, _ = make_task()
    with_dropout = [nats(task.loss(p, step, 0.0, None)) for step in (0, 0, 1)]
    assert with_dropout[0] == with_dropout[1] != nats(plain_task.loss(p, 0, 0.0, None))
    assert task.evaluate(p, 100) == plain_task.evaluate(p, 100)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_held_out_figure_is_that_of_the_engine(make_task: Any, make_data: Data, cell: str) -> None:
    task, p, settings = make_task(cell=cell, num_layers=2)
    data, _ = make_data()
    arrays = map_arrays(lambda _, tensor: to_array(tensor).astype(np.float32), p)
    engine = Engine(arrays, cell_of(settings))
    single = map_arrays(lambda _, tensor: tensor.detach().float(), p)
    for units in (50, len(data.valid)):
        likelihood = task.evaluate(single, units)
        expected, _ = measure(engine.nats, engine.start_exact, data.valid[:units], PROTOCOL)
        assert likelihood.units == expected.units
        assert likelihood.nats == pytest.approx(expected.nats, rel=1e-5)

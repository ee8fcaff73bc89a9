"""Text to text as a task: the loss of a padded batch is that of its pairs alone; noise; feeding a model its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from textrnn.cells.plain import plain
from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.data.pair_data import prepare_pairs
from textrnn.data.pairs import Pairs, pairs_of
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.seq2seq import Batch, build, forward
from textrnn.text.vocabulary import END
from textrnn.training.noise import pair_masks
from textrnn.training.seq2seq import task as task_module
from textrnn.training.seq2seq.task import Seq2SeqTask

CPU = torch.device("cpu")
EXACT: dict[str, float] = {"rtol": 1e-12, "atol": 1e-13}
KINDS: list[dict[str, Any]] = [
    {"cell": "gru"}, {"cell": "lstm", "num_layers": 2, "attention": "additive"},
    {"cell": "rnn", "attention": "none", "bidirectional": False},
]  # fmt: skip
Make = Callable[..., tuple[Seq2SeqTask, Any, TrainSeq2SeqSettings]]


def texts(count: int = 40, seed: int = 0) -> Pairs:
    rng = np.random.default_rng(seed)
    draw = ["".join(rng.choice(list("abcdef"), rng.integers(1, 12)).tolist()) for _ in range(2 * count)]
    return pairs_of(draw[:count], draw[count:])


@pytest.fixture
def make_task() -> Make:
    """A task with noisy float64 parameters; nothing is dropped unless that is asked for."""

    def make(
        data: Pairs | None = None, valid: Pairs | None = None, **given: Any
    ) -> tuple[Seq2SeqTask, Any, TrainSeq2SeqSettings]:
        quiet = {"dropout": 0, "hidden_size": 4, "embed_size": 3, "batch_size": 8}
        checked = TrainSeq2SeqSettings.check({**quiet, **given})
        made = prepare_pairs(data or texts(), checked, seed=3, valid=valid)
        rng = np.random.default_rng(0)
        p = build(checked, *made.sides.sizes, lambda _, shape: rng.normal(0, 0.6, shape))
        tensors = map_arrays(lambda _, array: torch.from_numpy(array).requires_grad_(True), p)
        return Seq2SeqTask(made, checked, 3, CPU), tensors, checked

    return make


def nats_alone(settings: TrainSeq2SeqSettings, p: Any, source: np.ndarray, target: np.ndarray) -> torch.Tensor:
    """The nats of one target by the plain loop, without padding."""
    cell, before = cell_of(settings), np.concatenate([[END], target[:-1]])
    batch = Batch(torch.from_numpy(source)[None].long(), torch.tensor([len(source)]), torch.from_numpy(before)[None])
    logits = forward(cell, p, batch, partial(plain, cell))[0]
    return cross_entropy(logits, torch.from_numpy(target).long(), reduction="sum")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_loss_of_a_padded_batch_is_the_mean_of_its_units(make_task: Make, kind: dict[str, Any]) -> None:
    task, p, settings = make_task(**kind)
    loss, count, carried = task.loss(p, 0, 0.0, ())
    places, train = task._batches[0].tolist(), task.data.train
    lengths = [len(train.target_ids[place]) for place in places]
    assert count == sum(lengths) and len(set(lengths)) > 1 and carried == ()
    total = sum(nats_alone(settings, p, train.source_ids[place], train.target_ids[place]) for place in places)
    torch.testing.assert_close(loss, total / count, **EXACT)
    leaves = list(named_arrays(p).values())
    found, expected = (torch.autograd.grad(one, leaves) for one in (loss, total / count))
    for name, ours, theirs in zip(named_arrays(p), found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12, msg=name)


def test_what_is_held_out_is_measured_pair_by_pair_whatever_the_batches(
    make_task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a unit that the vocabulary does not have says nothing
    task, p, settings = make_task(valid=pairs_of(["ab", "fed", "a"], ["cd", "f?a", "bbbb"]))
    valid = task.data.valid
    total = 0.0
    for source, target in zip(valid.source_ids, valid.target_ids, strict=True):
        known = target.copy()
        nats = [float(nats_alone(settings, p, source, known[: n + 1]).detach()) for n in range(len(known))]
        total += sum(b - a for a, b, unit in zip([0.0, *nats], nats, target, strict=False) if unit)
    found = task.evaluate(p, 100)
    assert (found.pairs, found.units) == (3, 3 + 3 + 5)
    assert found.nats == pytest.approx(total, rel=1e-9)
    monkeypatch.setattr(task_module, "MEASURED_AT_ONCE", 1)
    assert task.evaluate(p, 100).nats == pytest.approx(total, rel=1e-9)
    assert task.evaluate(p, 1).pairs == 1


def test_noise_is_a_function_of_seed_and_step(make_task: Make) -> None:
    noisy = {"dropout": 0.5, "num_layers": 2}
    task, p, _ = make_task(**noisy)
    first = [float(task.loss(p, step, 0.0, ())[0].detach()) for step in range(5)]
    again, _, _ = make_task(**noisy)
    for step in (4, 1, 0):
        assert float(again.loss(p, step, 0.0, ())[0].detach()) == first[step]
    quiet, _, _ = make_task(num_layers=2)
    assert all(float(quiet.loss(p, step, 0.0, ())[0].detach()) != first[step] for step in range(5))
    assert task.evaluate(p, 100).to_json() == quiet.evaluate(p, 100).to_json()


def test_dropout_keeps_the_mean_and_its_rate() -> None:
    settings = TrainSeq2SeqSettings.check({"dropout": 0.4, "num_layers": 2, "hidden_size": 50, "embed_size": 60})
    masks = pair_masks(1, 2, 200, settings, device=CPU)
    assert masks.encoder is not None and masks.decoder is not None
    assert [tuple(mask.shape) for mask in (*masks.encoder, *masks.decoder)] == [(200, 1, 100)] * 2 + [(200, 1, 50)] * 2
    rates = [(mask, 0.4) for mask in (*masks.encoder, *masks.decoder, masks.head)]
    for mask, rate in (*rates, (masks.source, 0.2), (masks.target, 0.2)):
        assert float((mask == 0).float().mean()) == pytest.approx(rate, abs=0.02)
        assert float(mask.mean()) == pytest.approx(1, abs=0.03)
    assert masks.source is not None and not torch.equal(masks.source, masks.target)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_with_true_units_drawn_sampling_is_teacher_forcing(
    make_task: Make, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any]
) -> None:
    """Whatever the coins say: where the model's draw is the true unit, both losses and gradients are one."""
    task, p, _ = make_task(scheduled_sampling="linear", dropout=0.3, **kind)
    places = task._batches[2].tolist()
    batch, _ = task._batch(task.data.train, places)
    columns = iter(range(1, batch.targets.shape[1]))
    monkeypatch.setattr(task_module, "draw", lambda *_: batch.targets[:, (t := next(columns)) : t + 1])
    sampled, _, _ = task.loss(p, 2, 0.9, ())
    whole, _, _ = task.loss(p, 2, 0.0, ())
    torch.testing.assert_close(sampled, whole, **EXACT)
    leaves = list(named_arrays(p).values())
    for ours, theirs in zip(torch.autograd.grad(sampled, leaves), torch.autograd.grad(whole, leaves), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


def test_a_model_that_is_fed_its_own_units_has_another_loss(make_task: Make) -> None:
    task, p, _ = make_task(scheduled_sampling="exponential")
    at_first, later = (float(task.loss(p, 0, fraction, ())[0].detach()) for fraction in (0.0, 1.0))
    assert at_first != later and np.isfinite(later)

"""Tagging as a task: the loss of a padded batch is that of its sentences alone; noise; windows; what is measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from textrnn.cells.functions import namespace
from textrnn.cells.plain import plain
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.tag_data import prepare_tagged
from textrnn.data.tagged import TaggedSentences, sentences_of
from textrnn.inference.tagger.engine import TaggerEngine
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.tagger import Batch, build, embed, forward
from textrnn.networks.words import Words
from textrnn.text.lexicon import Lexicon
from textrnn.training.noise import tagger_noise
from textrnn.training.tagger import task as tagger_task
from textrnn.training.tagger.task import TaggerTask
from textrnn.training.tensors import to_array

CPU = torch.device("cpu")
EXACT: dict[str, float] = {"rtol": 1e-12, "atol": 1e-13}
KINDS: list[dict[str, Any]] = [
    {"cell": "lstm"}, {"cell": "gru", "num_layers": 2, "head_size": 3}, {"cell": "rnn", "shapes": False},
    {"cell": "lstm", "subwords": None, "bidirectional": False},
]  # fmt: skip
TAGS = ["O", "B-x", "I-x"]
Make = Callable[..., tuple[TaggerTask, Any, TrainTaggerSettings]]


def sentences(count: int = 40, seed: int = 0) -> TaggedSentences:
    rng = np.random.default_rng(seed)
    words = [[f"W{n}" if n % 3 else f"w{n}" for n in rng.integers(0, 30, rng.integers(1, 12))] for _ in range(count)]
    return sentences_of(words, [rng.choice(TAGS, len(own)).tolist() for own in words])


@pytest.fixture
def make_task() -> Make:
    """A task with noisy float64 parameters; nothing is dropped unless that is asked for."""

    def make(
        data: TaggedSentences | None = None, valid: TaggedSentences | None = None, **given: Any
    ) -> tuple[TaggerTask, Any, TrainTaggerSettings]:
        quiet = {"dropout": 0, "word_dropout": 0, "hidden_size": 4, "embed_size": 3, "batch_size": 8, "subwords": 20}
        checked = TrainTaggerSettings.check({**quiet, **given})
        made = prepare_tagged(data or sentences(), checked, seed=3, valid=valid)
        rng = np.random.default_rng(0)
        p = build(checked, len(made.tokenizer.symbols), len(made.tags), lambda _, shape: rng.normal(0, 0.6, shape))
        tensors = map_arrays(lambda _, array: torch.from_numpy(array).requires_grad_(True), p)
        return TaggerTask(made, checked, 3, CPU), tensors, checked

    return make


def logits_alone(task: TaggerTask, p: Any, settings: TrainTaggerSettings, ids: np.ndarray) -> torch.Tensor:
    """The logits of one sentence by the plain loop, without padding, (T, C)."""
    lexicon = task.data.lexicon
    shapes = torch.from_numpy(lexicon.shapes(ids)) if settings.shapes else None
    table = embed(namespace(p.embedding), p, Words(*map(torch.from_numpy, lexicon.parts(ids))), shapes)
    cell = cell_of(settings)
    batch = Batch(torch.arange(len(ids))[None], torch.tensor([len(ids)]), table)
    return forward(cell, p, batch, partial(plain, cell))[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_loss_of_a_padded_batch_is_the_mean_of_its_words(make_task: Make, kind: dict[str, Any]) -> None:
    task, p, settings = make_task(**kind)
    loss, count, carried = task.loss(p, 0, 0.0, ())
    places = task._batches[0].tolist()
    lengths = [len(task.data.train.units[place]) for place in places]
    assert count == sum(lengths) and len(set(lengths)) > 1 and carried == ()
    total = sum(
        cross_entropy(
            logits_alone(task, p, settings, task.data.train.units[place]),
            torch.from_numpy(task.data.train.tags[place]), reduction="sum",
        )
        for place in places
    )  # fmt: skip
    torch.testing.assert_close(loss, total / count, **EXACT)
    leaves = list(named_arrays(p).values())
    found, expected = (torch.autograd.grad(one, leaves) for one in (loss, total / count))
    for name, ours, theirs in zip(named_arrays(p), found, expected, strict=True):
        torch.testing.assert_close(ours.to_dense(), theirs, rtol=1e-9, atol=1e-12, msg=name)


def test_a_word_that_is_hidden_keeps_subwords_and_shape(make_task: Make) -> None:
    """With every word hidden the embeddings of words get no gradient, but for that of no word; the others do."""
    task, p, _ = make_task(word_dropout=0.999999)
    loss, _, _ = task.loss(p, 0, 0.0, ())
    gradients = torch.autograd.grad(loss, [p.embedding, p.subwords, p.shapes])
    own, subwords, shapes = (gradient.to_dense() for gradient in gradients)
    assert own[0].abs().max() > 0 and not own[1:].any()
    assert subwords.abs().max() > 0 and shapes.abs().max() > 0
    half, q, _ = make_task(word_dropout=0.5)
    (own,) = torch.autograd.grad(half.loss(q, 0, 0.0, ())[0], [q.embedding])
    own = own.to_dense()
    assert own[0].any() and own[1:].any()


def test_noise_is_a_function_of_seed_and_step(make_task: Make) -> None:
    noisy = {"dropout": 0.5, "word_dropout": 0.3, "num_layers": 2}
    task, p, _ = make_task(**noisy)
    first = [float(task.loss(p, step, 0.0, ())[0].detach()) for step in range(5)]
    again, _, _ = make_task(**noisy)
    for step in (4, 1, 0):
        assert float(again.loss(p, step, 0.0, ())[0].detach()) == first[step]
    quiet, _, _ = make_task(num_layers=2)
    assert all(float(quiet.loss(p, step, 0.0, ())[0].detach()) != first[step] for step in range(5))
    assert task.evaluate(p, 100).to_json() == quiet.evaluate(p, 100).to_json()


def test_dropout_keeps_the_mean_and_its_rate() -> None:
    settings = TrainTaggerSettings.check({"dropout": 0.4, "num_layers": 2, "hidden_size": 50, "embed_size": 60})
    masks = tagger_noise(1, 2, 200, settings, device=CPU).masks
    assert masks.embedded is not None and masks.layers is not None
    assert [tuple(mask.shape) for mask in masks.layers] == [(200, 1, 100)] * 2
    for mask, rate in ((masks.embedded, 0.2), *((mask, 0.4) for mask in masks.layers)):
        assert float((mask == 0).float().mean()) == pytest.approx(rate, abs=0.02)
        assert float(mask.mean()) == pytest.approx(1, abs=0.03)


def test_a_long_sentence_is_read_in_windows_with_their_tags(make_task: Make) -> None:
    """Words tell their tags here, so that a window whose tags were shifted against its words would be seen."""
    words = [[f"{number % 3}x{number}" for number in range(100)], ["a", "b"]]
    data = sentences_of(words, [[TAGS[int(word[0])] for word in words[0]], ["O", "B-x"]])
    task, p, _ = make_task(data, data, seq_length=10, batch_size=2)
    read: list[tuple[np.ndarray, np.ndarray]] = []
    inner = task._forward

    def watched(p: Any, ids: np.ndarray, lengths: np.ndarray, masks: Any, hidden: Any) -> torch.Tensor:
        read.append((ids, lengths))
        return inner(p, ids, lengths, masks, hidden)

    task._forward = watched  # type: ignore[method-assign]
    starts = set()
    for step in range(30):
        loss, count, _ = task.loss(p, step, 0.0, ())
        ids, lengths = read[-1]
        assert count == 12 and sorted(lengths.tolist()) == [2, 10]
        start = int(np.flatnonzero(task.data.train.units[0] == ids[lengths.argmax()][0])[0])
        starts.add(start)
        parts = [(task.data.train.units[0][start : start + 10], task.data.train.tags[0][start : start + 10]),
                 (task.data.train.units[1], task.data.train.tags[1])]  # fmt: skip
        total = sum(cross_entropy(logits_alone(task, p, task._settings, own), torch.from_numpy(tags), reduction="sum")
                    for own, tags in parts)  # fmt: skip
        torch.testing.assert_close(loss, total / 12, **EXACT)
    assert len(starts) > 15


def test_what_is_measured_is_what_the_engine_says(make_task: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagger_task, "MEASURED_AT_ONCE", 20)
    task, p, settings = make_task()
    arrays = map_arrays(lambda _, tensor: to_array(tensor).astype(np.float32), p)
    lexicon = Lexicon(task.data.tokenizer, settings.subwords, has_shapes=settings.shapes)
    engine = TaggerEngine(arrays, cell_of(settings), lexicon)
    theirs = engine.logits([lexicon.encode_words(words) for words in task.data.valid.words])
    for ours, other in zip(task.logits(p, task.data.valid.units), theirs, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-3, atol=1e-4)
    measured = task.evaluate(p, task.valid_units)
    expected = [
        float(cross_entropy(logits_alone(task, p, settings, ids), torch.from_numpy(tags), reduction="sum").detach())
        for ids, tags in zip(task.data.valid.units, task.data.valid.tags, strict=True)
    ]
    assert measured.nats_per_unit == pytest.approx(sum(expected) / task.valid_units, rel=1e-12)
    assert measured.units == task.valid_units == task.data.valid.num_words
    assert [*measured.beside()] == ["token_accuracy", "span_f1"]


def test_the_first_words_are_those_of_whole_sentences(make_task: Make) -> None:
    task, p, _ = make_task()
    lengths = [len(ids) for ids in task.data.valid.units]
    assert task.first(1) == 1 and task.first(lengths[0] + lengths[1]) == 2 and task.first(10**6) == len(lengths)
    assert task.evaluate(p, lengths[0] + lengths[1]).units == lengths[0] + lengths[1]


def test_a_tag_that_is_not_known_counts_as_wrong_and_in_no_loss(make_task: Make) -> None:
    valid = sentences_of([["W1", "w3"]], [["B-other", "O"]])
    task, p, settings = make_task(valid=valid)
    measured = task.evaluate(p, 2)
    (ids,) = task.data.valid.units
    expected = cross_entropy(logits_alone(task, p, settings, ids)[1:], torch.tensor([task.data.tags.index("O")]))
    assert measured.nats_per_unit == pytest.approx(float(expected.detach()), rel=1e-12)
    assert measured.figures.words == 2 and measured.figures.right <= 1

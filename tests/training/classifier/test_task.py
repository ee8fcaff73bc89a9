"""Classifying as a task: the loss of a batch against its definition, windows, noise, held-out figures."""

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
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.label_data import prepare_labelled
from textrnn.data.labelled import rows_of
from textrnn.inference.classifier.engine import ClassifierEngine
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import Batch, Texts, build, forward
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.words import Words, embed
from textrnn.text.lexicon import Lexicon
from textrnn.training.classifier import task as classifier_task
from textrnn.training.classifier.task import ClassifierTask, class_weights
from textrnn.training.noise import classifier_noise
from textrnn.training.tensors import to_array

CPU = torch.device("cpu")
EXACT: dict[str, float] = {"rtol": 1e-12, "atol": 1e-13}
QUIET: dict[str, Any] = {"dropout": 0, "word_dropout": 0}
KINDS: list[dict[str, Any]] = [
    {"cell": "lstm"}, {"cell": "gru", "num_layers": 2, "pooling": "concat"},
    {"cell": "rnn", "bidirectional": False, "pooling": "attention+last"}, {"cell": "lstm", "subwords": 20},
    {"cell": "gru", "hierarchy": "sentences"}, {"cell": "lstm", "hierarchy": "sentences", "subwords": 20},
]  # fmt: skip


def rows(count: int = 60, labels: int = 3, seed: int = 0) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    words = [f"w{number}{'.' * (number % 5 == 0)}" for number in range(30)]
    texts = [" ".join(rng.choice(words, rng.integers(1, 14)).tolist()) for _ in range(count)]
    return texts, [f"label {number % labels}" for number in range(count)]


Made = tuple[ClassifierTask, Any, TrainClassifierSettings]


@pytest.fixture
def make_task() -> Callable[..., Made]:
    """Make a task, parameters in float64 that are nowhere zero, and the settings."""

    def make(texts: list[str] | None = None, labels: list[str] | None = None, valid: Any = None, **given: Any) -> Made:
        checked = TrainClassifierSettings.check(
            {"hidden_size": 5, "embed_size": 4, "batch_size": 8, "subwords": 0, **QUIET, **given}
        ).settled()
        own = rows()
        data = prepare_labelled(rows_of(texts or own[0], labels or own[1]), checked, seed=3, valid=valid)
        rng = np.random.default_rng(0)
        p = build(checked, len(data.tokenizer.symbols), len(data.labels), lambda _, shape: rng.normal(0, 0.6, shape))
        tensors = map_arrays(lambda _, array: torch.from_numpy(array).requires_grad_(True), p)
        return ClassifierTask(data, checked, 3, CPU, None), tensors, checked

    return make


def logits_alone(
    task: ClassifierTask, p: Any, settings: TrainClassifierSettings, ids: np.ndarray, sizes: np.ndarray | None = None
) -> torch.Tensor:
    """The logits of one text by the plain loop, (C,), its passages padded with nonsense, a whole text not at all."""
    table, texts = None, None
    if settings.subwords is not None:
        distinct, ids = np.unique(ids, return_inverse=True)
        table = embed(namespace(p.embedding), p, Words(*map(torch.from_numpy, task.data.lexicon.parts(distinct))))
    lengths = np.array([len(ids)]) if sizes is None or settings.hierarchy == "none" else sizes
    read = np.full((len(lengths), lengths.max()), ids[0], np.int64)
    read[np.arange(read.shape[1]) < lengths[:, None]] = ids
    if settings.hierarchy != "none":
        texts = Texts(torch.arange(len(lengths))[None], torch.tensor([len(lengths)]))
    batch = Batch(torch.from_numpy(read), torch.from_numpy(lengths), table, texts=texts)
    cell = cell_of(settings)
    return forward(cell, settings.ways, p, batch, partial(plain, cell))[0]  # type: ignore[no-any-return]


def value(outcome: tuple[torch.Tensor, int, Any]) -> float:
    return outcome[0].detach().item()


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_the_loss_of_a_padded_batch_is_the_mean_of_its_texts(
    make_task: Any, kind: dict[str, Any], weights: str
) -> None:
    texts, labels = rows(labels=2)
    labels[:35] = ["label 2"] * 35
    task, p, settings = make_task(texts, labels, class_weights=weights, **kind)
    loss, count, carried = task.loss(p, 0, 0.0, ())
    places = task._batches[0]
    assert count == len(places) == 8 == task.units_per_step and carried == ()
    assert len({len(task.data.train.units[place]) for place in places}) > 1
    of_class = class_weights(task.data, settings)
    total, mass = torch.zeros((), dtype=torch.float64), 0.0
    for place in places.tolist():
        label = int(task.data.train.labels[place])
        train = task.data.train
        own = logits_alone(task, p, settings, train.units[place], train.sizes[place])
        alone = cross_entropy(own, torch.tensor(label))
        total, mass = total + of_class[label] * alone, mass + of_class[label]
    torch.testing.assert_close(loss, total / mass, **EXACT)
    names = list(named_arrays(p))
    found, expected = (torch.autograd.grad(one, list(named_arrays(p).values())) for one in (loss, total / mass))
    for name, ours, theirs in zip(names, found, expected, strict=True):
        torch.testing.assert_close(ours.to_dense(), theirs, rtol=1e-9, atol=1e-12, msg=name)


def test_class_weights_make_classes_count_alike(make_task: Any) -> None:
    texts, _ = rows(100)
    labels = ["rare"] * 10 + ["usual"] * 90
    task, _, settings = make_task(texts, labels, class_weights="balanced")
    weights = class_weights(task.data, settings)
    counts = task.data.counts
    assert (weights * counts) == pytest.approx([len(task.data.train) / 2] * 2)
    assert (weights * counts).sum() == pytest.approx(len(task.data.train))
    plain_settings = settings.replace(class_weights="none")
    assert class_weights(task.data, plain_settings).tolist() == [1, 1]


def test_a_long_text_is_read_in_windows_that_change(make_task: Any) -> None:
    """While training a window of it, of seq_length units, from a place drawn for the step; measured whole."""
    texts, labels = (
        ["w0 " * 5, "w1 " * 5, *(" ".join(f"x{n}" for n in range(100)) for _ in range(2))],
        ["a", "b", "a", "b"],
    )
    valid = rows_of([texts[2], "w0"], ["a", "b"])
    task, p, settings = make_task(texts, labels, valid, seq_length=10, batch_size=4, min_count=1)
    read: list[list[np.ndarray]] = []
    inner = task._forward

    def watched(p: Any, units: Any, sizes: Any, noise: Any = None) -> torch.Tensor:
        assert [own.sum() for own in sizes] == list(map(len, units))
        read.append(list(units))
        return inner(p, units, sizes, noise)

    task._forward = watched
    whole = task.data.train.units[2]
    starts = set()
    for step in range(40):
        task.loss(p, step, 0.0, ())
        for place, ids in zip(task._batches[step].tolist(), read[-1], strict=True):
            own = task.data.train.units[place]
            if len(own) <= 10:
                assert np.array_equal(ids, own)
            else:
                (start,) = (start for start in range(91) if np.array_equal(whole[start : start + 10], ids))
                starts.add(start)
    assert len(starts) > 30 and min(starts) < 10 and max(starts) > 80
    read.clear()
    found = task.logits(p, 2)
    place = task.data.valid.texts.index(texts[2])
    torch.testing.assert_close(torch.from_numpy(found[place]), logits_alone(task, p, settings, whole).detach(), **EXACT)


def test_noise_is_a_function_of_seed_and_step(make_task: Any) -> None:
    noisy = {"dropout": 0.5, "word_dropout": 0.3, "num_layers": 2}
    task, p, _ = make_task(**noisy)
    first = [value(task.loss(p, step, 0.0, ())) for step in range(6)]
    again, _, _ = make_task(**noisy)
    for step in (5, 2, 0, 3):
        assert value(again.loss(p, step, 0.0, ())) == first[step]
    quiet, _, _ = make_task(num_layers=2)
    assert all(value(quiet.loss(p, step, 0.0, ())) != first[step] for step in range(6))
    per_epoch = quiet.steps_per_epoch
    assert value(task.loss(p, per_epoch, 0.0, ())) != first[0]
    # measured without any
    assert np.array_equal(task.logits(p, 5), quiet.logits(p, 5))


def test_dropout_keeps_the_mean_and_its_rate() -> None:
    settings = TrainClassifierSettings.check({"dropout": 0.4, "num_layers": 3, "hidden_size": 50, "embed_size": 60})
    noise = classifier_noise(1, 2, 200, settings, device=CPU)
    masks = noise.masks
    assert masks.embedded is not None and masks.layers is not None and masks.pooled is not None
    assert masks.embedded.shape == (200, 1, 60) and masks.pooled.shape == (200, 200)
    assert [tuple(mask.shape) for mask in masks.layers] == [(200, 1, 100), (200, 1, 100), ()]
    for mask, rate in ((masks.embedded, 0.2), (masks.layers[0], 0.4), (masks.layers[1], 0.4), (masks.pooled, 0.4)):
        assert {round(one, 5) for one in mask.unique().tolist()} == {0.0, round(1 / (1 - rate), 5)}
        assert float((mask == 0).float().mean()) == pytest.approx(rate, abs=0.02)
    assert float(masks.layers[2]) == 1
    assert not torch.equal(masks.layers[0], masks.layers[1])
    bare = classifier_noise(1, 2, 4, settings.replace(dropout=0), device=CPU).masks
    assert (bare.embedded, bare.layers, bare.pooled) == (None, None, None)


def test_words_are_hidden_at_their_rate_and_never_all() -> None:
    settings = TrainClassifierSettings.check({"word_dropout": 0.3})
    noise = classifier_noise(0, 0, 1, settings, device=CPU)
    lengths = np.repeat([20, 10, 1], 200)
    hidden = noise.hidden((600, 20), lengths)
    assert np.mean(hidden[:200]) == pytest.approx(0.3, abs=0.03)
    assert np.mean(hidden[200:400, :10]) == pytest.approx(0.3, abs=0.03)
    assert not hidden[200:400, 10:].any() and not hidden[400:].any()
    settings = TrainClassifierSettings.check({"word_dropout": 0})
    assert not classifier_noise(0, 0, 1, settings, device=CPU).hidden((600, 20), lengths).any()


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("at_once", [1, 30, 16_384])
def test_held_out_logits_are_those_of_the_engine(
    make_task: Any, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any], at_once: int
) -> None:
    """Whatever order texts are read in, and however many side by side, each answer stands at its text."""
    monkeypatch.setattr(classifier_task, "MEASURED_AT_ONCE", at_once)
    task, p, settings = make_task(val_frac=0.5, **kind)
    single = map_arrays(lambda _, tensor: tensor.detach().float(), p)
    lexicon = Lexicon(task.data.tokenizer, settings.subwords)
    engine = ClassifierEngine(map_arrays(lambda _, t: to_array(t), single), cell_of(settings), settings.ways, lexicon)
    valid = task.data.valid
    assert settings.hierarchy == "none" or max(map(len, valid.sizes)) > 1
    expected = engine.logits([lexicon.encode(text) for text in valid.texts], valid.sizes)
    for units in (7, len(task.data.valid)):
        np.testing.assert_allclose(task.logits(single, units), expected[:units], rtol=1e-5, atol=1e-5)


def test_texts_without_words_are_answered_by_the_prior(make_task: Any) -> None:
    texts, labels = rows(labels=2)
    valid = rows_of([*texts[:20], "", " "], [*labels[:20], "label 0", "label 1"])
    task, p, _ = make_task(texts[:50], labels[:40] + ["label 0"] * 10, valid)
    empty = [place for place, text in enumerate(task.data.valid.texts) if not text.strip()]
    parts = task.parts(p, 22)
    assert parts.truth[empty].tolist() == [-1, -1]
    answers = task.answers(np.full((22, 2), -0.5))
    np.testing.assert_allclose(np.exp(answers[empty]), [task.data.prior] * 2)
    assert (np.delete(answers, empty, axis=0) == -0.5).all()
    measured = task.evaluate(p, 22)
    assert measured.units == 22 == measured.figures.examples
    assert measured.figures.labels["label 0"].support == int((task.data.valid.labels == 0).sum())
    assert set(measured.beside()) == {"accuracy", "macro_f1"}
    assert measured.nats_per_unit == measured.figures.log_loss
    for few in (1, 2, 3):
        assert task.evaluate(p, few).units == few


def test_labels_that_nobody_taught_count_as_wrong(make_task: Any) -> None:
    texts, labels = rows(labels=2)
    task, p, _ = make_task(texts, labels, rows_of(texts[:6], ["new"] * 6))
    measured = task.evaluate(p, 6)
    assert (measured.figures.accuracy, measured.nats_per_unit) == (0.0, 0.0)
    assert all(np.isfinite(weight) for weight in measured.mixing.values())


def test_a_texts_mask_serves_all_its_passages() -> None:
    settings = TrainClassifierSettings.check({"dropout": 0.4, "num_layers": 2, "hierarchy": "lines", "hidden_size": 3})
    noise = classifier_noise(1, 2, 3, settings, device=CPU)
    assert noise.texts is not None and noise.texts.shape == (3, 12)
    found = noise.masks_of(np.array([2, 0, 2, 1]))
    embedded, layers, pooled = noise.masks
    assert embedded is not None and layers is not None and pooled is not None and found.layers is not None
    assert torch.equal(found.embedded, embedded[[2, 0, 2, 1]]) and torch.equal(found.pooled, pooled[[2, 0, 2, 1]])
    assert torch.equal(found.layers[0], layers[0][[2, 0, 2, 1]]) and float(found.layers[1]) == 1
    flat = classifier_noise(1, 2, 3, settings.replace(hierarchy="none"), device=CPU)
    assert flat.texts is None and torch.equal(flat.masks.pooled, pooled)

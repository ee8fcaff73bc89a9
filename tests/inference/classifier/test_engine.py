"""The engine of a classifier: the network's own logits, the same to the bit whatever stands beside a text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.plain import plain
from textrnn.inference import word_engine
from textrnn.inference.classifier.engine import ClassifierEngine
from textrnn.inference.classifier.model import TextClassifier
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import Batch, forward
from textrnn.networks.parameters import map_arrays
from textrnn.networks.words import Words, embed
from textrnn.training.embedding import embedded
from textrnn.training.forms import native

Make = Callable[..., TextClassifier]
KINDS: list[dict[str, Any]] = [
    *(
        {"cell": cell, "pooling": way}
        for cell in ("rnn", "lstm", "gru")
        for way in ("last", "mean", "max", "attention")
    ),
    {"cell": "rnn", "activation": "relu"},
    {"cell": "gru", "bidirectional": False, "pooling": "last+max"},
    {"cell": "lstm", "num_layers": 2, "layer_norm": True, "pooling": "concat", "head_size": 3},
    {"cell": "gru", "num_layers": 3, "subwords": 13},
    {"cell": "lstm", "subwords": 50, "bidirectional": False, "pooling": "attention"},
    {"hidden_size": 1, "bidirectional": False, "pooling": "mean+attention"},
]


@pytest.fixture(params=KINDS, ids=lambda kind: " ".join(map(str, kind.values())))
def kind(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


def texts_of(model: TextClassifier, lengths: Any, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, len(model.tokenizer.symbols), length) for length in lengths]


def by_definition(model: TextClassifier, ids: np.ndarray) -> np.ndarray:
    """The logits of one text by the network's forward pass in float64."""
    p = map_arrays(lambda _, array: array.astype(np.float64), model._parameters)
    table = None
    if model.settings.subwords:
        distinct, ids = np.unique(ids, return_inverse=True)
        table = embed(np, p, Words(*model.engine.lexicon.parts(distinct)))
    cell = cell_of(model.settings)
    batch = Batch(ids[None], np.array([len(ids)]), table)
    return forward(cell, model.settings.ways, p, batch, partial(plain, cell))[0]  # type: ignore[no-any-return]


def test_logits_are_those_of_the_forward_pass(make_classifier: Make, kind: dict[str, Any]) -> None:
    model = make_classifier(labels=("a", "b", "c"), **kind)
    texts = texts_of(model, (1, 1, 2, 3, 5, 9, 20, 40))
    found = model.engine.logits(texts)
    assert np.abs(found).max() > 0.1
    for row, ids in zip(found, texts, strict=True):
        np.testing.assert_allclose(row, by_definition(model, ids), rtol=1e-5, atol=1e-5)


def test_logits_are_those_of_torch(make_classifier: Make, kind: dict[str, Any]) -> None:
    model = make_classifier(**kind)
    texts = texts_of(model, (7, 1, 4, 30, 2))
    lengths = np.array([len(ids) for ids in texts])
    padded = np.zeros((len(texts), lengths.max()), np.int64)
    for row, ids in zip(padded, texts, strict=True):
        row[: len(ids)] = ids
    cell = cell_of(model.settings)
    p = map_arrays(lambda _, array: torch.from_numpy(array), model._parameters)
    table = None
    if model.settings.subwords:
        distinct, inverse = np.unique(padded, return_inverse=True)
        padded = inverse.reshape(padded.shape)
        table = embedded(p, Words(*map(torch.from_numpy, model.engine.lexicon.parts(distinct))))
    batch = Batch(torch.from_numpy(padded), torch.from_numpy(lengths), table)
    expected = forward(cell, model.settings.ways, p, batch, partial(native, cell)).detach().numpy()
    np.testing.assert_allclose(model.engine.logits(texts), expected, rtol=1e-5, atol=1e-5)


def test_neighbours_never_change_a_bit(make_classifier: Make, kind: dict[str, Any]) -> None:
    """A text alone, among others, and among the same in another order: the very same logits."""
    model = make_classifier(**kind)
    rng = np.random.default_rng(1)
    texts = texts_of(model, [*range(1, 40), 64, 65, 100, *rng.integers(1, 64, 150)])
    together = model.engine.logits(texts)
    order = rng.permutation(len(texts))
    assert np.array_equal(model.engine.logits([texts[place] for place in order.tolist()]), together[order])
    for place in (*range(0, 42, 3), 42):
        assert np.array_equal(model.engine.logits([texts[place]])[0], together[place])


def test_a_thousand_neighbours(make_classifier: Make) -> None:
    model = make_classifier(cell="gru", num_layers=2, pooling="concat")
    texts = texts_of(model, np.random.default_rng(2).integers(1, 30, 1000))
    together = model.engine.logits(texts)
    for place in (0, 500, 999):
        assert np.array_equal(model.engine.logits([texts[place]])[0], together[place])


@pytest.mark.parametrize("num_layers", [1, 2])
def test_texts_beyond_every_block(make_classifier: Make, num_layers: int) -> None:
    """Each class of lengths has its block; what lies at their edges and beyond them all is read just so."""
    model = make_classifier(cell="rnn", num_layers=num_layers, pooling="concat")
    texts = texts_of(model, (64, 65, 130, 256, 257, 1024, 1025, 1500, 16_384, 16_385))
    together = model.engine.logits(texts)
    for row, ids in zip(together, texts, strict=True):
        np.testing.assert_allclose(row, by_definition(model, ids), rtol=1e-4, atol=1e-5)
    for place in (1, 4, 6, 9):
        assert np.array_equal(model.engine.logits([texts[place]])[0], together[place])


def test_what_was_read_before_changes_nothing(make_classifier: Make) -> None:
    """Words are worked out as they come, in whatever company."""
    first, second = (make_classifier(subwords=40, seed=3) for _ in range(2))
    texts = ["lovely", "an unheard-of masterpiece", "lovely masterpieces, unheard of"]
    first.engine.logits([first.engine.lexicon.encode(text) for text in texts])
    for text in reversed(texts):
        alone = second.engine.logits([second.engine.lexicon.encode(text)])
        assert np.array_equal(alone, first.engine.logits([first.engine.lexicon.encode(text)]))


def test_new_words_are_forgotten_before_they_fill_the_memory(
    make_classifier: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_engine, "MOST_NEW_WORDS", 20)
    model = make_classifier(subwords=40)
    lexicon = model.engine.lexicon

    def logits(of: TextClassifier, text: str) -> np.ndarray:
        return of.engine.logits([of.engine.lexicon.encode(text)])

    for number in range(50):
        text = f"film{number} is film{number + 1}"
        assert np.array_equal(logits(model, text), logits(make_classifier(subwords=40), text)), text
        assert len(lexicon) <= lexicon.vocabulary_size + 20
    assert len(model.engine._is_known) <= 2 * (lexicon.vocabulary_size + 20)


def test_it_computes_in_float32(make_classifier: Make) -> None:
    model = make_classifier()
    wide = map_arrays(lambda _, array: array.astype(np.float64), model._parameters)
    engine = ClassifierEngine(wide, cell_of(model.settings), model.settings.ways, model.engine.lexicon)
    texts = texts_of(model, (3, 4))
    assert np.array_equal(engine.logits(texts), model.engine.logits(texts))

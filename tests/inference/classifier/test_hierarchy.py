"""A classifier of passages at work: its network's own logits, the same to the bit in any company; its attention."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.cells.plain import plain
from textrnn.inference.classifier.model import TextClassifier
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import Batch, Texts, forward
from textrnn.networks.parameters import map_arrays
from textrnn.networks.words import Words, embed
from textrnn.text.passages import PASSAGES
from textrnn.training.padding import side_by_side

Make = Callable[..., TextClassifier]
KINDS: list[dict[str, Any]] = [
    {"hierarchy": "sentences"},
    {"hierarchy": "lines", "cell": "gru", "pooling": "concat", "num_layers": 2, "layer_norm": True},
    {"hierarchy": "sentences", "cell": "rnn", "bidirectional": False, "pooling": "last", "head_size": 3},
    {"hierarchy": "sentences", "cell": "gru", "pooling": "attention", "subwords": 30},
    {"hierarchy": "sentences", "tokenizer": "char"},
]
TEXTS = [
    "a lovely film", "Dull. No heart at all! And too long...", "line one\nline two\n\nline three.", "?", "",
    "I loved it. " * 30, "no end of words and never a full stop " * 60, "x" * 900, "  \n ", "他来了。好！",
]  # fmt: skip


@pytest.fixture(params=KINDS, ids=lambda kind: " ".join(map(str, kind.values())))
def model(make_classifier: Make, request: pytest.FixtureRequest) -> TextClassifier:
    return make_classifier(labels=("a", "b", "c"), ngrams=False, **request.param)


def by_definition(model: TextClassifier, text: str) -> np.ndarray:
    """The logits of one text by the network's forward pass in float64."""
    p = map_arrays(lambda _, array: array.astype(np.float64), model._parameters)
    passages = [model.engine.lexicon.encode(one) for one in PASSAGES[model.settings.hierarchy](text)]
    ids, lengths = side_by_side(passages)
    table = None
    if model.settings.subwords:
        distinct, inverse = np.unique(ids, return_inverse=True)
        ids, table = inverse.reshape(ids.shape), embed(np, p, Words(*model.engine.lexicon.parts(distinct)))
    texts = Texts(np.arange(len(passages))[None], np.array([len(passages)]))
    cell = cell_of(model.settings)
    batch = Batch(ids, lengths, table, texts=texts)
    return forward(cell, model.settings.ways, p, batch, partial(plain, cell))[0]  # type: ignore[no-any-return]


def test_answers_are_those_of_the_forward_pass(model: TextClassifier) -> None:
    found = model.predict_proba(TEXTS)
    for text, row in zip(TEXTS, found, strict=True):
        if not text.strip():
            np.testing.assert_allclose(row, model.prior, rtol=1e-12)
            continue
        raised = np.exp(model.mixing["network"] * by_definition(model, text))
        np.testing.assert_allclose(row, raised / raised.sum(), rtol=1e-4, atol=1e-6)


def test_neighbours_never_change_a_bit(model: TextClassifier) -> None:
    """Alone, among others, in another order: the very same numbers, however many passages the others have."""
    rng = np.random.default_rng(1)
    words = ["lovely", "dull.", "film", "heart!", "no\n", "a", "long"]
    texts = TEXTS + [" ".join(rng.choice(words, size).tolist()) for size in rng.integers(1, 120, 60)]
    together = model.predict_proba(texts)
    order = rng.permutation(len(texts))
    assert np.array_equal(model.predict_proba([texts[place] for place in order.tolist()]), together[order])
    for place in range(0, len(texts), 5):
        assert np.array_equal(model.predict_proba([texts[place]])[0], together[place])


def test_the_order_of_sentences_counts(make_classifier: Make) -> None:
    model = make_classifier(hierarchy="sentences", ngrams=False)
    first, second = model.predict_proba(["Dull. Lovely.", "Lovely. Dull."])
    assert not np.allclose(first, second, rtol=1e-3)


def test_attention_is_of_every_unit_and_adds_up_to_one(make_classifier: Make) -> None:
    model = make_classifier(hierarchy="sentences", pooling="attention")
    text = "A lovely film. No heart at all! Well"
    found = model.attention(text)
    assert found is not None
    assert [unit for unit, _ in found] == [model.tokenizer.symbols[id] for id in model.tokenizer.encode(text)]
    assert sum(weight for _, weight in found) == pytest.approx(1, rel=1e-5)
    # of a passage alone it is what attention within it says
    ids, sizes = model.engine.lexicon.encode_passages(["A lovely film. "])
    alone = model.engine.attention(ids, sizes)
    assert alone is not None
    first = np.array([weight for _, weight in found[: len(ids)]])
    np.testing.assert_allclose(first / first.sum(), alone, rtol=1e-4)


def test_reasons_add_up(make_classifier: Make) -> None:
    model = make_classifier(hierarchy="sentences", subwords=30)
    found = model.explain("A lovely film. No heart!")
    assert [reason.text for reason in found.reasons] and abs(found.completeness_error) < 1e-6


def test_it_is_saved_and_read_again(model: TextClassifier, tmp_path: Path) -> None:
    model.save(tmp_path / "saved")
    again = textrnn.load(tmp_path / "saved")
    assert isinstance(again, TextClassifier) and again.settings.hierarchy == model.settings.hierarchy
    assert np.array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))

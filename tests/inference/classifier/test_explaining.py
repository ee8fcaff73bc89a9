"""Why a classifier said what it said: the weights are Shapley values of its log odds, for any text and any label."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from textrnn.errors import UserError
from textrnn.inference.classifier.model import TextClassifier

Make = Callable[..., TextClassifier]
KINDS: list[dict[str, Any]] = [
    {}, {"ngrams": False}, {"labels": ("bad", "fair", "good")}, {"tokenizer": "char"}, {"subwords": 30},
]  # fmt: skip


def log_odds(model: TextClassifier, text: str, label: str) -> float:
    """The log of the label's probability over that of the likeliest other one."""
    own = model.classes_.index(label)
    (row,) = model.predict_proba([text])
    return math.log(row[own] / max(np.delete(row, own)))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_shapley_values_of_the_log_odds(make_classifier: Make, kind: dict[str, Any]) -> None:
    """Against the definition: the mean over all orders of what a word adds to those before it."""
    model = make_classifier(**kind)
    words = ["lovely", "acting", "!", "film"]
    for label in model.classes_:
        found = model.explain("lovely acting! film", label=label)
        assert [reason.text for reason in found.reasons] == words and found.label == label
        weights = dict.fromkeys(range(4), 0.0)
        for order in itertools.permutations(range(4)):
            kept: list[int] = []
            for word in order:
                # a mark stands by the word before it, if that is there
                before, after = (_without(words, places) for places in (kept, [*kept, word]))
                weights[word] += (log_odds(model, after, label) - log_odds(model, before, label)) / 24
                kept.append(word)
        assert [reason.weight for reason in found.reasons] == pytest.approx([*weights.values()], abs=1e-9)
        assert found.value == pytest.approx(log_odds(model, "lovely acting! film", label), abs=1e-12)
        assert found.base == pytest.approx(log_odds(model, "", label), abs=1e-12)


def _without(words: list[str], kept: list[int]) -> str:
    text = " ".join(word for place, word in enumerate(words) if place in kept)
    return text.replace("acting !", "acting!")


@pytest.mark.parametrize("words", [1, 7, 30, 600])
def test_weights_add_up_in_texts_of_any_length(make_classifier: Make, words: int) -> None:
    model = make_classifier()
    text = " ".join(["a lovely film, but dull acting!"] * words)
    found = model.explain(text, samples=64)
    total = math.fsum(reason.weight for reason in found.reasons)
    assert total == pytest.approx(found.value - found.base, abs=1e-9)
    assert found.completeness_error < 1e-9 and found.label == model.predict([text])[0]
    assert [text[reason.start : reason.end] for reason in found.reasons] == [reason.text for reason in found.reasons]
    assert [reason.text for reason in found.reasons[:8]] == ["a", "lovely", "film", ",", "but", "dull", "acting", "!"]


@pytest.mark.parametrize("text", ["", " ", "\n\t \n"])
def test_a_text_without_words_has_no_reasons(make_classifier: Make, text: str) -> None:
    model = make_classifier(labels=("bad", "fair", "good"))
    found = model.explain(text)
    assert found.reasons == () and found.completeness_error == 0
    assert found.label == "good" and found.base == found.value == pytest.approx(math.log(1.5))


def test_the_same_seed_gives_the_same_weights(make_classifier: Make) -> None:
    model = make_classifier()
    text = "a lovely film, but dull acting! I loved it"
    assert model.explain(text, samples=40, seed=1) == model.explain(text, samples=40, seed=1)
    assert model.explain(text, samples=40, seed=1) != model.explain(text, samples=40, seed=2)


def test_what_cannot_be_explained_is_refused(make_classifier: Make) -> None:
    model = make_classifier()
    with pytest.raises(UserError, match="unknown label 'good' in label: give one of neg, pos"):
        model.explain("a", label="good")
    with pytest.raises(UserError, match="3 samples in samples: give at least 16"):
        model.explain("a", samples=3)
    with pytest.raises(UserError, match="no string but int"):
        model.explain(3, label="pos")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="half of a surrogate pair"):
        model.explain("\udc80", label="pos")


@pytest.mark.parametrize("pooling", ["attention", "concat"])
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bidirectional": False}, {"tokenizer": "char"}])
def test_attention_is_that_of_the_pooling(make_classifier: Make, pooling: str, settings: dict[str, Any]) -> None:
    """The units are the model's own; where the query asks nothing, all weigh alike."""
    model = make_classifier(pooling=pooling, **settings)
    text = "a lovely film, unheard of"
    found = model.attention(text)
    assert found is not None
    assert sum(weight for _, weight in found) == pytest.approx(1, abs=1e-6)
    assert len({round(weight, 6) for _, weight in found}) > 3
    ids = model.tokenizer.encode(text)
    assert [unit for unit, _ in found] == [model.tokenizer.symbols[id] for id in ids.tolist()]
    attention = model._parameters.attention
    assert attention is not None
    attention.query[:] = 0
    flat = model.attention(text)
    assert flat is not None and [weight for _, weight in flat] == pytest.approx([1 / len(ids)] * len(ids), rel=1e-5)


def test_where_nothing_attends_there_is_no_attention(make_classifier: Make) -> None:
    assert make_classifier().attention("a lovely film") is None
    assert make_classifier(pooling="attention").attention("") is None


def test_a_twin_says_the_same_and_remembers_by_itself(make_classifier: Make) -> None:
    model = make_classifier(subwords=30)
    texts = ["a lovely film", "unheard-of words", ""]
    expected = model.log_probabilities(texts)
    twin = model.twin()
    assert twin.engine is not model.engine and twin.reader is not model.reader
    assert twin.engine.lexicon is not model.engine.lexicon
    assert np.array_equal(twin.log_probabilities(texts[::-1])[::-1], expected)

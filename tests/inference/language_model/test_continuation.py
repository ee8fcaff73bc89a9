"""Continuations of held-out prompts against how the text really goes on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from textrnn.baselines.ngram import NgramModel
from textrnn.errors import UserError
from textrnn.inference.language_model import continuation as continuation_module
from textrnn.inference.language_model.continuation import compare_continuations
from textrnn.inference.language_model.model import LanguageModel
from textrnn.text.corpus import corpus_from_text

Make = Callable[..., LanguageModel]
WORDS = np.random.default_rng(0).choice(["to", "be", "or", "not", "that", "is", "the", "question"], 800)
TEXT = " ".join(WORDS.tolist())


def test_figures_of_the_model_and_of_held_out_text(make_model: Make) -> None:
    figures = make_model(TEXT).evaluate(corpus_from_text(TEXT), continuation="40:20", seed=3).to_json()["continuation"]
    assert {name: figures[name] for name in ("prompts", "prompt_units", "continued_units", "seed")} == {
        "prompts": len(TEXT) // 60, "prompt_units": 40, "continued_units": 20, "seed": 3,
    }  # fmt: skip
    assert "ngram" not in figures
    for candidate in ("model", "held_out"):
        assert list(figures[candidate]) == ["bleu", "chrf", "distinct_1", "distinct_2", "self_bleu", "signature"]
    # words in their right spelling at the wrong place beat noise
    assert figures["held_out"]["chrf"] > figures["model"]["chrf"]


def test_the_true_continuation_is_perfect(make_model: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(TEXT)
    ids = model.tokenizer.encode(TEXT)
    count = len(ids) // 60
    starts = np.arange(count) * (len(ids) // count)
    truth = ids[starts[:, None] + np.arange(40, 60)]
    monkeypatch.setattr(continuation_module, "continued", lambda *_: truth)
    figures = compare_continuations(model, ids, 40, 20, seed=0)
    assert figures["model"]["bleu"] == pytest.approx(100)
    assert figures["model"]["chrf"] == pytest.approx(100)
    assert figures["held_out"]["bleu"] < 50


def test_an_ngram_model_in_the_run_is_compared(make_model: Make) -> None:
    model = make_model(TEXT)
    ids = model.tokenizer.encode(TEXT)
    fitted = NgramModel.fit(ids, vocabulary_size=len(model.tokenizer.symbols))
    with_baseline = LanguageModel(
        name="", tokenizer=model.tokenizer, settings=model.settings, parameters=model.engine.parameters,
        config=model.config, baseline_arrays=fitted.to_arrays(),
    )  # fmt: skip
    figures = compare_continuations(with_baseline, ids, 40, 20, seed=0)
    assert figures["ngram"]["chrf"] > figures["model"]["chrf"]


def test_the_seed_decides(make_model: Make) -> None:
    model = make_model(TEXT)
    ids = model.tokenizer.encode(TEXT)[:700]
    assert compare_continuations(model, ids, 30, 20, seed=1) == compare_continuations(model, ids, 30, 20, seed=1)
    assert compare_continuations(model, ids, 30, 20, seed=1) != compare_continuations(model, ids, 30, 20, seed=2)


def test_prompts_are_the_same_fed_in_pieces(make_model: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(TEXT)
    ids = model.tokenizer.encode(TEXT)[:700]
    whole = compare_continuations(model, ids, 30, 20, seed=1)
    monkeypatch.setattr(continuation_module, "FED", 7)
    assert compare_continuations(model, ids, 30, 20, seed=1) == whole


def test_no_more_than_a_hundred_prompts_spread_over_the_text(make_model: Make) -> None:
    model = make_model(TEXT)
    assert compare_continuations(model, model.tokenizer.encode(TEXT), 5, 1, seed=0)["prompts"] == 100


def test_a_text_for_one_prompt_alone_is_refused(make_model: Make) -> None:
    model = make_model(TEXT)
    with pytest.raises(UserError, match="need 120"):
        compare_continuations(model, model.tokenizer.encode(TEXT)[:119], 40, 20, seed=0)
    assert compare_continuations(model, model.tokenizer.encode(TEXT)[:120], 40, 20, seed=0)["prompts"] == 2

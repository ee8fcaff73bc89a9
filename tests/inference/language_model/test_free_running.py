"""The gap between reading and writing: nothing for a text that the model wrote, and sums as they are defined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from textrnn.baselines.ngram import NgramModel
from textrnn.errors import UserError
from textrnn.inference.language_model import free_running as module
from textrnn.inference.language_model.free_running import PROMPT_UNITS, SCORED_UNITS, free_running
from textrnn.inference.language_model.model import LanguageModel
from textrnn.text.corpus import corpus_from_text

Make = Callable[..., LanguageModel]
WORDS = np.random.default_rng(0).choice(["to", "be", "or", "not", "that", "is", "the", "question"], 2000)
TEXT = "\n".join(WORDS.tolist())


@pytest.fixture
def model(make_model: Make) -> LanguageModel:
    return make_model(TEXT, spread=0.6)


def with_ngram(model: LanguageModel) -> LanguageModel:
    ids = model.tokenizer.encode(TEXT)
    model._baseline_arrays = NgramModel.fit(ids, vocabulary_size=len(model.tokenizer.symbols)).to_arrays()
    return model


def test_a_text_that_the_model_wrote_has_no_gap(model: LanguageModel) -> None:
    own = model.generate(length=12_000, temperature=1.0, seed=5)
    (found,) = free_running(model, model.tokenizer.encode(own), [10], seed=0)
    low, high = found["interval_95"]
    assert low < 0 < high and abs(found["gap"]) < 0.05
    # what it did not write has one
    (other,) = free_running(model, model.tokenizer.encode(TEXT), [10], seed=0)
    assert other["interval_95"][1] < 0 and other["gap"] == other["free_running_nats"] - other["teacher_forced_nats"]


def test_the_true_text_is_scored_at_its_places(model: LanguageModel) -> None:
    ids = with_ngram(model).tokenizer.encode(TEXT)
    lengths = [1, 7, 30]
    found = free_running(model, ids, lengths, seed=2)
    count = len(ids) // (PROMPT_UNITS + 30 + SCORED_UNITS)
    assert [(one["length"], one["prompts"]) for one in found] == [(length, count) for length in lengths]
    assert model.baseline is not None
    for one in found:
        own, judged = [], []
        for row in range(count):
            start = row * (len(ids) // count)
            text = ids[start : start + PROMPT_UNITS + one["length"] + SCORED_UNITS]
            nats, _ = model.engine.nats(text[None, :-1], text[None, 1:], model.engine.start_exact(1))
            own += nats[0, -SCORED_UNITS:].tolist()
            judged += (-np.log(model.baseline.probabilities(text)[-SCORED_UNITS:])).tolist()
        assert one["teacher_forced_nats"] == pytest.approx(np.mean(own), abs=1e-12)
        (judge,) = one["judged"]
        assert judge["judge"] == "n-gram" and judge["teacher_forced_nats"] == pytest.approx(np.mean(judged), abs=1e-12)
        assert judge["interval_95"][0] < judge["gap"] < judge["interval_95"][1]


def test_own_text_goes_on_from_the_prompt_at_temperature_1(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def copied(_: object, prompts: np.ndarray, units: int, settings: object, seed: int) -> np.ndarray:
        seen.update(prompts=prompts, units=units, settings=settings, seed=seed)
        ids = model.tokenizer.encode(TEXT)
        starts = np.arange(len(prompts)) * (len(ids) // len(prompts)) + PROMPT_UNITS
        return np.asarray(ids[starts[:, None] + np.arange(units)])

    monkeypatch.setattr(module, "continued", copied)
    ids = model.tokenizer.encode(TEXT)
    (found,) = free_running(model, ids, [20], seed=9)
    # who writes the true text has no gap at all
    assert found["gap"] == 0 and found["interval_95"] == [0, 0]
    assert seen["units"] == 20 + SCORED_UNITS and seen["settings"].temperature == 1 and seen["seed"] == 9
    np.testing.assert_array_equal(seen["prompts"][0], ids[:PROMPT_UNITS])


def test_another_model_judges_units_that_it_knows(model: LanguageModel, make_model: Make) -> None:
    ids = model.tokenizer.encode(TEXT)
    other = make_model(TEXT, seed=3, name="other")
    (found,) = free_running(model, ids, [10], seed=0, other=other)
    assert [one["judge"] for one in found["judged"]] == ["other"]
    # one that knows fewer, in another order: what it does not know is left out
    fewer = make_model("oebt\nrnahis", seed=3, name="fewer")
    (found,) = free_running(model, ids, [10], seed=0, other=fewer)
    count = found["prompts"]
    rows = np.asarray(ids)[(np.arange(count) * (len(ids) // count))[:, None] + np.arange(PROMPT_UNITS + 60)]
    text = [model.tokenizer.decode(row.tolist()) for row in rows]
    nats = []
    for one in text:
        own = fewer.tokenizer.encode(one)
        scored, _ = fewer.engine.nats(own[None, :-1], own[None, 1:], fewer.engine.start_exact(1))
        nats += scored[0, -SCORED_UNITS:][own[-SCORED_UNITS:] != 0].tolist()
    assert found["judged"][0]["teacher_forced_nats"] == pytest.approx(np.mean(nats), abs=1e-9)


def test_evaluate_gives_it_beside_its_figures(model: LanguageModel) -> None:
    corpus = corpus_from_text(TEXT)
    figures = model.evaluate(corpus, free_running="30,10", seed=4).to_json()
    assert [one["length"] for one in figures["free_running"]] == [10, 30]
    assert list(figures["free_running"][0]) == [
        "length", "prompts", "teacher_forced_nats", "free_running_nats", "gap", "interval_95", "judged",
    ]  # fmt: skip
    assert figures["free_running"] == model.evaluate(corpus, free_running=(10, 30), seed=4).to_json()["free_running"]
    assert "free_running" not in model.evaluate(corpus).to_json()


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "ten", "", "10,10", "10,,50", (0,), (5, 5), True])
def test_lengths_that_are_none_are_refused(model: LanguageModel, given: object) -> None:
    with pytest.raises(UserError, match="--free-running: expected lengths L,M"):
        model.evaluate(corpus_from_text(TEXT), free_running=given)


def test_a_text_that_is_too_short_is_refused_with_what_it_needs(model: LanguageModel) -> None:
    with pytest.raises(UserError) as refused:
        model.evaluate(corpus_from_text(TEXT), free_running="10,20000")
    assert "a text of" in str(refused.value) and "need 40,300" in str(refused.value)

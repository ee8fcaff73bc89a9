"""A language model under conditions at work: what it writes, what it is measured on, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import textrnn
from textrnn.config.generation import GenerationSettings
from textrnn.data.conditioned import read_texts
from textrnn.errors import UserError
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.language_model.text import read_text
from textrnn.text.corpus import Corpus
from textrnn.text.vocabulary import END

Make = Callable[..., LanguageModel]
TEXT = "abcdefgh"
LANDS = ("east", "north", "west")


@pytest.fixture
def model(make_model: Make) -> LanguageModel:
    return make_model(TEXT, conditions=LANDS, spread=0.6)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    rng = np.random.default_rng(0)
    rows = [("".join(rng.choice([*TEXT], rng.integers(1, 30))), LANDS[number % 3]) for number in range(40)]
    path = tmp_path / "rows.tsv"
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{land}\n" for text, land in rows))
    return read_texts([path], condition_column="label")


def nats_one_by_one(model: LanguageModel, text: str, condition: str) -> list[float]:
    """Return the nats of each unit of a text and of its end, step by step, by the engine that is told the condition."""
    engine, state = model.engine_under(condition), model.engine_under(condition).start_exact(1)
    ids = [END, *model.tokenizer.encode(text).tolist(), END]
    found = []
    for before, after in pairwise(ids):
        nats, state = engine.nats(np.array([[before]]), np.array([[after]]), state)
        found.append(float(nats[0, 0]))
    return found


def test_figures_are_those_of_each_text_by_itself(model: LanguageModel, corpus: Corpus) -> None:
    part = corpus.chosen(range(len(corpus.documents)))
    texts = ["".join(pieces) for pieces in part.documents()]
    expected = [nats_one_by_one(model, *pair) for pair in zip(texts, part.conditions, strict=True)]
    evaluation = model.evaluate(corpus)
    assert evaluation.units == sum(map(len, expected)) == sum(map(len, texts)) + len(texts)
    # the sum of both embeddings is rounded to float32 where the condition is told beforehand
    assert evaluation.nats_per_unit == pytest.approx(sum(map(sum, expected)) / evaluation.units, abs=1e-7)
    assert evaluation.protocol == "documents" and "protocol:documents" in evaluation.signature
    assert model.evaluate(corpus, batch_size=1).nats_per_unit == pytest.approx(evaluation.nats_per_unit, abs=1e-12)


def test_a_text_begins_after_a_boundary_with_a_prompt_or_without(model: LanguageModel) -> None:
    settings = {"temperature": 0, "length": 5, "condition": "north"}
    engine = model.engine_under("north")
    for prompt in ("", "ab"):
        ids = [END, *model.tokenizer.encode(prompt).tolist()]
        text = ""
        while len(text) < 5:
            logits, _ = engine.feed(np.array([ids]), engine.start(1))
            best = int(np.where(np.arange(logits.shape[1]) == 0, -np.inf, logits[0]).argmax())
            if best == END:
                break
            ids.append(best)
            text += model.tokenizer.decode([best])
        assert model.generate(prompt, **settings) == text


def test_conditions_give_other_texts_and_the_same_one_the_same(model: LanguageModel) -> None:
    texts = [model.generate(length=40, seed=3, condition=name) for name in LANDS]
    assert len(set(texts)) == 3
    assert texts == [model.generate(length=40, seed=3, condition=name) for name in LANDS]
    for settings in ({"precision": "int8"}, {"beam": 3}):
        assert model.generate(length=20, seed=3, condition="east", **settings)


def test_samples_end_where_texts_ended(make_model: Make) -> None:
    model = make_model(TEXT, conditions=LANDS, spread=0.1)
    samples = model.write("", GenerationSettings(samples=40, length=200, seed=0, condition="west")).results
    assert {sample.stopped_by for sample in samples} == {"end"}


def test_a_conversation_may_change_its_condition(model: LanguageModel) -> None:
    talk = model.conversation()
    first = "".join(talk.write("ab", length=3, seed=2, condition="east"))
    assert len(first) == 3
    second = "".join(talk.write("cd", length=3, temperature=0, seed=1, condition="west"))
    # from the change on units are read under the new condition, with the state as it was
    engines = [model.engine_under(name) for name in ("east", "west")]
    encode = model.tokenizer.encode
    logits, state = engines[0].feed(np.array([[END, *encode("ab" + first[:-1])]]), engines[0].start(1))
    logits, _ = engines[1].feed(np.array([[*encode(first[-1:] + "cd")]]), state)
    order = np.argsort(-logits[0])
    best = next(id for id in order.tolist() if id > 0)
    assert second[:1] == ("" if best == END else model.tokenizer.decode([best]))
    with pytest.raises(UserError, match="no --condition"):
        list(talk.write("ab"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no --condition, and the model was trained under some in tiny: give one of 'east', 'north', 'west'"),
        ({"condition": "nroth"}, "no condition 'nroth' in tiny: did you mean 'north'?"),
    ],
)
def test_a_condition_that_cannot_be_is_refused(model: LanguageModel, given: dict[str, str], message: str) -> None:
    with pytest.raises(UserError) as refused:
        model.generate(length=3, **given)
    assert message in str(refused.value)


def test_a_model_without_conditions_takes_none(make_model: Make, corpus: Corpus) -> None:
    model = make_model(TEXT)
    with pytest.raises(UserError, match="was trained without conditions"):
        model.generate(condition="north")
    # but it may read the texts, as what a model that is told their conditions is compared with
    assert model.evaluate(corpus).protocol == "documents"


def test_what_it_cannot_read_is_refused(model: LanguageModel, make_model: Make, corpus: Corpus) -> None:
    from textrnn.text.corpus import corpus_from_text

    with pytest.raises(UserError, match="texts without conditions"):
        model.evaluate(corpus_from_text("abc" * 50))
    with pytest.raises(UserError, match="2 conditions that tiny does not have"):
        make_model(TEXT, conditions=("east", "x")).evaluate(corpus)
    for given in ({"protocol": "window:8"}, {"continuation": "3:3"}, {"free_running": "3"}):
        with pytest.raises(UserError, match="with texts under conditions in rows: each is read by itself"):
            model.evaluate(corpus, **given)


def test_it_is_saved_and_opened_whole(model: LanguageModel, corpus: Corpus, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    again = textrnn.load(tmp_path / "run")
    assert isinstance(again, LanguageModel) and again.conditions == model.conditions
    assert again.generate(length=30, seed=1, condition="west") == model.generate(length=30, seed=1, condition="west")
    assert again.evaluate(corpus).nats_per_unit == model.evaluate(corpus).nats_per_unit
    assert read_text(again, corpus).starts_afresh

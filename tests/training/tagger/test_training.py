"""Training a tagger from sentences to a run, at a size that takes seconds; `textrnn.train_tagger`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.tagged import TaggedSentences, sentences_of
from textrnn.errors import UserError
from textrnn.report.records import Evaluation, Plan
from textrnn.runs.folder import open_run
from textrnn.training.start import Start
from textrnn.training.tagger.training import TaggerTraining

TINY: dict[str, Any] = {
    "hidden_size": 8, "embed_size": 6, "batch_size": 8, "subwords": 50, "seed": 1, "steps": 12, "val_frac": 0.25,
}  # fmt: skip
Make = Callable[..., TaggerTraining]


def places(count: int = 60, seed: int = 0) -> TaggedSentences:
    """A word after `in` or `to` is a place; the same words stand elsewhere too, so that looking up does not tell."""
    rng = np.random.default_rng(seed)
    words, tags = [], []
    for _ in range(count):
        own = rng.choice(["may", "we", "reading", "nice", "cook", "we"], rng.integers(2, 6)).tolist()
        given = ["O"] * len(own)
        if rng.random() < 0.7:
            at = int(rng.integers(0, len(own)))
            own[at:at] = [str(rng.choice(["in", "to"])), str(rng.choice(["reading", "nice", "cook", "may"]))]
            given[at:at] = ["O", "B-place"]
        words.append(own)
        tags.append(given)
    return sentences_of(words, tags, name="places")


@pytest.fixture
def trained() -> Make:
    def train(sentences: TaggedSentences | None = None, stop_at: int | None = None, **given: Any) -> TaggerTraining:
        start = Start(**{one.name: given.pop(one.name) for one in fields(Start) if one.name in given})
        valid = given.pop("valid", None)
        checked = TrainTaggerSettings.check({**TINY, **given} if not start.resume else given)
        training = TaggerTraining(sentences or places(), checked, start, valid=valid)
        if stop_at is not None:
            task, loss = training._task, training._task.loss

            def watched(parameters: Any, at: int, fraction: float, carried: Any) -> Any:
                if at + 1 == stop_at:
                    training.stop()
                return loss(parameters, at, fraction, carried)

            task.loss = watched  # type: ignore[method-assign]
        for _ in training.records():
            pass
        return training

    return train


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_it_learns_what_looking_words_up_cannot(trained: Make, cell: str) -> None:
    training = trained(places(200), cell=cell, steps=150, lr=0.03, dropout=0, word_dropout=0)
    validation = training.result()["validation"]
    (baseline,) = validation["baselines"]
    assert validation["span_f1"] > 0.95 > baseline["span_f1"] + 0.1
    (found,) = training.model().tag(["we cook in may"])
    assert found.tags == ("O", "O", "O", "B-place")


def test_the_result_and_the_records_say_what_was_done(trained: Make, tmp_path: Path) -> None:
    training = trained(folder=tmp_path / "run")
    result = training.result()
    assert [*result] == [
        "run", "task", "cell", "parameters", "unit", "vocabulary", "tags", "sentences", "steps", "examples_seen",
        "seconds", "stopped_by", "validation", "signature",
    ]  # fmt: skip
    assert [*result["validation"]] == [
        "sentences", "token_accuracy", "span_precision", "span_recall", "span_f1", "baselines",
    ]  # fmt: skip
    assert (result["task"], result["tags"], result["steps"]) == ("tagger", ["B-place", "O"], 12)
    # six batches an epoch hold the 45 sentences that are not held out
    assert result["examples_seen"] == 90 and result["sentences"] == 45 and result["validation"]["sentences"] == 15
    run = open_run(tmp_path / "run")
    assert run.finished and run.task == "tagger" and run.has("baseline")
    model = textrnn.load(tmp_path / "run")
    assert isinstance(model, textrnn.Tagger)
    card = (tmp_path / "run" / "README.md").read_text()
    assert "A tagger of " in card and f"span F1, held out: {result['validation']['span_f1']:.4f}" in card
    held = training.data.valid
    again = model.evaluate(sentences_of(held.words, held.names))
    assert {**again.to_json(), "signature": 0} == {
        "model": "run", "task": "tagger", **result["validation"], "signature": 0
    }  # fmt: skip


def test_records(trained: Make) -> None:
    training = TaggerTraining(places(), TrainTaggerSettings.check(TINY))
    records = [*training.records()]
    (plan,) = [record for record in records if isinstance(record, Plan)]
    assert plan.facts["unit"] == "word" and plan.facts["sentences"] == 45
    shown = [record for record in records if isinstance(record, Evaluation)]
    assert shown and all(set(one.figures) == {"token_accuracy", "span_f1"} for one in shown)
    assert all(len(one.sample.split("\n")) == 4 for one in shown)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_stopped_run_goes_on_to_the_same_bits(trained: Make, tmp_path: Path, optimizer: str) -> None:
    whole = trained(folder=tmp_path / "whole", optimizer=optimizer)
    stopped = trained(folder=tmp_path / "parts", optimizer=optimizer, stop_at=5)
    assert stopped.result()["stopped_by"] == "signal" and stopped.state.step == 5
    went_on = trained(folder=tmp_path / "parts", resume=True)
    assert went_on.result()["examples_seen"] == whole.result()["examples_seen"]
    ours, theirs = (open_run(tmp_path / name) for name in ("parts", "whole"))
    for role in ("model", "baseline", "resume"):
        first, second = ours.arrays(role), theirs.arrays(role)
        assert first.keys() == second.keys()
        assert all(np.array_equal(array, second[name]) for name, array in first.items()), role
    assert ours.json("config") == theirs.json("config") and ours.json("tokenizer") == theirs.json("tokenizer")


def test_going_on_needs_the_same_sentences(trained: Make, tmp_path: Path) -> None:
    trained(folder=tmp_path / "run", stop_at=3)
    with pytest.raises(UserError, match="the data is another than run was trained on"):
        trained(places(seed=5), folder=tmp_path / "run", resume=True)


def test_a_budget_plans_epochs_and_steps_that_are_not_too_few() -> None:
    training = TaggerTraining(places(), TrainTaggerSettings.check({"budget": "60s", "seed": 0}))
    assert (training.settings.epochs, training.settings.batch_size) == (40, 4)
    chosen = {"budget": "60s", "batch_size": 9, "epochs": 2}
    given = TaggerTraining(places(), TrainTaggerSettings.check(chosen))
    assert (given.settings.epochs, given.settings.batch_size) == (2, 9)


def test_it_starts_from_models_of_every_kind(
    trained: Make, tmp_path: Path, make_model: Any, make_classifier: Any
) -> None:
    trained(folder=tmp_path / "tagger")
    make_model("we may cook in reading", kind="word", embed_size=6, cell="gru").save(tmp_path / "language")
    make_classifier(["we may cook", "in reading"], embed_size=6).save(tmp_path / "labels")
    open_ended = {name: value for name, value in TINY.items() if name not in ("hidden_size", "embed_size", "subwords")}
    for name in ("tagger", "language", "labels"):
        donor = open_run(tmp_path / name)
        training = TaggerTraining(
            places(), TrainTaggerSettings.check({**open_ended, "steps": 0}), Start(init_from=donor)
        )
        for _ in training.records():
            pass
        ours, theirs = training.state.arrays_to_run(), donor.arrays("model")
        cell = "layers.0.cell.weight_hh"
        assert np.array_equal(ours[cell], theirs[cell])
        symbol = training.data.tokenizer.symbols.index("cook")
        assert any(np.array_equal(ours["embedding"][symbol], row) for row in theirs["embedding"])
        assert np.array_equal(ours["output.weight"], theirs["output.weight"]) == (name == "tagger")
    make_model().save(tmp_path / "characters")
    with pytest.raises(UserError, match="a tagger reads words"):
        TaggerTraining(places(), TrainTaggerSettings.check(TINY), Start(init_from=open_run(tmp_path / "characters")))


def test_one_call_from_words_or_a_file_to_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = places()
    model = textrnn.train_tagger(data.words, data.tags, **TINY)
    assert not [*tmp_path.iterdir()] and model.card is not None and "textrnn.train_tagger(...)" in model.card
    lines = "\n".join("".join(f"{word}\t{tag}\n" for word, tag in zip(*pair, strict=True))
                      for pair in zip(data.words, data.tags, strict=True))  # fmt: skip
    (tmp_path / "places.conll").write_text(lines)
    from_file = textrnn.train_tagger("places.conll", out="run", **TINY)
    assert from_file.tag_words(data.words) == model.tag_words(data.words)
    finished = textrnn.train_tagger("places.conll", out="run", resume=True)
    assert finished.tag_words(data.words) == model.tag_words(data.words)
    held = textrnn.train_tagger(data.words, data.tags, valid=(data.words[:3], data.tags[:3]), **{
        name: value for name, value in TINY.items() if name != "val_frac"})  # fmt: skip
    assert held.config["validation"]["sentences"] == 3


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        ([["a"]], None, "words without tags"), ([["a"]] * 4, [["O"]] * 4, "one tag alone"),
        ([["a", "b"]], [["O", "B-x"]], "one sentence alone"), ("nowhere.conll", None, "nowhere.conll"),
        ([["a"]], [["O", "O"]], "1 word and 2 tags"),
    ],
)  # fmt: skip
def test_what_no_tagger_can_come_of_is_refused(words: Any, tags: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        textrnn.train_tagger(words, tags, **TINY)


def test_tags_that_mark_no_spans_are_learned_too(trained: Make) -> None:
    data = places()
    speech = sentences_of(data.words, [["IN" if word in ("in", "to") else "X" for word in own] for own in data.words])
    validation = trained(speech, steps=60, lr=0.03, dropout=0).result()["validation"]
    assert validation["token_accuracy"] > 0.95 and validation["span_f1"] is None
    assert validation["baselines"][0]["span_precision"] is None

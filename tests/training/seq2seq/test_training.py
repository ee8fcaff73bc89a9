"""Training an encoder-decoder from pairs to a run, at a size that takes seconds; `textrnn.train_seq2seq`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.cli.kinds.seq2seq import TRANSLATORS
from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.data.pairs import Pairs, pairs_of
from textrnn.errors import UserError
from textrnn.report.records import Evaluation, Plan
from textrnn.runs.folder import open_run
from textrnn.training.seq2seq import training as training_module
from textrnn.training.seq2seq.training import Seq2SeqTraining
from textrnn.training.start import Start

TINY: dict[str, Any] = {
    "hidden_size": 8, "embed_size": 6, "batch_size": 8, "seed": 1, "steps": 12, "val_frac": 0.25,
}  # fmt: skip
Make = Callable[..., Seq2SeqTraining]


def reversals(count: int = 60, seed: int = 0) -> Pairs:
    """Words of five letters and their letters from last to first."""
    rng = np.random.default_rng(seed)
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(rng.choice(list("abcde"), rng.integers(1, 5)).tolist())] = None
    return pairs_of([*words], [word[::-1] for word in words], name="words")


@pytest.fixture
def trained() -> Make:
    def train(pairs: Pairs | None = None, stop_at: int | None = None, **given: Any) -> Seq2SeqTraining:
        valid = given.pop("valid", None)
        options = {name: given.pop(name) for name in ("folder", "resume", "init_from") if name in given}
        checked = TrainSeq2SeqSettings.check({**TINY, **given} if not options.get("resume") else given)
        training = Seq2SeqTraining(pairs or reversals(), checked, Start(**options), valid=valid)
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


@pytest.mark.parametrize("attention", ["dot", "additive"])
def test_it_learns_to_turn_words_round(trained: Make, attention: str) -> None:
    training = trained(
        reversals(300), attention=attention, steps=300, lr=0.02, dropout=0, hidden_size=32, batch_size=32, val_frac=0.1
    )
    assert training.result()["validation"]["exact_match"] > 0.8


def test_the_result_and_the_records_say_what_was_done(trained: Make, tmp_path: Path) -> None:
    training = trained(folder=tmp_path / "run")
    result = training.result()
    assert [*result] == [
        "run", "task", "cell", "parameters", "unit", "source_vocabulary", "vocabulary", "pairs", "steps",
        "examples_seen", "seconds", "stopped_by", "validation", "signature",
    ]  # fmt: skip
    assert [*result["validation"]] == ["pairs", "bleu", "chrf", "exact_match", "nats_per_unit"]
    # six batches an epoch hold the 45 pairs that are not held out
    assert (result["task"], result["steps"], result["examples_seen"], result["pairs"]) == ("seq2seq", 12, 90, 45)
    run = open_run(tmp_path / "run")
    assert run.finished and run.task == "seq2seq"
    model = textrnn.load(tmp_path / "run")
    assert isinstance(model, textrnn.Translator)
    card = (tmp_path / "run" / "README.md").read_text()
    assert "\nAn encoder-decoder of " in card
    assert f"exact match, held out: {result['validation']['exact_match']:.4f}" in card
    held = training.data.valid
    again = model.evaluate(pairs_of(held.sources, held.targets)).to_json()
    assert all(again[key] == result["validation"][key] for key in ("pairs", "bleu", "chrf", "exact_match"))


def test_records() -> None:
    training = Seq2SeqTraining(reversals(), TrainSeq2SeqSettings.check(TINY))
    records = [*training.records()]
    (plan,) = [record for record in records if isinstance(record, Plan)]
    assert plan.facts["unit"] == "character" and plan.facts["pairs"] == 45
    shown = [record for record in records if isinstance(record, Evaluation)]
    assert shown and all(set(one.figures) == {"units_right"} for one in shown)
    assert all(len(one.sample.split("\n")) == 4 and " -> " in one.sample for one in shown)


@pytest.mark.parametrize("given", [{}, {"scheduled_sampling": "linear", "tokenizer": "word"}, {"optimizer": "muon"}])
def test_a_stopped_run_goes_on_to_the_same_bits(trained: Make, tmp_path: Path, given: dict[str, Any]) -> None:
    whole = trained(folder=tmp_path / "whole", **given)
    stopped = trained(folder=tmp_path / "parts", stop_at=5, **given)
    assert stopped.result()["stopped_by"] == "signal" and stopped.state.step == 5
    went_on = trained(folder=tmp_path / "parts", resume=True)
    assert went_on.result()["examples_seen"] == whole.result()["examples_seen"]
    ours, theirs = (open_run(tmp_path / name) for name in ("parts", "whole"))
    for role in ("model", "resume"):
        first, second = ours.arrays(role), theirs.arrays(role)
        assert first.keys() == second.keys()
        assert all(np.array_equal(array, second[name]) for name, array in first.items()), role
    assert ours.json("config") == theirs.json("config") and ours.json("tokenizer") == theirs.json("tokenizer")


def test_going_on_needs_the_same_pairs(trained: Make, tmp_path: Path) -> None:
    trained(folder=tmp_path / "run", stop_at=3)
    with pytest.raises(UserError, match="the data is another than run was trained on"):
        trained(reversals(seed=5), folder=tmp_path / "run", resume=True)


def test_a_budget_ends_it_and_plans_steps_that_are_not_too_few(trained: Make) -> None:
    training = trained(budget="6s", steps=10**9, batch_size=4)
    assert training.result()["stopped_by"] == "budget" and training.result()["validation"]["pairs"] >= 1
    planned = Seq2SeqTraining(reversals(), TrainSeq2SeqSettings.check({"budget": "60s", "seed": 0}))
    assert planned.settings.batch_size == 4


def test_signatures_say_how_many_pairs_figures_are_over(
    trained: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_module, "UNDER_A_BUDGET", 4)
    monkeypatch.setattr(Seq2SeqTraining, "_is_late", lambda self: True)
    result = trained(budget="60s", folder=tmp_path / "run").result()
    assert result["validation"]["pairs"] == 4 and "|pairs:4|" in result["signature"]
    # a finished run says so once more where somebody goes on with it
    assert TRANSLATORS.facts_of(open_run(tmp_path / "run"))["conditions"]["pairs"] == 4


def test_it_starts_from_another_of_its_kind(
    trained: Make, tmp_path: Path, make_model: Any, make_translator: Any
) -> None:
    trained(folder=tmp_path / "first")
    donor = open_run(tmp_path / "first")
    open_ended = {name: value for name, value in TINY.items() if name not in ("hidden_size", "embed_size")}
    other = reversals(seed=3)
    mixed = pairs_of([word + "z" for word in other.sources], other.targets)
    training = Seq2SeqTraining(mixed, TrainSeq2SeqSettings.check({**open_ended, "steps": 0}), Start(init_from=donor))
    for _ in training.records():
        pass
    ours, theirs = training.state.arrays_to_run(), donor.arrays("model")
    for name in ("encoder.layers.0.cell.weight_hh", "decoder.attention.key", "bridge.weight"):
        assert np.array_equal(ours[name], theirs[name])
    old = textrnn.load(tmp_path / "first")
    assert isinstance(old, textrnn.Translator)
    for side, name in (("source", "encoder.embedding"), ("target", "decoder.output.weight")):
        new, known = getattr(training.data.sides, side).symbols, getattr(old.sides, side).symbols
        assert np.array_equal(ours[name][new.index("c")], theirs[name][known.index("c")])
    assert ours["encoder.embedding"].shape[0] == theirs["encoder.embedding"].shape[0] + 1
    with pytest.raises(UserError, match="--hidden-size"):
        Seq2SeqTraining(mixed, TrainSeq2SeqSettings.check({**TINY, "hidden_size": 9}), Start(init_from=donor))


def test_no_reader_of_texts_starts_from_it(make_translator: Any, tmp_path: Path) -> None:
    make_translator().save(tmp_path / "pairs")
    with pytest.raises(UserError, match="an encoder-decoder in --init-from pairs"):
        textrnn.train_tagger([["a", "b"]] * 4, [["O", "B-x"]] * 4, steps=1, init_from=tmp_path / "pairs")
    with pytest.raises(UserError, match="is an encoder-decoder"):
        textrnn.train_lm(["a b c" * 99], steps=1, init_from=tmp_path / "pairs")


def test_one_call_from_texts_or_a_file_to_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = reversals()
    model = textrnn.train_seq2seq(data.sources, data.targets, **TINY)
    assert not [*tmp_path.iterdir()] and model.card is not None and "textrnn.train_seq2seq(...)" in model.card
    (tmp_path / "words.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in zip(data.sources, data.targets, strict=True)))
    from_file = textrnn.train_seq2seq("words.tsv", out="run", **TINY)
    assert from_file.translate(data.sources) == model.translate(data.sources)
    finished = textrnn.train_seq2seq("words.tsv", out="run", resume=True)
    assert finished.translate(data.sources) == model.translate(data.sources)
    own = {name: value for name, value in TINY.items() if name != "val_frac"}
    held = textrnn.train_seq2seq(data.sources, data.targets, valid=(data.sources[:3], data.targets[:3]), **own)
    assert held.config["validation"]["pairs"] == 3


@pytest.mark.parametrize(
    ("sources", "targets", "message"),
    [
        (["a"], None, "sources without targets"), (["a", "b"], ["x"], "2 sources and 1 targets"),
        (["a", "a"], ["x", "y"], "2 pairs of one source"), ("nowhere.tsv", None, "nowhere.tsv"),
        (["a", " "], ["x", "y"], "an empty text"), (["a", "b"], ["x", ""], "an empty text"),
    ],
)  # fmt: skip
def test_what_no_model_can_come_of_is_refused(sources: Any, targets: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        textrnn.train_seq2seq(sources, targets, **TINY)

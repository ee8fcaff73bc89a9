"""Training from a corpus to a run, at a size that takes seconds."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.errors import UserError, WorldError
from textrnn.inference.load import load
from textrnn.report.records import Commit, Done, Evaluation, Note, Plan, to_json
from textrnn.runs import disk
from textrnn.runs.folder import Run, open_run
from textrnn.runs.writer import RunWriter
from textrnn.text.corpus import Corpus, corpus_from_text
from textrnn.training.language_model.training import LanguageModelTraining

Make = Callable[..., LanguageModelTraining]
VERSE = "the quick brown fox jumps over the lazy dog, and that is that.\n"
# enough to learn a line by heart in a second
LEARN: dict[str, Any] = {"batch_size": 8, "seq_length": 32, "steps": 120, "optimizer": "muon", "lr": 0.05}
OPTIMIZERS = ("adamw", "adam", "sgd", "rmsprop", "muon")


def stop_after(training: LanguageModelTraining, step: int) -> LanguageModelTraining:
    """Run `training` until `step` steps are done, as a signal in the midst of the last of them would."""
    task = training._prepared.task
    loss = task.loss

    def watched(parameters: Any, at: int, fraction: float, carried: Any) -> Any:
        if at + 1 == step:
            training.stop()
        return loss(parameters, at, fraction, carried)

    task.loss = watched  # type: ignore[method-assign]
    for _ in training.records():
        pass
    assert training.result()["stopped_by"] == "signal"
    assert training.state.step == step
    return training


def same(first: Run, second: Run) -> None:
    """Both runs hold the same to the bit, apart from how long things took."""
    assert first.model_sha256 == second.model_sha256
    for role in ("model", "resume"):
        ours, theirs = first.arrays(role), second.arrays(role)
        assert ours.keys() == theirs.keys()
        for name, array in ours.items():
            assert array.dtype == theirs[name].dtype
            assert np.array_equal(array, theirs[name]), f"{role}: {name}"
    states = [run.json("resume-state") for run in (first, second)]
    for state in states:
        assert state.pop("trained_s") > 0
        assert state.pop("elapsed_s") > 0
    assert states[0] == states[1]


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_it_learns_a_text_that_repeats_by_heart(trained: Make, cell: str) -> None:
    training = trained(VERSE * 80, cell=cell, hidden_size=48, **LEARN)
    assert training.result()["validation"]["nats_per_unit"] < 0.05
    assert training.model().generate("the quick", length=63, temperature=0) == (VERSE * 2)[9:72]


def test_records_come_in_order_and_are_kept(make_training: Make, corpus: Corpus, tmp_path: Path) -> None:
    training = make_training(corpus, folder=tmp_path / "run")
    records = list(training.records())
    assert [type(record) for record in records[:2]] == [Note, Plan]
    assert isinstance(records[-1], Done)
    assert records[-1].facts == training.result() | {"seconds": records[-1].facts["seconds"]}
    evaluations = [record for record in records if isinstance(record, Evaluation)]
    assert [record.step for record in evaluations] == [2, 4, 6, 8, 10, 12]
    assert sum(isinstance(record, Commit) for record in records) == 5
    run = open_run(tmp_path / "run")
    assert run.finished
    assert run.metrics() == [json.loads(json.dumps(to_json(record))) for record in evaluations]
    assert isinstance(records[1], Plan)
    assert records[1].facts["run"] == str(tmp_path / "run")


def test_the_result_has_the_fields_of_the_interface(trained: Make, corpus: Corpus, tmp_path: Path) -> None:
    training = trained(corpus, folder=tmp_path / "mine", cell="gru")
    result = training.result()
    assert list(result) == [
        "run", "task", "cell", "parameters", "unit", "vocabulary", "steps", "units_seen", "seconds", "stopped_by",
        "validation", "signature",
    ]  # fmt: skip
    assert list(result["validation"]) == ["nats_per_unit", "bits_per_unit", "perplexity", "units", "protocol"]
    assert (result["run"], result["task"], result["cell"]) == (str(tmp_path / "mine"), "language-model", "gru")
    assert (result["steps"], result["units_seen"], result["stopped_by"]) == (12, 12 * 32, "steps")
    assert (result["unit"], result["vocabulary"]) == ("character", len(training.data.tokenizer.symbols))
    assert result["parameters"] == sum(array.size for array in open_run(tmp_path / "mine").arrays("model").values())
    assert result["signature"].startswith(f"data:{corpus.sha256[:6]}|protocol:stateful:64|unit:character|seed:1|")
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_held_out_figure_is_the_models(trained: Make, corpus: Corpus, cell: str) -> None:
    training = trained(corpus, cell=cell, num_layers=2, steps=30)
    text = corpus.text()
    held_out = corpus_from_text(text[int(len(text) * 0.9) :])
    validation = training.result()["validation"]
    figures = training.model().evaluate(held_out)
    assert figures.units == validation["units"]
    assert figures.nats_per_unit == pytest.approx(validation["nats_per_unit"], rel=1e-5)
    assert figures.protocol == validation["protocol"]


def test_the_best_evaluation_is_what_ships(trained: Make, corpus: Corpus, tmp_path: Path) -> None:
    """Overfitted on purpose, so that the last weights are not the best."""
    training = trained(corpus, folder=tmp_path / "run", steps=150, lr=0.1, hidden_size=48)
    figures = [record["valid_nats"] for record in open_run(tmp_path / "run").metrics()]
    assert min(figures) < figures[-1] - 0.01
    assert training.result()["validation"]["nats_per_unit"] == pytest.approx(min(figures), rel=1e-6)
    text = corpus.text()
    loaded = load(tmp_path / "run").evaluate(corpus_from_text(text[int(len(text) * 0.9) :]))
    assert loaded.nats_per_unit == pytest.approx(min(figures), rel=1e-5)


def test_the_same_seed_gives_the_same_bytes(trained: Make, corpus: Corpus, tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        trained(corpus, folder=tmp_path / name, seed=seed, dropout=0.2, optimizer="muon")
    one, two, three = (open_run(tmp_path / name) for name in ("one", "two", "three"))
    same(one, two)
    assert one.model_sha256 != three.model_sha256
    assert load(tmp_path / "one").generate("to", seed=1) == load(tmp_path / "two").generate("to", seed=1)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_stopped_and_gone_on_with_it_is_the_uninterrupted_run(
    trained: Make, make_training: Make, corpus: Corpus, tmp_path: Path, optimizer: str
) -> None:
    trained(corpus, folder=tmp_path / "whole", optimizer=optimizer)
    for number, step in enumerate((1, 5, 9)):
        training = make_training(corpus, folder=tmp_path / "parts", resume=number > 0, optimizer=optimizer)
        stop_after(training, step)
        assert not open_run(tmp_path / "parts").finished
        measured = training.result()["validation"]
        # the figures of the best evaluation on the way, marked as such
        assert measured == open_run(tmp_path / "parts").json("config")["validation"]
        assert (measured is None) == (training.state.best_nats is None)
        if measured is not None:
            assert (measured["nats_per_unit"], measured["on_the_way"]) == (training.state.best_nats, True)
    trained(corpus, folder=tmp_path / "parts", resume=True, optimizer=optimizer)
    same(open_run(tmp_path / "whole"), open_run(tmp_path / "parts"))
    whole, parts = open_run(tmp_path / "whole").metrics(), open_run(tmp_path / "parts").metrics()
    for record in (*whole, *parts):
        assert record.pop("elapsed_s") > 0
    assert whole == parts


@pytest.mark.parametrize(
    "more",
    [
        {"dropout": 0.3, "scheduled_sampling": "linear"},
        {"cell": "gru", "num_layers": 2, "layer_norm": True, "head_size": 8},
        {"cell": "rnn", "activation": "relu", "tied": True, "embed_size": None, "patience": 3, "epochs": 1.5},
        {"tokenizer": "byte", "seq_length": 4, "clip": 0},
        {"hierarchy": "sentences", "num_layers": 2, "dropout": 0.2, "optimizer": "muon"},
    ],
    ids=str,
)
def test_whatever_is_trained_goes_on_exactly(
    trained: Make, make_training: Make, corpus: Corpus, tmp_path: Path, more: dict[str, Any]
) -> None:
    trained(corpus, folder=tmp_path / "whole", **more)
    stop_after(make_training(corpus, folder=tmp_path / "parts", **more), 7)
    trained(corpus, folder=tmp_path / "parts", resume=True, **more)
    same(open_run(tmp_path / "whole"), open_run(tmp_path / "parts"))


def test_the_state_that_is_carried_matters_when_going_on(
    make_training: Make, trained: Make, corpus: Corpus, tmp_path: Path
) -> None:
    """The tests above have the power to see a carried state that is lost."""
    trained(corpus, folder=tmp_path / "whole")
    stop_after(make_training(corpus, folder=tmp_path / "parts"), 7)
    training = make_training(corpus, folder=tmp_path / "parts", resume=True)
    training.state.carried = None
    for _ in training.records():
        pass
    with pytest.raises(AssertionError):
        same(open_run(tmp_path / "whole"), open_run(tmp_path / "parts"))


def test_time_and_threads_go_on_too(make_training: Make, corpus: Corpus, tmp_path: Path) -> None:
    # begun a minute ago, and stopped before anything else was saved
    stop_after(make_training(corpus, folder=tmp_path / "run", started_at=time.monotonic() - 60), 1)
    state = open_run(tmp_path / "run").json("resume-state")
    assert state["elapsed_s"] == pytest.approx(60, abs=10)
    assert state["threads"] == 1
    torch.set_num_threads(2)
    second = make_training(corpus, folder=tmp_path / "run", resume=True)
    assert torch.get_num_threads() == 1
    for _ in second.records():
        pass
    assert second.result()["seconds"] >= state["elapsed_s"]
    assert second.result()["steps"] == 12


def test_a_signal_before_the_first_step_saves_the_start(make_training: Make, corpus: Corpus, tmp_path: Path) -> None:
    training = make_training(corpus, folder=tmp_path / "run")
    training.stop()
    for _ in training.records():
        pass
    run = open_run(tmp_path / "run")
    assert (run.step, run.finished) == (0, False)


def test_another_text_is_not_gone_on_with(make_training: Make, corpus: Corpus, tmp_path: Path) -> None:
    stop_after(make_training(corpus, folder=tmp_path / "run"), 3)
    with pytest.raises(UserError, match="the text is another than run was trained on"):
        make_training(corpus_from_text(VERSE * 40), folder=tmp_path / "run", resume=True)
    with pytest.raises(UserError, match="the held-out text is another"):
        make_training(corpus, folder=tmp_path / "run", resume=True, valid=corpus_from_text(VERSE))


def test_going_on_where_nothing_is_starts_anew(trained: Make, corpus: Corpus, tmp_path: Path) -> None:
    training = trained(corpus, folder=tmp_path / "run", resume=True)
    assert training.result()["steps"] == 12


def test_a_run_is_not_replaced_unasked(trained: Make, make_training: Make, corpus: Corpus, tmp_path: Path) -> None:
    trained(corpus, folder=tmp_path / "run")
    before = open_run(tmp_path / "run").model_sha256
    with pytest.raises(UserError):
        list(make_training(corpus, folder=tmp_path / "run", seed=2).records())
    assert open_run(tmp_path / "run").model_sha256 == before
    trained(corpus, folder=tmp_path / "run", seed=2, overwrite=True)
    assert open_run(tmp_path / "run").model_sha256 != before


def test_no_steps_save_the_initial_model(trained: Make, corpus: Corpus, tmp_path: Path) -> None:
    for end in ({"steps": 0}, {"steps": None, "epochs": 0}):
        training = trained(corpus, folder=tmp_path / "run", overwrite=True, **end)
        result = training.result()
        assert result["steps"] == 0
        # the untrained model gives every symbol the same probability
        assert result["validation"]["perplexity"] == pytest.approx(result["vocabulary"], rel=1e-6)
        assert open_run(tmp_path / "run").finished
        assert isinstance(load(tmp_path / "run").generate("to", length=5), str)


def test_epochs_are_passes_over_the_training_part(trained: Make, corpus: Corpus) -> None:
    training = trained(corpus, steps=None, epochs=2)
    windows = (len(training.data.train) - 1 - 8) // 32
    assert training.result()["steps"] == 2 * windows
    assert training.result()["stopped_by"] == "epochs"


def test_patience_ends_what_no_longer_gains(trained: Make, corpus: Corpus, tmp_path: Path) -> None:
    training = trained(corpus, folder=tmp_path / "run", steps=2000, lr=0.3, patience=2, seq_length=16)
    assert training.result()["stopped_by"] == "patience"
    assert training.state.step < 2000
    records = open_run(tmp_path / "run").metrics()
    assert [record["is_best"] for record in records[-2:]] == [False, False]
    # the last evaluation is not made twice
    assert len({record["step"] for record in records}) == len(records)
    assert open_run(tmp_path / "run").finished


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("clip", [1.0, 0])
def test_a_rate_far_too_large_leaves_no_broken_run(
    make_training: Make, corpus: Corpus, tmp_path: Path, optimizer: str, clip: float
) -> None:
    """It says that training diverged, and what is on disk is finite and can be loaded, or nothing is."""
    training = make_training(
        corpus, folder=tmp_path / "run", optimizer=optimizer, lr=1e6, clip=clip, steps=40, cell="rnn",
        activation="relu", num_layers=2, weight_decay=10.0,
    )  # fmt: skip
    with pytest.raises(WorldError, match=r"training diverged: .*lower --lr"):
        list(training.records())
    if (tmp_path / "run").exists():
        run = open_run(tmp_path / "run")
        assert not run.finished
        for role in ("model", "resume"):
            assert all(np.isfinite(array).all() for array in run.arrays(role).values())
        load(tmp_path / "run").generate("to", length=5)


def test_a_run_that_diverges_keeps_its_last_commit(make_training: Make, corpus: Corpus, tmp_path: Path) -> None:
    training = make_training(corpus, folder=tmp_path / "run")
    task = training._prepared.task
    loss = task.loss

    def poisoned(parameters: Any, at: int, fraction: float, carried: Any) -> Any:
        value, units, after = loss(parameters, at, fraction, carried)
        return (value * float("nan") if at == 9 else value), units, after

    task.loss = poisoned  # type: ignore[method-assign]
    with pytest.raises(WorldError, match="loss nan, gradient norm nan at step 10"):
        list(training.records())
    assert open_run(tmp_path / "run").step == 8
    training = make_training(corpus, folder=tmp_path / "run", resume=True)
    list(training.records())
    assert training.result()["steps"] == 12


def test_a_full_disk_at_an_evaluation_does_not_end_training(
    make_training: Make, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = make_training(corpus, folder=tmp_path / "run")
    writer = training._writer
    assert writer is not None
    failures = iter([True, True])

    def full(*_: Any, **__: Any) -> None:
        if next(failures, False):
            raise WorldError("could not append")

    monkeypatch.setattr(writer, "record", full)
    records = list(training.records())
    assert sum(isinstance(record, Note) and "could not append" in record.text for record in records) == 2
    assert open_run(tmp_path / "run").finished


def test_without_a_folder_nothing_is_written(
    trained: Make, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    training = trained(corpus)
    assert os.listdir(tmp_path) == []
    assert training.result()["run"] is None
    training.model().save("mine")
    assert load(tmp_path / "mine").generate("to", seed=1) == training.model().generate("to", seed=1)


def test_a_run_holds_neither_path_nor_text(trained: Make, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    trained(VERSE * 20, folder=tmp_path / "secret" / "run", command="textrnn train-lm verse.txt")
    run = open_run(tmp_path / "secret" / "run")
    config = run.json("config")
    assert set(config) == {"settings", "data", "plan", "validation", "command", "versions"}
    assert config["data"]["name"] == "verse.txt"
    assert config["settings"]["hidden_size"] == 16
    assert set(config["versions"]) == {"textrnn", "python", "torch", "numpy"}
    for file in (tmp_path / "secret" / "run").iterdir():
        content = file.read_bytes()
        assert str(tmp_path).encode() not in content, file.name
        # what the model writes is no copy: it has not learned anything in 12 steps
        assert VERSE[:20].encode() not in content, file.name


def test_the_command_that_began_a_run_stays(make_training: Make, trained: Make, corpus: Corpus, tmp_path: Path) -> None:
    stop_after(make_training(corpus, folder=tmp_path / "run", command="first"), 3)
    trained(corpus, folder=tmp_path / "run", resume=True, command="second")
    assert open_run(tmp_path / "run").json("config")["command"] == "first --seed 1"


def test_a_seed_that_is_not_given_is_told_and_kept(make_training: Make, corpus: Corpus, tmp_path: Path) -> None:
    training = make_training(corpus, seed=None, folder=tmp_path / "run")
    notes = [record.text for record in training.records() if isinstance(record, Note)]
    seed = open_run(tmp_path / "run").json("config")["settings"]["seed"]
    assert f"seed {seed}" in notes
    assert f"seed:{seed}" in training.result()["signature"]


def test_held_out_text_of_its_own(trained: Make) -> None:
    held_out = corpus_from_text("over the lazy dog, that is that. " * 4, "held.txt")
    training = trained(VERSE * 30, valid=held_out)
    assert training.result()["validation"]["units"] == held_out.characters - 1
    assert len(training.data.train) == len(VERSE) * 30
    figures = training.model().evaluate(held_out)
    assert figures.nats_per_unit == pytest.approx(training.result()["validation"]["nats_per_unit"], rel=1e-5)


def test_several_documents_start_with_their_boundary(trained: Make, tmp_path: Path) -> None:
    """Each document starts alike, and so does what an empty prompt gives."""
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefgh"))
    documents = ["start " + "".join(rng.choice(letters, 12).tolist()) for _ in range(120)]
    training = trained(
        corpus_from_text(documents), folder=tmp_path / "run", hidden_size=32, steps=200, optimizer="muon", seq_length=16
    )
    assert training.model().generate("", length=6, temperature=0) == "start "
    # and the boundary is learned as an end
    sample = training.model().write("", _settings(length=60, seed=1)).results[0]
    assert sample.stopped_by == "end"
    assert sample.text.startswith("start ")


def _settings(**given: Any) -> Any:
    from textrnn.config.generation import GenerationSettings

    return GenerationSettings(**given)


@pytest.mark.parametrize(("tokenizer", "unit"), [("byte", "byte"), ("word", "word")])
def test_other_units(trained: Make, tmp_path: Path, tokenizer: str, unit: str) -> None:
    text = "die Katze frißt Mäuse, the cat eats mice 猫 .\n" * 150
    training = trained(text, folder=tmp_path / "run", tokenizer=tokenizer, hidden_size=32, **LEARN)
    assert training.result()["unit"] == unit
    model = load(tmp_path / "run")
    assert model.generate("die Katze", length=8 if unit == "word" else 20, temperature=0).startswith(" frißt Mäuse")
    text = training.data.tokenizer.decode(training.data.valid.tolist())
    assert model.evaluate(corpus_from_text(text)).unit == unit


def test_one_distinct_character_is_learned_at_once(trained: Make) -> None:
    """What can come next: itself, or the two symbols that no text gives. The perplexity falls from 3 to 1."""
    training = trained("x" * 1200, steps=60, lr=0.05)
    assert 1 <= training.result()["validation"]["perplexity"] < 1.05
    assert any("1 distinct character" in note for note in training.data.notes)


def test_a_short_text_shrinks_what_was_not_given(trained: Make) -> None:
    training = trained("to be or not to be " * 60, batch_size=None, seq_length=None, steps=2)
    assert training.settings.batch_size * training.settings.seq_length < len(training.data.train)
    assert any("the text is short" in note for note in training._prepared.notes)


def test_scheduled_sampling_learns_too(trained: Make) -> None:
    training = trained(VERSE * 80, scheduled_sampling="inverse-sigmoid", hidden_size=32, **{**LEARN, "steps": 60})
    assert training.result()["validation"]["nats_per_unit"] < 1.5


def test_weights_on_the_way_are_those_of_the_state(make_training: Make, corpus: Corpus) -> None:
    training = make_training(corpus)
    for record in training.records():
        if isinstance(record, Evaluation) and record.is_best:
            text = corpus.text()
            held_out = corpus_from_text(text[int(len(text) * 0.9) :])
            assert training.model().evaluate(held_out).nats_per_unit == pytest.approx(record.valid_nats, rel=1e-5)


def test_a_run_that_is_replaced_stands_until_the_new_one_was_measured(
    trained: Make, make_training: Make, corpus: Corpus, tmp_path: Path
) -> None:
    trained(corpus, folder=tmp_path / "run", steps=12)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    training = stop_after(make_training(corpus, folder=tmp_path / "run", overwrite=True, seed=2, steps=1000), 1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    assert training.result()["run"] is None
    measured = make_training(corpus, folder=tmp_path / "run", overwrite=True, seed=2, steps=12)
    stop_after(measured, 5)
    assert measured.state.best_nats is not None
    assert (open_run(tmp_path / "run").step, open_run(tmp_path / "run").finished) == (5, False)
    assert measured.result()["run"] == str(tmp_path / "run")


def test_a_damaged_disk_at_the_end_leaves_a_copy_in_another_place(
    make_training: Make, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    training = make_training(corpus, folder=tmp_path / "run", steps=12, seed=3)
    write_new = disk.write_new

    def full(path: Path, pieces: Any) -> None:
        if path.parent == tmp_path / "run":
            raise OSError(errno.ENOSPC, "No space left on device")
        write_new(path, pieces)

    monkeypatch.setattr(disk, "write_new", full)
    with pytest.raises(WorldError, match=r"No space left.*saved in .*elsewhere/run-rescued-.* instead") as caught:
        for _ in training.records():
            pass
    (rescued,) = (tmp_path / "elsewhere").iterdir()
    assert str(rescued) in str(caught.value)
    assert open_run(rescued).finished and (rescued / "README.md").exists()
    assert load(rescued).generate("To", length=9, seed=1) == training.model().generate("To", length=9, seed=1)


def test_a_full_disk_without_another_place_is_told_as_it_is(
    make_training: Make, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "nowhere")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    training = make_training(corpus, folder=tmp_path / "run", steps=2)
    monkeypatch.setattr(disk, "write_new", full)
    with pytest.raises(WorldError, match="No space left") as caught:
        for _ in training.records():
            pass
    assert "instead" not in str(caught.value)


def test_a_signal_while_the_end_is_measured_stops_the_measuring(
    make_training: Make, corpus: Corpus, tmp_path: Path
) -> None:
    training = make_training(corpus, folder=tmp_path / "run", steps=6)
    for record in training.records():
        if isinstance(record, Evaluation) and record.step == 6:
            training.stop()
    assert training.result()["stopped_by"] == "signal"
    assert (open_run(tmp_path / "run").step, open_run(tmp_path / "run").finished) == (6, False)
    again = make_training(corpus, folder=tmp_path / "run", resume=True, steps=6)
    list(again.records())
    assert (again.result()["stopped_by"], open_run(tmp_path / "run").finished) == ("steps", True)


@pytest.mark.parametrize("which", ["the last weights", "all that is held out"])
def test_measuring_at_the_end_is_interrupted_and_done_anew(
    make_training: Make, corpus: Corpus, tmp_path: Path, which: str
) -> None:
    training = make_training(corpus, folder=tmp_path / "run", steps=6)
    task, evaluate = training._prepared.task, training._prepared.task.evaluate
    at_the_end: list[int] = []
    went_on = []

    def signalled(parameters: Any, units: int) -> Any:
        figures = evaluate(parameters, units)
        at_the_end.extend([units] * (training.state.step == 6))
        if len(at_the_end) == (1 if which == "the last weights" else 2):
            training.stop()
            went_on.append(units)
        return figures

    task.evaluate = signalled  # type: ignore[method-assign]
    list(training.records())
    assert went_on == [] and training.result()["stopped_by"] == "signal"
    assert not open_run(tmp_path / "run").finished
    again = make_training(corpus, folder=tmp_path / "run", resume=True, steps=6)
    list(again.records())
    whole = make_training(corpus, folder=tmp_path / "whole", steps=6)
    list(whole.records())
    assert again.result()["validation"] == whole.result()["validation"]
    assert open_run(tmp_path / "run").model_sha256 == open_run(tmp_path / "whole").model_sha256


def test_a_signal_while_the_card_is_measured_for_leaves_a_card_without_that(
    make_training: Make, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = make_training(corpus, folder=tmp_path / "run", steps=6)

    def signalled(*_: Any) -> None:
        training.stop()

    monkeypatch.setattr("textrnn.training.language_model.card.measured_copying", signalled)
    records = list(training.records())
    assert isinstance(records[-1], Done)
    assert training.result()["stopped_by"] == "steps" and open_run(tmp_path / "run").finished
    assert "such a copy was not measured" in (tmp_path / "run" / "README.md").read_text()


def test_the_card_gives_a_command_that_can_be_typed(trained: Make, corpus: Corpus, tmp_path: Path) -> None:
    trained(corpus, folder=tmp_path / "two words", steps=1)
    assert "textrnn generate --model 'two words' --prompt" in (tmp_path / "two words" / "README.md").read_text()


def change_array(name: str, change: Callable[[np.ndarray], np.ndarray | None]) -> Callable[[Any], Any]:
    def changed(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        found = next(key for key in arrays if key.startswith(name))
        new = change(arrays.pop(found))
        return arrays if new is None else {**arrays, found: new}

    return changed


WRONG_RESUME: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "no step": ("resume-state", lambda facts: {name: facts[name] for name in facts if name != "step"}),
    "a step of another type": ("resume-state", lambda facts: {**facts, "step": "5"}),
    "no number of threads": ("resume-state", lambda facts: {**facts, "threads": "all"}),
    "a weight is missing": ("resume", change_array("parameter/", lambda _: None)),
    "a weight of another shape": ("resume", change_array("parameter/", lambda array: array[:-1])),
    "an average is missing": ("resume", change_array("average/", lambda _: None)),
    "a moment is missing": ("resume", change_array("optimizer/", lambda _: None)),
    "a moment of another shape": ("resume", change_array("optimizer/layers", lambda array: np.zeros((2, 3, 4)))),
    "carried by other rows": ("resume", change_array("carried/", lambda array: array[:1])),
    "an array too many": ("resume", lambda arrays: {**arrays, "optimizer/more": np.zeros(3)}),
    "an array of no group": ("resume", lambda arrays: {**arrays, "more": np.zeros(3)}),
}


@pytest.mark.parametrize("case", WRONG_RESUME)
def test_a_sealed_run_that_cannot_go_on_is_refused_by_its_file(
    make_training: Make, corpus: Corpus, tmp_path: Path, case: str
) -> None:
    role, change = WRONG_RESUME[case]
    stop_after(make_training(corpus, folder=tmp_path / "run", steps=20), 5)
    run = open_run(tmp_path / "run")
    json = {name: run.json(name) for name in ("config", "tokenizer", "resume-state")}
    arrays = {name: run.arrays(name) for name in ("model", "resume")}
    kind: dict[str, Any] = json if role in json else arrays
    kind[role] = change(kind[role])
    with RunWriter(tmp_path / "wrong") as writer:
        writer.commit(task=run.task, step=run.step, json=json, arrays=arrays, finished=False)
    with pytest.raises(UserError, match=r"in .*wrong/resume-5\.(json|safetensors): this file cannot be used"):
        make_training(corpus, folder=tmp_path / "wrong", resume=True, steps=20)

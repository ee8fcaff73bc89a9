"""`textrnn.train_lm`: one call from text to model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import textrnn
from textrnn.errors import UserError
from textrnn.runs.folder import open_run
from textrnn.text.corpus import corpus_from_text
from textrnn.training import division

TEXT = "to be, or not to be: that is the question\n" * 40
SMALL = {"hidden_size": 8, "embed_size": 4, "batch_size": 4, "seq_length": 8, "seed": 0}


def test_a_corpus_or_a_file_becomes_a_model(tmp_path: Path) -> None:
    (tmp_path / "verse.txt").write_text(TEXT)
    model = textrnn.train_lm(corpus_from_text(TEXT, "verse.txt"), steps=5, **SMALL)
    assert isinstance(model, textrnn.LanguageModel)
    again = textrnn.train_lm(tmp_path / "verse.txt", steps="5", out=tmp_path / "run", **SMALL)
    assert again.generate("to", length=20, seed=1) == model.generate("to", length=20, seed=1)
    assert textrnn.load(tmp_path / "run").generate("to", length=20, seed=1) == model.generate("to", length=20, seed=1)
    several = textrnn.train_lm([tmp_path / "verse.txt", tmp_path / "verse.txt"], steps=1, **SMALL)
    assert several.config["data"]["documents"] == 2


def test_a_training_puts_back_the_numbers_of_threads() -> None:
    torch.set_num_threads(2)
    textrnn.train_lm(corpus_from_text(TEXT), steps=1, threads=1, **SMALL)
    assert torch.get_num_threads() == division.num_threads() == 2
    textrnn.train_classifier(["a good one", "a bad one"] * 20, [1, 0] * 20, steps=1, seed=0, hidden_size=4)
    assert torch.get_num_threads() == division.num_threads() == 2


def test_bad_settings_are_all_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        textrnn.train_lm(corpus_from_text(TEXT), steps=-1, hiden_size=5, cell="LSTM")
    for part in ("--steps", "did you mean 'hidden_size'?", "--cell"):
        assert part in str(caught.value)


def test_held_out_text_may_be_a_corpus_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "held.txt").write_text(TEXT[:200])
    for valid in (tmp_path / "held.txt", corpus_from_text(TEXT[:200])):
        model = textrnn.train_lm(corpus_from_text(TEXT), valid=valid, steps=2, **SMALL)
        assert model.config["validation"]["units"] == 199


def interrupt_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next training stop before its first step."""
    from textrnn.training.language_model.training import LanguageModelTraining

    records = LanguageModelTraining.records

    def stopping(self: LanguageModelTraining):  # type: ignore[no-untyped-def]
        self.stop()
        monkeypatch.setattr(LanguageModelTraining, "records", records)
        return records(self)

    monkeypatch.setattr(LanguageModelTraining, "records", stopping)


def test_a_run_goes_on_with_its_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_from_text(TEXT)
    whole = textrnn.train_lm(corpus, out=tmp_path / "whole", steps=6, **SMALL)
    interrupt_first(monkeypatch)
    textrnn.train_lm(corpus, out=tmp_path / "parts", steps=6, **SMALL)
    assert not open_run(tmp_path / "parts").finished
    parts = textrnn.train_lm(corpus, out=tmp_path / "parts", resume=True)
    assert parts.settings == whole.settings
    run = open_run(tmp_path / "parts")
    assert (run.finished, run.step) == (True, 6)
    assert run.model_sha256 == open_run(tmp_path / "whole").model_sha256


def test_what_cannot_change_is_refused_and_what_can_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_from_text(TEXT)
    interrupt_first(monkeypatch)
    textrnn.train_lm(corpus, out=tmp_path / "run", steps=6, **SMALL)
    with pytest.raises(UserError, match=r"--hidden-size 8 -> 9.*what may change: .*--steps"):
        textrnn.train_lm(corpus, out=tmp_path / "run", resume=True, hidden_size=9)
    model = textrnn.train_lm(corpus, out=tmp_path / "run", resume=True, steps=3)
    assert open_run(tmp_path / "run").step == 3
    assert model.settings.steps == 3


def test_a_finished_run_is_returned_as_it_is(tmp_path: Path) -> None:
    corpus = corpus_from_text(TEXT)
    model = textrnn.train_lm(corpus, out=tmp_path / "run", steps=3, **SMALL)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run").iterdir()}
    again = textrnn.train_lm(corpus, out=tmp_path / "run", resume=True)
    assert again.generate("to", seed=0) == model.generate("to", seed=0)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run").iterdir()} == before


def test_weights_of_another_run(tmp_path: Path) -> None:
    textrnn.train_lm(corpus_from_text(TEXT), out=tmp_path / "donor", steps=3, **SMALL)
    model = textrnn.train_lm(corpus_from_text(TEXT), init_from=tmp_path / "donor", steps=0, seed=7)
    assert model.settings.hidden_size == 8
    assert model.generate("to", seed=0) == textrnn.load(tmp_path / "donor").generate("to", seed=0)


def test_what_excludes_itself_is_refused_in_words(tmp_path: Path) -> None:
    corpus = corpus_from_text(TEXT)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"resume": True, "overwrite": True, "out": tmp_path / "run"}, "--resume and --overwrite together"),
        ({"resume": True, "init_from": "x", "out": tmp_path / "run"}, "--resume and --init-from together"),
        ({"resume": True}, "resume=True without out"),
        ({"valid": corpus, "val_frac": 0.2}, "--val-frac and --valid together"),
    ]
    for options, line in wrong:
        with pytest.raises(UserError, match=line):
            textrnn.train_lm(corpus, steps=1, **options)
    for source in (None, b"", 3):
        with pytest.raises(TypeError, match=f"not {type(source).__name__}"):
            textrnn.train_lm(source, steps=1)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_weights_of_a_run_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    textrnn.train_lm(corpus_from_text(TEXT), out="checkpoints/donor", steps=1, **SMALL)
    model = textrnn.train_lm(corpus_from_text(TEXT), init_from="donor", steps=0, seed=7)
    assert model.generate("to", seed=0) == textrnn.load("donor").generate("to", seed=0)


def test_a_model_that_was_not_saved_has_a_card(tmp_path: Path) -> None:
    model = textrnn.train_lm(corpus_from_text(TEXT, "verse.txt"), steps=1, **SMALL)
    model.save(tmp_path / "later")
    card = (tmp_path / "later" / "README.md").read_text()
    assert "`verse.txt`" in card and "was not measured" in card and "held out" in card


def test_a_budget_without_room_for_a_step_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textrnn.training.course.Course.ended_by", lambda *_: "budget")
    with pytest.warns(RuntimeWarning, match="no step was taken.*--budget"):
        textrnn.train_lm(corpus_from_text(TEXT), budget="5s", **SMALL)

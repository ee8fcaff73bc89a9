"""`textrnn repl` from a pipe, with a small model: the whole of the issue's script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import textrnn

Run = Callable[..., Any]


def test_a_script_carries_the_state_on(run: Run, model_folder: Path) -> None:
    words = ("repl", "-m", str(model_folder), "--seed", "1", "-n", "30")
    result = run(*words, stdin=b"My only\n/set temperature 0\nMy only\n")
    assert result.code == 0
    conversation = textrnn.load(model_folder).conversation()
    settings = {"seed": 1, "length": 30}
    from textrnn.config.generation import GenerationSettings

    first = "".join(conversation.write("My only", GenerationSettings(**settings), seed=1))
    second = "".join(conversation.write("My only", GenerationSettings(**settings, temperature=0), seed=1))
    assert result.stdout == "".join(text + ("" if text.endswith("\n") else "\n") for text in (first, second))
    assert "\x1b" not in result.stdout + result.stderr
    assert run(*words, stdin=b"My only\n/reset\nMy only\n").stdout == (first + "\n") * 2


def test_mistakes_in_a_script(run: Run, model_folder: Path) -> None:
    words = ("repl", "-m", str(model_folder), "--seed", "1", "-n", "5")
    ended = run(*words, stdin=b"My\n/unknown\nMy\n")
    assert ended.code == 2 and len(ended.stdout.rstrip("\n")) <= 5 < len(ended.stdout) + 1
    assert ended.stderr.startswith("textrnn: error: unknown command /unknown in the session: ")
    went_on = run(*words, stdin="€\nMy\n".encode())
    assert went_on.code == 2 and len(went_on.stdout.rstrip("\n")) <= 5 < len(went_on.stdout) + 1
    assert "U+20AC" in went_on.stderr and "(line 1)" in went_on.stderr


def test_no_input_is_no_failure(run: Run, model_folder: Path) -> None:
    assert run("repl", "-m", str(model_folder)) == (0, "", "")


def test_help_in_a_script_is_lines(run: Run, model_folder: Path) -> None:
    told = run("repl", "-m", str(model_folder), stdin=b"/help\n").stderr
    assert "\\n" not in told and told.count("\n") > 5


def test_settings_of_several_texts_are_not_for_a_conversation(
    run: Run, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("repl", "-m", str(model_folder), "--temperature", "0", "-n", "5")
    alone = run(*words, stdin=b"RO\n").stdout
    for name in ("SAMPLES", "BEAM"):
        monkeypatch.setenv(f"TEXTRNN_{name}", "3")
    assert run(*words, stdin=b"RO\n").stdout == alone != ""
    assert "--beam" not in run("repl", "--help").stdout


def test_a_classifier_answers_a_script_and_takes_its_own_settings(
    run: Run, refused: Callable[..., str], make_classifier: Callable[..., Any], tmp_path: Path, model_folder: Path
) -> None:
    model = make_classifier()
    model.save(tmp_path / "films")
    lines = [f"{verdict.label}\t{verdict.score:.4f}\n" for verdict in model.verdicts(["a lovely film", "", "dull"])]
    result = run("repl", "-m", "films", stdin=b"a lovely film\n\n/set k 1\ndull\n")
    assert (result.code, result.stdout) == (0, "".join(lines))
    explained = run("repl", "-m", "films", "--explain", "--abstain-below", "1", stdin=b"dull\n").stdout
    assert explained.startswith("?\t") and "  dull\nfor " in explained
    line = refused("repl", "-m", "films", "--temperature", "1", "-n", "3")
    assert line == "--length, --temperature with a classifier in textrnn repl: leave out what is for a language model"
    assert refused("repl", "-m", str(model_folder), "--explain").startswith("--explain with a language model in ")


def test_a_language_model_is_meant_where_none_is_named(
    run: Run, make_classifier: Callable[..., Any], tmp_path: Path, model_folder: Path
) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "tiny").symlink_to(model_folder)
    make_classifier().save(tmp_path / "checkpoints" / "newer")
    assert "checkpoints/tiny" in run("repl").stderr

"""`textrnn demo`: trains on the built-in text, writes, and names what to try next; here on another text, for a step."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from textrnn.cli import demo as module
from textrnn.runs.folder import open_run

Run = Callable[..., Any]


class Stopper:
    """A view that stops the training once it is under way."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def feed(self, record: Any) -> None:
        if record.kind == self.at:
            signal.raise_signal(signal.SIGINT)

    at = "never"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a budget nothing is measured or planned."""
    monkeypatch.setattr(module, "DEFAULT_TEXT", "python-docs")
    train = module.train

    def few_steps(kind: Any, wanted: Any, *, json: bool) -> Any:
        sizes = {"hidden_size": "4", "embed_size": "4", "batch_size": "2", "seq_length": "8", "val_frac": "0.001"}
        assert wanted.given.pop("budget") == "30s"
        wanted.given.update(sizes, steps="1")
        return train(kind, wanted, json=json)

    monkeypatch.setattr(module, "train", few_steps)
    monkeypatch.setattr(module, "PROMPT", "The ")


def test_the_demo_trains_writes_and_names_the_next_commands(run: Run) -> None:
    result = run("demo", "--budget", "30s")
    assert result.code == 0, result.stderr
    assert "\nThe " in result.stdout
    assert open_run("checkpoints/demo").task == "language-model"
    for command in ("generate --model checkpoints/demo", "repl --model", "train-lm YOUR.txt", "evaluate YOUR.txt"):
        assert f"  textrnn {command}" in result.stderr
    assert run("demo", "--budget", "30s").code == 0
    assert [path.name for path in Path("checkpoints").iterdir()] == ["demo"]


def test_a_demo_that_is_stopped_ends_as_training_does(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stopper, "at", "plan")
    monkeypatch.setattr("textrnn.report.view.view_for", lambda *_, **__: Stopper())
    result = run("demo", "--budget", "30s")
    assert result.code == 130 and "Try next" not in result.stderr


def test_a_bad_budget(run: Run) -> None:
    result = run("demo", "--budget", "soon")
    assert result.code == 2 and " in --budget: expected " in result.error


def test_a_folder_of_other_things_is_refused_by_a_flag_that_exists(run: Run) -> None:
    (Path("mine") / "demo").mkdir(parents=True)
    (Path("mine") / "demo" / "thesis.txt").write_text("mine")
    result = run("demo", "--runs-dir", "mine")
    assert result.code == 2
    assert result.error == "other files and no run (thesis.txt) in mine/demo: give another --runs-dir"

"""`textrnn demo`: trains on built-in data, writes, judges, names what to try next; here on small data, for a step."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from textrnn import cli
from textrnn.cli import demo as module
from textrnn.cli.kinds.classifier import CLASSIFIERS, Classifiers
from textrnn.cli.kinds.language_model import LANGUAGE_MODELS, LanguageModels
from textrnn.runs.folder import open_run

Run = Callable[..., Any]


class Stopper:
    """A view that stops the training of a kind once it is under way."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def feed(self, record: Any) -> None:
        self.seen.append(record.kind)
        if self.seen.count("plan") == self.at and record.kind == "plan":
            signal.raise_signal(signal.SIGINT)

    at = 0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, reviews: Path) -> None:
    """Without a budget nothing is measured or planned."""
    monkeypatch.setattr(LanguageModels, "default", "python-docs")
    monkeypatch.setattr(Classifiers, "default", str(reviews))
    train = module.train

    def few_steps(kind: Any, wanted: Any, *, json: bool) -> Any:
        sizes = {"hidden_size": "4", "embed_size": "4", "batch_size": "2", "seq_length": "8"}
        assert wanted.given.pop("budget") == "30s"
        held_out = "0.001" if kind is LANGUAGE_MODELS else "0.1"
        wanted.given.update(sizes, steps="1", val_frac=held_out)
        return train(kind, wanted, json=json)

    monkeypatch.setattr(module, "train", few_steps)
    monkeypatch.setattr(module, "PROMPT", "The ")


def test_the_demo_trains_writes_judges_and_names_the_next_commands(run: Run) -> None:
    result = run("demo", "--budget", "30s")
    assert result.code == 0, result.stderr
    assert "\nThe " in result.stdout
    assert [open_run(f"checkpoints/{name}").task for name in ("demo", "demo-sentiment")] == [
        "language-model",
        "classifier",
    ]
    validation = open_run("checkpoints/demo-sentiment").json("config")["validation"]
    assert f"macro F1 {validation['macro_f1']:.4f}" in result.stderr
    for sentence in module.SENTENCES:
        assert f"\t{sentence}\n" in result.stdout
    assert result.stdout.count("the words add up to the difference") == 3
    for command in (
        "generate --model checkpoints/demo", "classify --model checkpoints/demo-sentiment --explain", "repl --model",
        "train-lm YOUR.txt", "train-classifier YOUR.csv", "evaluate YOUR.csv",
    ):  # fmt: skip
        assert f"  textrnn {command}" in result.stderr
    assert run("demo", "--budget", "30s").code == 0
    assert sorted(path.name for path in Path("checkpoints").iterdir()) == ["demo", "demo-sentiment"]


@pytest.mark.parametrize("at", [1, 2])
def test_a_demo_that_is_stopped_ends_as_training_does(run: Run, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    view = Stopper()
    monkeypatch.setattr(Stopper, "at", at)
    monkeypatch.setattr("textrnn.report.view.view_for", lambda *_, **__: view)
    result = run("demo", "--budget", "30s")
    assert result.code == 130 and "Try next" not in result.stderr
    assert view.seen.count("plan") == at


def test_the_budgets_are_two_minutes_and_one(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    asked: list[Any] = []
    begun: list[float] = []
    ended: list[float] = []

    def train(kind: Any, wanted: Any, *, json: bool) -> Any:
        asked.append((kind, wanted.given["budget"]))
        begun.append(wanted.started_at)
        ended.append(time.monotonic())
        return object(), 0

    monkeypatch.setattr(module, "train", train)
    monkeypatch.setattr(module, "_write", lambda _: None)
    monkeypatch.setattr(module, "_judge", lambda _: None)
    assert run("demo").code == 0
    assert asked == [(LANGUAGE_MODELS, "2m"), (CLASSIFIERS, "1m")]
    # the second begins where the first has ended
    assert begun[0] == cli.started_at and begun[1] >= ended[0]


def test_a_bad_budget(run: Run) -> None:
    result = run("demo", "--budget", "soon")
    assert result.code == 2 and " in --budget: expected " in result.error


@pytest.mark.parametrize("name", ["demo", "demo-sentiment"])
def test_a_folder_of_other_things_is_refused_by_a_flag_that_exists(run: Run, name: str) -> None:
    (Path("mine") / name).mkdir(parents=True)
    (Path("mine") / name / "thesis.txt").write_text("mine")
    result = run("demo", "--runs-dir", "mine")
    assert result.code == 2
    assert result.error == f"other files and no run (thesis.txt) in mine/{name}: give another --runs-dir"

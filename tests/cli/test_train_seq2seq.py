"""`textrnn train-seq2seq`: the result, the run it leaves, going on, what is refused before torch."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

import textrnn
from textrnn.runs.folder import open_run

Run = Callable[..., Any]
Refused = Callable[..., str]
SMALL = ("--hidden-size", "4", "--embed-size", "4", "-b", "8", "--seed", "0")
KEYS = [
    "run", "task", "cell", "parameters", "unit", "source_vocabulary", "vocabulary", "pairs", "steps", "examples_seen",
    "seconds", "stopped_by", "validation", "signature",
]  # fmt: skip
FIGURES = ["pairs", "bleu", "chrf", "exact_match", "nats_per_unit"]


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """Thirty pairs in the folder the command runs in."""
    path = tmp_path / "words.tsv"
    path.write_text("".join(f"say {number}\t{number} is said\n" for number in range(30)))
    return path


@pytest.fixture
def train(run: Run, words: Path) -> Run:
    return lambda *words, **more: run("train-seq2seq", *words, **more)


def test_json_is_one_line_with_the_promised_keys(train: Run) -> None:
    result = train("words.tsv", *SMALL, "--steps", "4", "--json")
    assert result.code == 0 and result.stdout.count("\n") == 1, result.stderr
    value = json.loads(result.stdout)
    assert list(value) == KEYS and list(value["validation"]) == FIGURES
    assert (value["run"], value["task"], value["steps"]) == ("checkpoints/words-gru", "seq2seq", 4)
    # four batches hold the 27 of 30 pairs that are not held out
    assert value["examples_seen"] == value["pairs"] == 27
    assert "textrnn: next: textrnn translate --model checkpoints/words-gru TEXT" in result.stderr
    loaded = textrnn.load("checkpoints/words-gru")
    assert isinstance(loaded, textrnn.Translator)


def test_people_get_the_same_facts(train: Run) -> None:
    result = train("words.tsv", *SMALL, "--steps", "2", "--out", "run", "--tokenizer", "word")
    validation = open_run("run").json("config")["validation"]
    assert f"exact match  {validation['exact_match']:.4f}" in result.stdout
    assert f"chrF         {validation['chrf']:.2f}" in result.stdout and "\nexamples seen" in result.stdout
    assert "nats/word" in result.stderr and "units right" in result.stderr
    assert "\x1b" not in result.stdout + result.stderr


def test_a_toy_task_and_a_held_out_file(train: Run, words: Path) -> None:
    result = train("additions", *SMALL, "--steps", "1", "--valid", "words.tsv", "--out", "run", "--json")
    facts = open_run("run").json("config")["data"]
    assert facts["name"] == "additions" and facts["valid_pairs"] == 30
    assert json.loads(result.stdout)["validation"]["pairs"] == 30
    assert open_run("run").json("config")["command"].startswith("textrnn train-seq2seq additions --valid words.tsv ")


def test_columns_of_a_table_and_stdin(train: Run, words: Path) -> None:
    rows = "".join(f'{n},"say {n}",{n}\n' for n in range(9))
    columns = ("--source-column", "q", "--target-column", "a", "--steps", "1", "--json")
    result = train("-", *SMALL, *columns, stdin=f"id,q,a\n{rows}".encode())
    assert json.loads(result.stdout)["run"] == "checkpoints/stdin-gru", result.stderr
    assert open_run("checkpoints/stdin-gru").json("config")["data"]["pairs"] == 8


class StopsAt:
    """A view that stops the training at a record."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def feed(self, record: Any) -> None:
        self.left -= 1
        if not self.left:
            signal.raise_signal(signal.SIGTERM)


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(
    train: Run, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*SMALL, "--steps", "40", "--json")
    with monkeypatch.context() as patch:
        patch.setattr("textrnn.report.view.view_for", lambda *_, **__: StopsAt(6))
        first = train("words.tsv", *words, "--out", "run")
    assert first.code == 143 and json.loads(first.stdout)["stopped_by"] == "signal"
    assert "textrnn train-seq2seq words.tsv --out run --resume" in first.stderr
    assert refused("train-seq2seq", "--out", "run", "--resume").startswith("the data is not named in --resume")
    other = ("train-seq2seq", "words.tsv", "--out", "run", "--resume", "--attention", "none")
    assert "--attention" in refused(*other)
    result = train("words.tsv", "--out", "run", "--resume", "--json")
    whole = train("words.tsv", *words, "--out", "whole")
    assert json.loads(result.stdout)["validation"] == json.loads(whole.stdout)["validation"]
    assert open_run("run").model_sha256 == open_run("whole").model_sha256
    again = json.loads(train("--out", "whole", "--resume", "--json").stdout)
    first_said = json.loads(whole.stdout)
    assert again.pop("seconds") <= first_said.pop("seconds") and again == first_said


BAD = {
    "no columns": ("only one\n", "bad.tsv"),
    "ragged rows": ("a\tb\nc\td\te\n", "bad.tsv line 2"),
    "an empty source": ("a\tb\n\tc\n", "no source in bad.tsv line 2"),
    "an empty target": ("a\tb\nc\t\n", "no target in bad.tsv line 2"),
    "nothing": ("", "bad.tsv"),
    "one source": ("a\tb\na\tc\n", "2 pairs of one source in bad: give two different ones"),
    "no text": ("a\tb\0\n", "binary"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_pairs_are_refused_without_torch(tmp_path: Path, name: str) -> None:
    content, expected = BAD[name]
    (tmp_path / "bad.tsv").write_text(content)
    code = (
        "import sys; from textrnn.cli import main; code = main(sys.argv[1:]); "
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    words = [sys.executable, "-c", code, "train-seq2seq", "bad.tsv", "--steps", "1"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("textrnn: error: ") and expected in line and done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.tsv"]


def test_what_is_not_there_is_refused(refused: Refused) -> None:
    assert refused("train-seq2seq") == "no FILE in textrnn train-seq2seq: name the data to train on"
    assert "nowhere.tsv" in refused("train-seq2seq", "nowhere.tsv")
    for option in ("--tied", "--pooling", "--allow-binary"):
        assert f"unknown option {option}" in refused("train-seq2seq", "x.tsv", option, "x")
    assert "--attention" in refused("train-seq2seq", "dates", "--attention", "soft")


def test_runs_and_summary_know_it(train: Run, run: Run, refused: Refused) -> None:
    train("words.tsv", *SMALL, "--steps", "1", "--out", "checkpoints/run")
    (found, *_) = json.loads(run("runs", "--json").stdout)
    validation = open_run("checkpoints/run").json("config")["validation"]
    assert (found["task"], found["bleu"]) == ("seq2seq", validation["bleu"])
    assert f"BLEU {validation['bleu']:.1f}" in run("runs").stdout
    value = json.loads(run("summary", "run", "--json").stdout)
    assert value["task"] == "seq2seq" and value["layers"][-1]["output_shape"] == [None, None, value["vocabulary"]]
    assert [layer["name"] for layer in value["layers"]] == [
        "encoder embedding", "encoder gru 1", "bridge", "decoder embedding", "decoder gru 1", "attention", "head",
        "output",
    ]  # fmt: skip
    assert value["parameters"] == found_parameters()
    described = json.loads(
        run("summary", "--task", "seq2seq", "--attention", "additive", "--vocabulary-size", "9", "--json").stdout
    )
    assert any(layer["kind"] == "Attention, additive" for layer in described["layers"])
    line = refused("summary", "--task", "seq2seq", "--classes", "3")
    assert line.startswith("--classes with an encoder-decoder: it is for a classifier or a tagger")


def found_parameters() -> int:
    shapes = open_run("checkpoints/run").array_shapes("model").values()
    total = 0
    for shape, _ in shapes:
        size = 1
        for length in shape:
            size *= length
        total += size
    return total

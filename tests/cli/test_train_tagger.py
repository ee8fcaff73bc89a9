"""`textrnn train-tagger`: the result, the run it leaves, going on, what is refused before torch."""

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
SMALL = ("--hidden-size", "4", "--embed-size", "4", "-b", "8", "--seed", "0", "--subwords", "30")
KEYS = [
    "run", "task", "cell", "parameters", "unit", "vocabulary", "tags", "sentences", "steps", "examples_seen", "seconds",
    "stopped_by", "validation", "signature",
]  # fmt: skip
FIGURES = ["sentences", "token_accuracy", "span_precision", "span_recall", "span_f1", "baselines"]


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Thirty tagged sentences in the folder the command runs in."""
    lines = [f"We\tO\nsaw\tO\nTown{number % 9}\tB-place\n" + "again\tO\n" * (number % 3) for number in range(30)]
    path = tmp_path / "places.conll"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def train(run: Run, places: Path) -> Run:
    return lambda *words, **more: run("train-tagger", *words, **more)


def test_json_is_one_line_with_the_promised_keys(train: Run) -> None:
    result = train("places.conll", *SMALL, "--steps", "4", "--json")
    assert result.code == 0 and result.stdout.count("\n") == 1, result.stderr
    value = json.loads(result.stdout)
    assert list(value) == KEYS and list(value["validation"]) == FIGURES
    (baseline,) = value["validation"]["baselines"]
    assert list(baseline) == ["name", *FIGURES[1:-1]]
    assert (value["run"], value["task"], value["steps"]) == ("checkpoints/places-lstm", "tagger", 4)
    # four batches hold the 27 of 30 sentences that are not held out
    assert value["examples_seen"] == value["sentences"] == 27
    assert "textrnn: next: textrnn tag --model checkpoints/places-lstm SENTENCE" in result.stderr
    loaded = textrnn.load("checkpoints/places-lstm")
    assert isinstance(loaded, textrnn.Tagger) and loaded.tags == ("B-place", "O")


def test_people_get_the_same_facts(train: Run) -> None:
    result = train("places.conll", *SMALL, "--steps", "2", "--out", "run")
    validation = open_run("run").json("config")["validation"]
    assert "3 sentences                 span F1  precision  recall  words right" in result.stdout
    assert f"{validation['token_accuracy']:.4f}" in result.stdout and "\nexamples seen  " in result.stdout
    assert "nats/word" in result.stderr and "token accuracy" in result.stderr
    assert "\x1b" not in result.stdout + result.stderr


def test_several_files_are_one_and_a_held_out_file_is_held_out(train: Run, places: Path) -> None:
    sentences = places.read_text().split("\n\n")
    for name, part in (("a.conll", sentences[:9]), ("b.conll", sentences[9:20]), ("c.conll", sentences[20:])):
        Path(name).write_text("\n\n".join(part))
    result = train("a.conll", "b.conll", "--valid", "c.conll", *SMALL, "--steps", "1", "--out", "run", "--json")
    facts = open_run("run").json("config")["data"]
    assert (facts["sentences"], facts["valid_sentences"]) == (20, 10)
    assert json.loads(result.stdout)["validation"]["sentences"] == 10
    assert open_run("run").json("config")["command"].startswith("textrnn train-tagger a.conll b.conll --valid c.conll ")


def test_sentences_from_stdin(train: Run, places: Path) -> None:
    result = train("-", *SMALL, "--steps", "1", "--json", stdin=places.read_bytes())
    assert json.loads(result.stdout)["run"] == "checkpoints/stdin-lstm", result.stderr


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
        first = train("places.conll", *words, "--out", "run")
    assert first.code == 143 and json.loads(first.stdout)["stopped_by"] == "signal"
    assert "textrnn train-tagger places.conll --out run --resume" in first.stderr
    assert refused("train-tagger", "--out", "run", "--resume").startswith("the data is not named in --resume")
    assert "--shapes" in refused("train-tagger", "places.conll", "--out", "run", "--resume", "--no-shapes")
    result = train("places.conll", "--out", "run", "--resume", "--json")
    whole = train("places.conll", *words, "--out", "whole")
    assert json.loads(result.stdout)["validation"] == json.loads(whole.stdout)["validation"]
    assert open_run("run").model_sha256 == open_run("whole").model_sha256


def test_a_finished_run_says_again_what_it_was(train: Run) -> None:
    first = json.loads(train("places.conll", *SMALL, "--steps", "3", "--out", "run", "--json").stdout)
    again = json.loads(train("--out", "run", "--resume", "--json").stdout)
    assert list(again) == KEYS
    assert again.pop("seconds") <= first.pop("seconds")
    assert again == first


BAD = {
    "no columns": ("We saw it\n", "a word without a tag"),
    "ragged rows": ("We\tO\nsaw\tO\tVB\n", "more than a word and a tag (3 columns, apart by tabs) in bad.conll line 2"),
    "an empty tag": ("We\tO\nsaw\t\n", "an empty tag in bad.conll line 2"),
    "blank lines alone": ("\n\t\n\n", "no sentence in bad.conll: give lines of a word, a tab and a tag"),
    "nothing": ("", "no sentence in bad.conll"),
    "one tag": ("We\tO\n\nsaw\tO\n", "one tag alone, 'O' on all 2 words"),
    "one sentence": ("We\tO\nsaw\tB-x\n", "one sentence alone in bad: give two at least"),
    "no text": ("We\tO\0\n", "binary"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_rows_are_refused_without_torch(tmp_path: Path, name: str) -> None:
    content, expected = BAD[name]
    (tmp_path / "bad.conll").write_text(content)
    code = (
        "import sys; from textrnn.cli import main; code = main(sys.argv[1:]); "
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    words = [sys.executable, "-c", code, "train-tagger", "bad.conll", "--steps", "1"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("textrnn: error: ") and expected in line and done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.conll"]


def test_there_is_no_data_by_default(refused: Refused) -> None:
    assert refused("train-tagger") == "no FILE in textrnn train-tagger: name the data to train on"
    assert "nowhere.conll" in refused("train-tagger", "nowhere.conll")


def test_flags_that_make_no_sense_for_a_tagger_are_not_there(refused: Refused) -> None:
    for option in ("--scheduled-sampling", "--tokenizer", "--tied", "--pooling"):
        assert f"unknown option {option}" in refused("train-tagger", "x.conll", option, "x")
    Path("c.toml").write_text('scheduled-sampling = "linear"\ntokenizer = "char"\n')
    line = refused("train-tagger", "x.conll", "--config", "c.toml")
    assert "tokenizer" in line
    Path("c.toml").write_text('scheduled-sampling = "linear"\n')
    assert "--scheduled-sampling with a tagger" in refused("train-tagger", "x.conll", "--config", "c.toml")


def test_runs_and_summary_know_it(train: Run, run: Run, refused: Refused) -> None:
    train("places.conll", *SMALL, "--steps", "1", "--out", "checkpoints/run")
    (found, *_) = json.loads(run("runs", "--json").stdout)
    validation = open_run("checkpoints/run").json("config")["validation"]
    assert (found["task"], found["span_f1"]) == ("tagger", validation["span_f1"])
    assert f"span F1 {validation['span_f1']:.4f}" in run("runs").stdout
    value = json.loads(run("summary", "run", "--json").stdout)
    shapes = open_run("checkpoints/run").array_shapes("model")
    assert value["task"] == "tagger" and value["layers"][-1]["output_shape"] == [None, None, 2]
    assert {f"{layer['name']}" for layer in value["layers"]} == {"embedding", "subwords", "shapes", "lstm 1", "output"}
    described = json.loads(
        run("summary", "--task", "tagger", "--classes", "2", "--hidden-size", "4", "--embed-size", "4", "--subwords",
            "30", "--vocabulary-size", str(value["vocabulary"]), "--json").stdout
    )  # fmt: skip
    assert described["parameters"] == value["parameters"] and len(shapes) == 13
    line = refused("summary", "--task", "tagger", "--pooling", "mean")
    assert line == "--pooling with a tagger: it is for a classifier, give --task classifier or leave it out"

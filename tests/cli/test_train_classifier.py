"""`textrnn train-classifier`: the result, the run it leaves, going on, further texts, what is refused before torch."""

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
SMALL = ("--hidden-size", "4", "--embed-size", "4", "-b", "16", "--seed", "0")
KEYS = [
    "run", "task", "cell", "parameters", "unit", "vocabulary", "labels", "texts", "steps", "examples_seen", "seconds",
    "stopped_by", "validation", "signature",
]  # fmt: skip
FIGURES = [
    "examples", "accuracy", "macro_precision", "macro_recall", "macro_f1", "log_loss", "ece", "ece_expected", "labels",
    "label_order", "confusion", "interval_95", "baselines",
]  # fmt: skip


@pytest.fixture
def train(run: Run, reviews: Path) -> Run:
    """Train a very small classifier, of reviews.csv where nothing else is named."""
    return lambda *words, **more: run("train-classifier", *words, **more)


def test_json_is_one_line_with_the_promised_keys(train: Run) -> None:
    result = train("reviews.csv", *SMALL, "--steps", "3", "--json")
    assert result.code == 0 and result.stdout.count("\n") == 1, result.stderr
    value = json.loads(result.stdout)
    assert list(value) == KEYS and list(value["validation"]) == FIGURES
    assert (value["run"], value["task"], value["steps"]) == ("checkpoints/reviews-lstm", "classifier", 3)
    # three batches hold the 36 of 40 rows that are not held out
    assert value["examples_seen"] == value["texts"] == 36
    assert "textrnn: next: textrnn classify --model checkpoints/reviews-lstm TEXT" in result.stderr
    assert textrnn.load("checkpoints/reviews-lstm").classes_ == ("bad", "good")


def test_people_get_the_same_facts(train: Run) -> None:
    result = train("reviews.csv", *SMALL, "--steps", "3", "--out", "run")
    validation = open_run("run").json("config")["validation"]
    assert f"accuracy         {validation['accuracy']:.4f}  95 %: " in result.stdout
    for heading in ("on the same texts  accuracy  macro F1", "label  precision  recall  F1", "true \\ answered  bad"):
        assert heading in result.stdout
    assert "\x1b" not in result.stdout + result.stderr


def test_several_files_are_one_data_set_and_a_held_out_file_is_held_out(train: Run, reviews: Path) -> None:
    lines = reviews.read_text().splitlines()
    for name, part in (("a.csv", lines[1:20]), ("b.csv", lines[20:30]), ("c.csv", lines[30:])):
        Path(name).write_text("\n".join([lines[0], *part]))
    result = train("a.csv", "b.csv", "--valid", "c.csv", *SMALL, "--steps", "1", "--out", "run", "--json")
    facts = open_run("run").json("config")["data"]
    assert (facts["rows"], facts["valid_rows"]) == (29, len(lines) - 30)
    assert json.loads(result.stdout)["validation"]["examples"] == len(lines) - 30
    assert open_run("run").json("config")["command"].startswith("textrnn train-classifier a.csv b.csv --valid c.csv ")


def test_columns_by_name_and_rows_left_out(train: Run, refused: Refused) -> None:
    rows = "".join(f"{label},say {word} {n}\n" for n in range(9) for label, word in (("1", "yes"), ("2", "no")))
    Path("t.csv").write_text("stars,review\n" + rows + ",nobody knows\n")
    columns = ("--text-column", "review", "--label-column", "stars")
    assert "--label-column" in refused("train-classifier", "t.csv", "--text-column", "review")
    assert "--skip-bad" in refused("train-classifier", "t.csv", *columns)
    result = train("t.csv", *columns, "--skip-bad", *SMALL, "--steps", "1", "--json")
    assert json.loads(result.stdout)["labels"] == ["1", "2"]


def test_rows_from_stdin(train: Run, reviews: Path) -> None:
    result = train("-", *SMALL, "--steps", "1", "--json", stdin=reviews.read_bytes())
    assert json.loads(result.stdout)["run"] == "checkpoints/stdin-lstm", result.stderr


def test_further_texts_are_lines_tables_and_several_files(train: Run, refused: Refused) -> None:
    Path("more.txt").write_text("unheard unheard\n\nunheard unheard\n")
    Path("more.csv").write_text("text,stars\nunseen unseen,\nunseen,\n")
    words = ("reviews.csv", *SMALL, "--steps", "1", "--json")
    sizes = [
        json.loads(train(*words, *more).stdout)["vocabulary"]
        for more in ((), ("--unlabelled", "more.txt"), ("--unlabelled", "more.txt", "--unlabelled", "more.csv"))
    ]
    # rare words of the table are words of the vocabulary too
    assert sizes[0] < sizes[1] < sizes[2]
    command = open_run("checkpoints/reviews-lstm-3").json("config")["command"]
    assert "--unlabelled more.txt --unlabelled more.csv" in command
    Path("empty.txt").write_text("\n")
    assert refused("train-classifier", "reviews.csv", "--unlabelled", "empty.txt").startswith("no text in --unlabelled")
    assert "nope.txt" in refused("train-classifier", "reviews.csv", "--unlabelled", "nope.txt")


@pytest.mark.parametrize("words", [("-", "--valid", "-"), ("reviews.csv", "--valid", "-", "--unlabelled", "-")])
def test_standard_input_is_given_once(refused: Refused, reviews: Path, words: tuple[str, ...]) -> None:
    assert refused("train-classifier", *words) == "standard input given twice: give - once"


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


@pytest.fixture
def stopped(train: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Train on reviews.csv until a signal comes at a record; the run is called run."""

    def stopped(*words: str, at: int = 6) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr("textrnn.report.view.view_for", lambda *_, **__: StopsAt(at))
            return train("reviews.csv", *SMALL, "--steps", "40", "--out", "run", "--json", *words)

    return stopped


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(stopped: Run, train: Run, refused: Refused) -> None:
    Path("more.txt").write_text("unheard unheard\n")
    first = stopped("--unlabelled", "more.txt")
    assert first.code == 143 and json.loads(first.stdout)["stopped_by"] == "signal"
    assert "textrnn train-classifier reviews.csv --unlabelled more.txt --out run --resume" in first.stderr
    assert refused("train-classifier", "--out", "run", "--resume").startswith("the data is not named in --resume")
    assert "--hidden-size 4 -> 5" in refused(
        "train-classifier", "reviews.csv", "--out", "run", "--resume", "--hidden-size", "5"
    )
    # what further texts taught stands in the run: they are not asked for again
    result = train("reviews.csv", "--out", "run", "--resume", "--json")
    whole = train("reviews.csv", *SMALL, "--steps", "40", "--out", "whole", "--unlabelled", "more.txt", "--json")
    assert json.loads(result.stdout)["validation"] == json.loads(whole.stdout)["validation"]
    assert open_run("run").model_sha256 == open_run("whole").model_sha256


def test_further_texts_do_not_come_in_the_middle(stopped: Run, refused: Refused) -> None:
    assert stopped().code == 143
    line = refused("train-classifier", "reviews.csv", "--out", "run", "--resume", "--unlabelled", "more.txt")
    assert line.startswith("--unlabelled for a run that was begun without in --resume of run: ")


def test_a_finished_run_says_again_what_it_was(train: Run) -> None:
    first = json.loads(train("reviews.csv", *SMALL, "--steps", "2", "--out", "run", "--json").stdout)
    again = json.loads(train("--out", "run", "--resume", "--json").stdout)
    assert list(again) == KEYS
    assert again.pop("seconds") <= first.pop("seconds")
    assert again == first


def test_runs_of_other_kinds_are_not_gone_on_with(refused: Refused, reviews: Path, model_folder: Path) -> None:
    assert "no unfinished classifier" in refused("train-classifier", "reviews.csv", "--resume")
    line = refused("train-classifier", "reviews.csv", "--resume", "--out", str(model_folder))
    assert "is a language model, not a classifier" in line


BAD = {
    "L1 no label column": ("text,mark\na,b\n", "label"),
    "L3 one label": ("text,label\na,x\nb,x\n", "one label alone"),
    "L7 a label on one row": ("text,label\na,x\nb,x\nc,y\n", "only 1 row with the label"),
    "L11 a quote left open": ('text,label\n"a,x\nb,y\n', "quote"),
    "L14 ragged rows": ("text,label\na,x,z\nb,y\n", "line 2"),
    "no rows": ("text,label\n", "no rows"),
    "plain text": ("", "no text at all"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_rows_are_refused_without_torch(tmp_path: Path, name: str) -> None:
    content, expected = BAD[name]
    file = "bad.txt" if name == "plain text" else "bad.csv"
    (tmp_path / file).write_text(content)
    code = (
        "import sys; from textrnn.cli import main; code = main(sys.argv[1:]); "
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    words = [sys.executable, "-c", code, "train-classifier", file, "--steps", "1"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("textrnn: error: ") and expected in line and done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == [file]


def test_flags_that_make_no_sense_for_a_classifier_are_not_there(refused: Refused) -> None:
    assert "unknown option --scheduled-sampling" in refused("train-classifier", "--scheduled-sampling", "linear")
    Path("c.toml").write_text('scheduled-sampling = "linear"\nallow-binary = true\n')
    line = refused("train-classifier", "no.csv", "--config", "c.toml")
    assert "--scheduled-sampling with a classifier" in line and "--allow-binary with a classifier" in line
    line = refused("train-classifier", "no.csv", "--subwords", "100", "--tokenizer", "char", "--dropout", "1")
    assert "--dropout" in line


def test_a_run_of_either_kind_can_be_started_from(train: Run, refused: Refused, model_folder: Path) -> None:
    train("reviews.csv", *SMALL, "--steps", "2", "--out", "first")
    for donor in ("first", str(model_folder)):
        words = ("--steps", "0", "--seed", "1", "--out", f"from-{Path(donor).name}", "--init-from", donor)
        result = train("reviews.csv", *words)
        assert result.code == 0, result.stderr
    # the network is that of the run
    assert open_run("from-tiny").json("config")["settings"]["cell"] == "gru"
    assert "--cell" in refused("train-classifier", "reviews.csv", "--init-from", "first", "--cell", "rnn")
    both = refused("train-classifier", "reviews.csv", "--init-from", "first", "--pretrain", "language-model")
    assert "--pretrain language-model with --init-from" in both
    assert "--init-from first" in open_run("from-first").json("config")["command"]
    before, after = (open_run(name).arrays("model") for name in ("first", "from-first"))
    # another split holds other words
    assert all((before[name] == after[name]).all() for name in before if name != "embedding")
    assert "no run named 'nope'" in refused("train-classifier", "reviews.csv", "--init-from", "nope")

"""The page about conditions says what happens, and what goes wrong is said in one line."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.data.conditioned import read_texts
from textrnn.runs.folder import open_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "language-models.md").read_text(encoding="utf-8").partition("## 6. Under a condition")[2]
COMMANDS = [line.partition("#")[0] for line in PAGE.split("```\n")[1].splitlines()]
Run = Callable[..., Any]
SMALL = ("--steps", "40", "--seed", "0", "--hidden-size", "16", "--lr", "0.02", "--batch-size", "8")


@pytest.fixture
def names(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return Path("data") / "names-by-land.tsv"


@pytest.fixture
def trained(run: Run, names: Path) -> str:
    words = ("--text-column", "name", "--condition-column", "land", "--out", "lands")
    assert run("train-lm", str(names), *words, *SMALL, "--steps", "3").code == 0
    return "lands"


def test_the_commands_of_the_page_run(run: Run, names: Path) -> None:
    train, generate, evaluate = (shlex.split(line)[1:] for line in COMMANDS)
    assert [train[0], generate[0], evaluate[0]] == ["train-lm", "generate", "evaluate"]
    place = train.index("--budget")
    done = run(*train[:place], *train[place + 2 :], *SMALL, "--json")
    assert done.code == 0 and open_run("checkpoints/lands").finished, done.stderr
    assert "next: textrnn generate --model checkpoints/lands --condition Kelwyn" in done.stderr
    value = json.loads(done.stdout)
    assert value["conditions"] == ["Kelwyn", "Lumea", "Ostmark"] and value["validation"]["protocol"] == "documents"
    written = run(*generate, "--seed", "1").stdout.split("\n----\n")
    assert len(written) == int(generate[generate.index("-N") + 1])
    figures = json.loads(run(*evaluate, "--json").stdout)
    assert figures["protocol"] == "documents" and figures["units"] > 1000


def test_the_python_of_the_page_runs(examples: Callable[..., dict[str, Any]]) -> None:
    found = examples(PAGE, {'budget="1m"': "steps=3, hidden_size=8"})
    assert len(found["names"]) == 3 and found["lm"].conditions.names == ("Kelwyn", "Lumea", "Ostmark")


def test_the_sample_is_what_the_list_of_data_says() -> None:
    corpus = read_texts([ROOT / "data" / "names-by-land.tsv"], text_column="name", condition_column="land")
    assert Counter(corpus.conditions) == {"Ostmark": 60, "Lumea": 60, "Kelwyn": 60}
    said = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert "| `names-by-land.tsv` | 180 invented names of three invented lands" in said


def test_what_the_page_names_exists() -> None:
    for file in re.findall(r"`((?:textrnn|benchmarks)/[\w/]+\.py)`", PAGE):
        assert (ROOT / file).is_file(), file


def test_json_names_the_condition(run: Run, trained: str) -> None:
    found = json.loads(run("generate", "-m", trained, "--condition", "Lumea", "--json", "-n", "5").stdout)
    assert found["condition"] == "Lumea"


def test_a_session_sets_its_condition(run: Run, trained: str) -> None:
    script = b"/set temperature 0\n/set condition Lumea\nA\n/reset\n/set condition Ostmark\nA\n"
    written = run("repl", "-m", trained, "--length", "4", stdin=script)
    assert written.code == 0 and "condition" in written.stderr
    refused = run("repl", "-m", trained, stdin=b"A\n")
    assert "no --condition" in refused.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("generate", "-m", "lands"), "no --condition, and the model was trained under some in lands"),
        (("generate", "-m", "lands", "--condition", "Lumia"), "did you mean 'Lumea'?"),
        (("generate", "-m", "shakespeare", "--condition", "x"), "was trained without conditions"),
        (("evaluate", "data/verse.txt", "-m", "lands"), "lands is a language model under conditions"),
        (("evaluate", "data/reviews.csv", "-m", "lands"), "no column"),
        (("evaluate", "data/names-by-land.tsv", "-m", "lands", "--protocol", "window:8"), "each is read by itself"),
        (("evaluate", "data/names-by-land.tsv", "-m", "lands", "--free-running", "5"), "each is read by itself"),
        (("evaluate", "data/names-by-land.tsv", "-m", "lands", "--dynamic"), "each is read by itself"),
        (("evaluate", "data/names-by-land.tsv", "-m", "lands", "--label-column", "x"), "it is for a classifier"),
        (("evaluate", "data/verse.txt", "-m", "shakespeare", "--condition-column", "x"), "under conditions, leave it"),
        (("train-lm", "data/names-by-land.tsv", "--text-column", "name"), "without --condition-column"),
        (("train-lm", "data/names-by-land.tsv", "--condition-column", "lnad"), "no column"),
        (("train-lm", "data/verse.txt", "--condition-column", "label"), "no labelled texts"),
        (("train-lm", "data/names-by-land.tsv", "--condition-column", "land", "--text-column", "land"), "both in"),
    ],
)
def test_what_cannot_be_is_one_line(run: Run, trained: str, words: tuple[str, ...], message: str) -> None:
    refused = run(*words)
    assert refused.code == 2 and message in refused.error


def test_held_out_rows_under_other_conditions_are_refused(run: Run, names: Path) -> None:
    Path("valid.tsv").write_text("name\tland\nSkarn\tOstmark\nIlia\tLumae\n")
    words = ("--text-column", "name", "--condition-column", "land", "--valid", "valid.tsv")
    refused = run("train-lm", str(names), *words, *SMALL)
    assert "1 condition that names-by-land does not have: 'Lumae' (valid.tsv line 3)" in refused.error


def test_a_table_that_is_read_as_text_is_noted(run: Run, names: Path) -> None:
    done = run("train-lm", str(names), *SMALL, "--steps", "1", "--out", "plain")
    assert "names-by-land.tsv is a table, and read as plain text" in done.stderr


def test_a_run_under_conditions_goes_on(run: Run, trained: str, names: Path) -> None:
    words = ("--resume", "--out", trained)
    assert "is finished" in run("train-lm", str(names), *words).stderr
    refused = run("train-lm", str(names), *words, "--condition-column", "name")
    assert "--condition-column land -> name" in refused.error


@pytest.mark.parametrize("given", ["0", "1.5", "10,10", "ten"])
def test_free_running_of_no_lengths_is_refused(run: Run, names: Path, given: str) -> None:
    refused = run("evaluate", "data/verse.txt", "-m", "shakespeare", "--free-running", given)
    assert refused.code == 2 and "--free-running: expected lengths" in refused.error


def test_free_running_is_a_table_for_each_judge(run: Run, names: Path) -> None:
    # as long as several prompts need
    Path("held.txt").write_text((ROOT / "data" / "verse.txt").read_text(encoding="utf-8") * 3)
    words = ("evaluate", "held.txt", "-m", "shakespeare", "--free-running", "5,20")
    shown = run(*words)
    assert shown.code == 0, shown.stderr
    assert "nats/unit by the model" in shown.stdout and "by n-gram" in shown.stdout
    assert re.search(r"after 20 units +\d\.\d{4} +\d\.\d{4} +[+-]\d\.\d{4} +95 %: ", shown.stdout)
    short = run("evaluate", "data/verse.txt", "-m", "shakespeare", "--free-running", "90000")
    assert "need 180,300" in short.error

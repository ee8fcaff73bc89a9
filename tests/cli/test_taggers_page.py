"""The page about taggers says what happens: its commands run as they stand there, at small size, one after another."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import textrnn
from textrnn.data.tagged import read_tagged
from textrnn.runs.folder import open_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "taggers.md").read_text(encoding="utf-8")
COMMANDS = [line.partition("#")[0] for line in PAGE.split("```\n")[1].splitlines()]
Run = Callable[..., Any]


def test_its_commands_run(run: Run, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    inspect, train, evaluate, tag, as_json = (shlex.split(line)[1:] for line in COMMANDS)
    shown = run(*inspect).stdout
    assert all(word in shown for word in ("B-person", "spans", "words with several tags", "held out"))
    assert [train[0], evaluate[0], tag[0], as_json[-1]] == ["train-tagger", "evaluate", "tag", "--json"]
    small = ["--steps", "60", "--seed", "0", "--hidden-size", "16", "--lr", "0.02", "--batch-size", "8"]
    place = train.index("--budget")
    done = run(*train[:place], *train[place + 2 :], *small)
    assert done.code == 0 and open_run("checkpoints/places-lstm").finished, done.stderr
    shown = run(*evaluate)
    assert shown.code == 0 and "most frequent tag per word" in shown.stdout
    answer = run(*tag).stdout
    words = ["Ravi", "went", "to", "Lund", "."]
    assert [line.split("\t")[0] for line in answer.splitlines()] == [*words, ""]
    value = json.loads(run(*as_json).stdout)
    assert value["words"] == words and all(0 < score <= 1 for score in value["scores"])
    # it has learned something: words that are met as names are not all O
    assert {"B-person", "B-place"} & set(value["tags"])


def test_its_python_runs(examples: Callable[..., dict[str, Any]]) -> None:
    short = "steps=60, hidden_size=16, lr=0.02, batch_size=8"
    found = examples(PAGE, {'budget="30s"': short})
    tagged = found["tagged"]
    assert tagged.words == ("Ravi", "went", "to", "Lund", ".") and len(tagged.tags) == len(tagged.scores) == 5
    assert textrnn.load("checkpoints/places").tag(["Ravi went to Lund."]) == [tagged]


def test_its_sample_of_the_format_is_that_of_the_file() -> None:
    sample = next(block for block in PAGE.split("```\n") if block.startswith("Anna\t"))
    assert (ROOT / "data" / "places.conll").read_text(encoding="utf-8").startswith(sample)


def test_the_sample_is_what_the_list_of_data_says() -> None:
    found = read_tagged([ROOT / "data" / "places.conll"])
    said = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert f"| `places.conll` | {len(found)} sentences" in said
    assert {tag for tags in found.tags for tag in tags} == {
        "O", *(f"{sign}-{kind}" for sign in "BI" for kind in ("person", "place", "group"))
    }  # fmt: skip


def test_what_it_names_exists() -> None:
    for file in re.findall(r"`(textrnn/[\w/]+\.py)`|(?<=\s)(textrnn/[\w/]+\.py)", PAGE):
        assert (ROOT / (file[0] or file[1])).is_file(), file

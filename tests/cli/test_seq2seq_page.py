"""The page about text to text says what happens: its commands run as they stand there, at small size, one by one."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import textrnn
from textrnn.data.corpora import builtin_pairs
from textrnn.runs.folder import open_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "seq2seq.md").read_text(encoding="utf-8")
BLOCKS = PAGE.split("```\n")
COMMANDS = [shlex.split(line.partition("#")[0])[1:] for line in BLOCKS[1].splitlines()]
Run = Callable[..., Any]


def test_its_commands_run(run: Run) -> None:
    show, inspect, train, evaluate, translate, attention, beam = COMMANDS
    assert show == ["data", "show", "dates", ">", "dates.tsv"]
    shown = run(*show[:3]).stdout.split("\n")
    # small: of one style, which are learned in a few hundred steps
    kept = [line for line in shown if re.match(r"\d+ [A-Z][a-z]+ \d{4}\t", line)][:150]
    Path("dates.tsv").write_text("\n".join(kept), encoding="utf-8")
    assert re.search(rf"^pairs +{len(kept):,}$", run(*inspect).stdout, re.MULTILINE)
    assert train[0] == "train-seq2seq"
    place = train.index("--budget")
    small = ["--steps", "40", "--seed", "0", "--hidden-size", "32", "--lr", "0.01", "--batch-size", "16"]
    done = run(*train[:place], *train[place + 2 :], *small)
    assert done.code == 0 and open_run("checkpoints/dates-gru").finished, done.stderr
    figures = run(*evaluate).stdout
    assert "bleu" in figures.lower() and "chrf" in figures.lower() and "exact" in figures.lower()
    answer = run(*translate).stdout
    # it has learned what a date looks like, not yet which one
    assert re.fullmatch(r"[\d-]+\n", answer)
    lines = run(*attention).stdout.split("\n")
    assert lines[0] + "\n" == answer
    # a column for each unit read, a row for each unit written, <end> last in both
    read = lines[1].split()
    assert read[:5] == list("the␣3") and read[-1] == "<end>" and len(read) == len(attention[1]) + 1
    assert [line.split()[0] for line in lines[2 : 2 + len(answer)]] == [*answer.strip(), "<end>"]
    value = json.loads(run(*beam).stdout)
    assert value["source"] == translate[1] and value["nats"] >= 0 and set(value) == {"source", "text", "nats"}


def test_its_python_runs(examples: Callable[..., dict[str, Any]]) -> None:
    # a file goes before the toy task of its name
    Path("dates").write_text("".join(f"{source}\t{target}\n" for source, target in builtin_pairs("dates")[:60]))
    found = examples(PAGE, {'budget="3m"': "steps=3, hidden_size=8"})
    written, read, weights = found["written"], found["read"], found["weights"]
    assert weights.shape == (len(written), len(read)) and read[:5] == list("the 3")
    again = textrnn.load("checkpoints/dates").translate(["the 3rd of March, 1987", "Tue 3 Mar 1987"], beam=5)
    assert again == found["answers"]


def test_its_sample_of_the_format_is_the_beginning_of_the_data() -> None:
    sample = next(block for block in BLOCKS if block.startswith("Monday, "))
    assert [tuple(line.split("\t")) for line in sample.splitlines()] == builtin_pairs("dates")[:3]


def test_what_it_names_exists() -> None:
    for file in re.findall(r"`(textrnn/[\w/]+\.py|benchmarks/\w+\.py)`|(?<=\s)(textrnn/[\w/]+\.py)", PAGE):
        assert (ROOT / (file[0] or file[1])).is_file(), file
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([\w-]+)", PAGE):
        assert f"\n{target}: " in makefile, target

"""Language models with a slower layer, from the command line: the page's own commands, starting, refusals."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textrnn.runs.folder import open_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "language-models.md").read_text(encoding="utf-8").partition("### Lines or sentences")[2]
COMMANDS = PAGE.split("```\n")[1].splitlines()
SMALL = ["--hidden-size", "6", "--embed-size", "4", "-b", "4", "--seq-length", "16", "--seed", "0"]
Run = Callable[..., Any]
Refused = Callable[..., str]


@pytest.fixture
def verse(tmp_path: Path) -> Path:
    path = tmp_path / "verse.txt"
    shutil.copy(ROOT / "data" / "verse.txt", path)
    path.write_text(path.read_text(encoding="utf-8")[:6000], encoding="utf-8")
    return path


def test_the_pages_commands_run(run: Run, verse: Path) -> None:
    train, evaluate, generate = (shlex.split(line)[1:] for line in COMMANDS)
    Path("data").mkdir()
    verse.rename("data/verse.txt")
    place = train.index("--budget")
    done = run(*train[:place], *train[place + 2 :], *SMALL, "--steps", "10")
    assert done.code == 0, done.stderr
    assert "a slower layer over lines" in Path("checkpoints/verse-lstm/README.md").read_text()
    figures = json.loads(run(*evaluate, "--json").stdout)
    assert 1 < figures["nats_per_unit"] < 6 and figures["protocol"] == "window:200"
    written = json.loads(run(*generate, "--json").stdout)
    assert written["engine"] == "numpy" and written["samples"][0]["units"] == 200
    rows = [line.split()[:2] for line in run("summary", "checkpoints/verse-lstm").stdout.splitlines()]
    assert [row for row in rows if row[:1] == ["lstm"]] == [["lstm", "1"], ["lstm", "slow"], ["lstm", "2"]]
    assert "model verse-lstm has a slower layer" in run("learn", "--lesson", "memory", "--model", "verse-lstm").stderr


def test_dynamic_evaluation_reads_at_both_paces(run: Run, verse: Path) -> None:
    assert run("train-lm", "verse.txt", "--hierarchy", "sentences", *SMALL, "--steps", "5", "--out", "slow").code == 0
    short = Path("short.txt")
    short.write_text(verse.read_text(encoding="utf-8")[:600], encoding="utf-8")
    plain, dynamic = (
        json.loads(run("evaluate", "short.txt", "--model", "slow", *more, "--json").stdout)["nats_per_unit"]
        for more in (["--protocol", "stateful:1"], ["--dynamic"])
    )
    assert dynamic < plain


def test_it_starts_from_its_like_and_gives_readers_what_reads_units(run: Run, refused: Refused, verse: Path) -> None:
    train = ["train-lm", "verse.txt", "--tokenizer", "word", "--min-count", "1", *SMALL, "--num-layers", "2"]
    assert run(*train, "--hierarchy", "lines", "--steps", "4", "--out", "slow").code == 0
    line = refused("train-lm", "verse.txt", "--init-from", "slow", "--hierarchy", "sentences", "--steps", "0")
    assert "'sentences' where slow has 'lines' in --hierarchy" in line
    assert run("train-lm", "verse.txt", "--init-from", "slow", "--steps", "0", "--out", "more").code == 0
    slow, more = open_run("slow").arrays("model"), open_run("more").arrays("model")
    assert all(np.array_equal(array, more[name]) for name, array in slow.items())
    Path("rows.csv").write_text("text,label\n" + "the sea,good\nthe land,bad\n" * 8)
    start = ["train-classifier", "rows.csv", "--init-from", "slow", "--steps", "0", "--no-bidirectional"]
    assert run(*start, "--out", "reader").code == 0
    reader = open_run("reader").arrays("model")
    names = ("layers.0.cell.weight_hh", "layers.1.cell.weight_hh")
    assert [np.array_equal(reader[name], slow[name]) for name in names] == [True, False]


@pytest.mark.parametrize("value", ["line", "", "2"])
def test_another_hierarchy_is_refused(refused: Refused, verse: Path, value: str) -> None:
    assert "none, sentences or lines" in refused("train-lm", "verse.txt", "--hierarchy", value)


def test_taggers_have_none(refused: Refused) -> None:
    assert "--hierarchy with a tagger" in refused("summary", "--task", "tagger", "--hierarchy", "lines")


def test_tied_weights_fit_what_feeds_them(run: Run, refused: Refused, verse: Path) -> None:
    words = ["train-lm", "verse.txt", "--tied", "--hierarchy", "lines", "--hidden-size", "6", "--steps", "1"]
    small = ["-b", "4", "--seq-length", "16", "--seed", "0"]
    assert run(*words, *small, "--out", "tied").code == 0
    assert open_run("tied").arrays("model")["embedding"].shape[1] == 12
    assert "give 12 or leave it out" in refused(*words, "--embed-size", "6")


def test_a_line_ends_under_any_condition(run: Run, tmp_path: Path) -> None:
    rows = ['"one. two\nthree",en', '"eins. zwei\ndrei",de'] * 60
    (tmp_path / "pairs.csv").write_text("\n".join(["text,language", *rows]) + "\n")
    more = ["--condition-column", "language", "--hierarchy", "lines", "--steps", "3", "--out", "both"]
    done = run("train-lm", "pairs.csv", *SMALL[:4], "-b", "4", "--seed", "0", *more)
    assert done.code == 0, done.stderr
    texts = [
        run("generate", "-m", "both", "--condition", one, "-n", "20", "--seed", "1").stdout for one in ("de", "en")
    ]
    assert all(texts)
    assert run("evaluate", "pairs.csv", "-m", "both").code == 0

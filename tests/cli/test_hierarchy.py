"""Hierarchical classifiers from the command line: the page's own commands, starting from others, refusals."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.runs.folder import open_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "classifiers.md").read_text(encoding="utf-8").partition("### Long texts")[2]
COMMANDS = PAGE.split("```\n")[1].splitlines()
SMALL = ["--hidden-size", "4", "--embed-size", "4", "-b", "16", "--seed", "0", "--subwords", "0"]
Run = Callable[..., Any]
Refused = Callable[..., str]


@pytest.fixture
def long_reviews(tmp_path: Path) -> Path:
    """Reviews of several sentences, the last of which tells the label; one without an end, one of one word."""
    rng = np.random.default_rng(0)
    filler = ["It rained.", "We ate first!", "The seats were red.", "Was it late?", "Nobody spoke."]
    rows = []
    for number in range(40):
        verdict, label = ("A joy.", "good") if number % 2 else ("A bore.", "bad")
        rows.append((" ".join([*rng.choice(filler, rng.integers(0, 9)).tolist(), verdict]), label))
    rows += [("words " * 300, "good"), ("joy", "good"), ("bore", "bad")]
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in rows))
    return path


def test_the_pages_commands_run(run: Run, long_reviews: Path) -> None:
    train, evaluate, classify = (shlex.split(line)[1:] for line in COMMANDS)
    Path("data").mkdir()
    long_reviews.rename("data/reviews.csv")
    place = train.index("--budget")
    done = run(*train[:place], *train[place + 2 :], *SMALL, "--steps", "40", "--lr", "0.02")
    assert done.code == 0, done.stderr
    settings = open_run("checkpoints/reviews-lstm").json("config")["settings"]
    assert (settings["hierarchy"], settings["seq_length"]) == ("sentences", 4096)
    card = Path("checkpoints/reviews-lstm/README.md").read_text()
    assert "over sentences, a slower layer over these" in card
    shown = json.loads(run(*evaluate, "--json").stdout)
    assert shown["examples"] == 43 and shown["accuracy"] > 0.8
    answer = run(*classify)
    assert answer.code == 0 and answer.stdout.startswith("good\t") and "attention" in answer.stdout
    assert run("classify", "", "joy").stdout.count("\n") == 2
    summary = run("summary", "checkpoints/reviews-lstm").stdout
    assert "lstm slow" in summary and "slow pooling" in summary


def test_it_starts_from_flat_classifiers_and_language_models(run: Run, refused: Refused, long_reviews: Path) -> None:
    flat = ["train-classifier", "reviews.csv", *SMALL, "--steps", "2", "--out", "flat"]
    assert run(*flat).code == 0
    Path("text.txt").write_text("a joy . a bore .\n" * 300)
    lm = ["train-lm", "text.txt", "--tokenizer", "word", "--hidden-size", "4", "--embed-size", "4", "--steps", "2"]
    assert run(*lm, "--out", "lm", "--seed", "0", "--seq-length", "8", "-b", "4").code == 0
    start = ["train-classifier", "reviews.csv", "--steps", "0", "--seed", "1", "--hierarchy", "sentences"]
    for donor in ("flat", "lm"):
        assert run(*start, "--init-from", donor, "--out", f"from-{donor}").code == 0
        ours, theirs = open_run(f"from-{donor}").arrays("model"), open_run(donor).arrays("model")
        assert np.array_equal(ours["layers.0.cell.weight_hh"], theirs["layers.0.cell.weight_hh"])
        assert "slow.layers.0.cell.weight_hh" in ours
    # what chooses a label saw texts, and now sees passages
    assert not open_run("from-flat").arrays("model")["output.weight"].any()
    # a hierarchical classifier gives all, and one that goes on from it is hierarchical too
    assert (
        run("train-classifier", "reviews.csv", "--steps", "0", "--init-from", "from-flat", "--out", "again").code == 0
    )
    assert textrnn.load("again").settings.hierarchy == "sentences"
    line = refused("train-classifier", "reviews.csv", "--init-from", "flat", "--hierarchy", "lines", "--cell", "rnn")
    assert "'rnn' where flat has 'lstm' in --cell" in line


@pytest.mark.parametrize("value", ["sentence", "", "2", "words"])
def test_another_hierarchy_is_refused(refused: Refused, long_reviews: Path, value: str) -> None:
    line = refused("train-classifier", "reviews.csv", "--hierarchy", value)
    assert "--hierarchy" in line and "none, sentences or lines" in line


@pytest.mark.parametrize("tokenizer", ["char", "byte", "bpe"])
def test_any_tokenizer_will_do(run: Run, long_reviews: Path, tokenizer: str) -> None:
    if tokenizer == "bpe":
        pytest.importorskip("tokenizers")
    words = ["--hierarchy", "sentences", "--tokenizer", tokenizer, *SMALL[:-2], "--steps", "2"]
    done = run("train-classifier", "reviews.csv", *words)
    assert done.code == 0, done.stderr


def test_what_it_names_exists() -> None:
    for file in re.findall(r"`?(textrnn/[\w/]+\.py)", PAGE.partition("\n## ")[0]):
        assert (ROOT / file).is_file(), file


def test_summary_before_training(run: Run) -> None:
    shown = run("summary", "--task", "classifier", "--hierarchy", "sentences").stdout
    assert "slow pooling" in shown

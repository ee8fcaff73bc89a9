"""The page about forecasters says what happens: its commands run as they stand there, at small size, in their order."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.data.series import read_series

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "forecaster.md").read_text(encoding="utf-8")
BLOCKS = PAGE.split("```\n")
Run = Callable[..., Any]


def test_its_commands_run(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    shutil.copytree(ROOT / "data", tmp_path / "data")
    inspect, train, evaluate, forecast, drawn = (
        shlex.split(line.partition("#")[0])[1:] for line in BLOCKS[1].splitlines()
    )
    assert "season          12" in run(*inspect).stdout
    done = run(*train, "--steps", "30", "--seed", "0")
    assert done.code == 0 and "season 12" in done.stderr, done.stderr
    assert "seasonal naive" in run(*evaluate).stdout
    assert len(run(*forecast).stdout.splitlines()) == 13
    value = json.loads(run(*drawn).stdout)
    assert value["column"] == "sold" and (tmp_path / "ice-cream.png").is_file()


def test_four_five_six_seven(run: Run, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    train, piped = BLOCKS[3].splitlines()
    assert run(*shlex.split(train)[1:], "--seed", "0", "--steps", "20").code == 0
    printed, _, forecast = piped.partition(" | ")
    assert printed == r"printf '4\n5\n6\n'"
    value = json.loads(run(*shlex.split(forecast)[1:], stdin=b"4\n5\n6\n").stdout)
    (shown,) = re.findall(r"^    (\{.*\})$", PAGE, re.M)
    assert value["forecast"][0] == pytest.approx(7, abs=0.1) == json.loads(shown)["forecast"][0]
    assert value.keys() == json.loads(shown).keys()


def test_its_python_runs(examples: Callable[..., dict[str, Any]]) -> None:
    found = examples(PAGE, {"seed=0": "seed=0, steps=20"})
    values = found["found"].values
    assert values.shape == found["found"].low.shape == (12, 1)
    again = textrnn.load("checkpoints/ice-cream").forecast("data/ice-cream.csv", level=0.8)
    assert again.to_json() == found["found"].to_json()
    assert found["counting"].forecast([4, 5, 6]).values == pytest.approx(np.array([[7]]), abs=0.1)


def test_the_samples_are_what_the_list_of_data_says() -> None:
    said = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for name in ("ice-cream", "counting"):
        assert f"| `{name}.csv` | {len(read_series(ROOT / 'data' / f'{name}.csv'))} " in said


def test_what_it_names_exists() -> None:
    for file in re.findall(r"`((?:textrnn|benchmarks)/[\w/]+\.py)`", PAGE):
        assert (ROOT / file).is_file(), file

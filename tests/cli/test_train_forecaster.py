"""`textrnn train-forecaster` and `textrnn forecast`: files in, runs, forecasts and refusals out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textrnn.report.forecast import forecast_picture

Run = Callable[..., Any]
SMALL = ("--steps", "10", "--seed", "0", "--hidden-size", "4", "--horizon", "6")


def table(points: int = 60, *, columns: int = 1) -> str:
    rng = np.random.default_rng(0)
    time = np.arange(points)
    values = 50 + 0.5 * time + np.array([0.0, 3.0, 5.0, -8.0])[time % 4] + rng.normal(size=points)
    names = ["sold", "lost"][:columns]
    rows = [
        f"{2000 + place // 12}-{place % 12 + 1:02d}," + ",".join(f"{value + 9 * at:.2f}" for at in range(columns))
        for place, value in enumerate(values.tolist())
    ]
    return "\n".join(["month," + ",".join(names), *rows]) + "\n"


@pytest.fixture
def sales(tmp_path: Path) -> str:
    (tmp_path / "sales.csv").write_text(table())
    return "sales.csv"


def test_from_a_file_to_a_forecast(run: Run, sales: str, tmp_path: Path) -> None:
    done = run("train-forecaster", sales, *SMALL, "--json")
    assert done.code == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["run"] == str(Path("checkpoints/sales-lstm")) and result["columns"] == ["sold"]
    assert "season 4" in done.stderr and "next: textrnn forecast --model" in done.stderr
    given = json.loads(run("forecast", sales, "--json").stdout)
    assert [*given] == ["column", "forecast", "low", "high", "horizon"]
    assert given["column"] == "sold" and given["horizon"] == 6 == len(given["forecast"])
    triples = zip(given["low"], given["forecast"], given["high"], strict=True)
    assert all(low < value < high for low, value, high in triples)
    narrow = json.loads(run("forecast", sales, "--json", "--level", "0.5").stdout)
    assert all(one >= other for one, other in zip(narrow["low"], given["low"], strict=True))
    figures = json.loads(run("evaluate", sales, "--json").stdout)
    assert [*figures][:5] == ["model", "task", "points", "origins", "horizon"]
    assert figures["mase"] == pytest.approx(result["validation"]["mase"], rel=1e-4)
    assert {one["name"] for one in figures["baselines"]} == {"naive", "seasonal naive"}
    shown = run("evaluate", sales)
    assert "6 points from 1 origin, 6 ahead each" in shown.stdout and "seasonal naive" in shown.stdout
    assert "measured behind the 54 points" in shown.stderr
    (listed, *_) = json.loads(run("runs", "--json").stdout)
    assert listed["task"] == "forecaster" and listed["mase"] == result["validation"]["mase"]
    assert listed["unit"] == "point" == result["unit"]
    assert "MASE " in run("runs").stdout
    layers = json.loads(run("summary", "sales-lstm", "--json").stdout)
    assert layers["parameters"] == result["parameters"] and layers["vocabulary"] is None
    assert "a forecaster, lstm\n" in run("summary", "sales-lstm").stdout


def test_text_is_a_row_a_step_and_a_picture_where_it_is_asked_for(run: Run, sales: str) -> None:
    run("train-forecaster", sales, *SMALL)
    plain = run("forecast", sales).stdout.splitlines()
    assert plain[0].split() == ["step", "sold", "low", "high"] and len(plain) == 7
    drawn = run("forecast", sales, "--picture").stdout.splitlines()
    # the picture last, whole on a screen however many steps there are
    assert drawn[:7] == plain and drawn[8] == "sold" and "where 90% of held-out values lay" in drawn[-1]
    assert all(len(line) <= 80 for line in drawn) and len(drawn[8:]) < 24
    assert run("forecast", sales, "--picture", "--json").error.startswith("--picture with --json")


def test_four_five_six_seven(run: Run, tmp_path: Path) -> None:
    (tmp_path / "counting.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(1, 41)))
    done = run("train-forecaster", "counting.csv", "--window", "3", "--horizon", "1", "--steps", "20", "--seed", "0")
    assert done.code == 0, done.stderr
    answer = json.loads(run("forecast", "-", "--json", stdin=b"4\n5\n6\n").stdout)
    assert answer["column"] == "n" and answer["forecast"][0] == pytest.approx(7, abs=0.1)


def test_a_picture_in_a_file(run: Run, sales: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run("train-forecaster", sales, *SMALL)
    assert run("forecast", sales, "--png", "sales.png").code == 0
    assert (tmp_path / "sales.png").read_bytes().startswith(b"\x89PNG")
    assert "no name of a picture" in run("forecast", sales, "--png", "sales.xyz").error
    assert "no such folder" in run("forecast", sales, "--png", "nowhere/a.png").error


def test_several_columns(run: Run, tmp_path: Path) -> None:
    (tmp_path / "both.csv").write_text(table(columns=2))
    assert "2 columns of numbers: 'sold', 'lost'" in run("train-forecaster", "both.csv", *SMALL).error
    assert not (tmp_path / "checkpoints").exists()
    assert run("train-forecaster", "both.csv", "--column", "sold,lost", *SMALL).code == 0
    answers = json.loads(run("forecast", "both.csv", "--json").stdout)
    assert [one["column"] for one in answers] == ["sold", "lost"]
    header = run("forecast", "both.csv").stdout.splitlines()[0]
    assert header.split() == ["step", "sold", "low", "high", "lost", "low", "high"]
    # the picture of each, one below the other
    assert run("forecast", "both.csv", "--picture").stdout.count("history") == 2
    assert "column" in run("evaluate", "both.csv", "--column", "sold", "--column", "lost").stdout
    (tmp_path / "one.csv").write_text(table())
    assert "no column 'lost' among 'month', 'sold'" in run("forecast", "one.csv").error


def test_a_stopped_run_goes_on(run: Run, sales: str) -> None:
    assert run("train-forecaster", sales, *SMALL, "-o", "run").code == 0
    again = run("train-forecaster", "--resume", "-o", "run", "--json")
    # what this command does not have is not recommended
    assert "is finished" in again.stderr and "--init-from" not in again.stderr
    assert again.code == 0 and "is finished" in again.stderr
    assert json.loads(again.stdout)["columns"] == ["sold"]
    refused = run("train-forecaster", sales, "-o", "run", "--resume", "--horizon", "3")
    assert refused.code == 2 and "--horizon" in refused.error


def test_settings_from_a_file_and_an_end_by_time(run: Run, sales: str, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text('horizon = 3\nhidden_size = 4\ndifference = "first"\ncolumn = "sold"\n')
    done = run("train-forecaster", sales, "--config", "small.toml", "--steps", "3", "--json")
    assert json.loads(done.stdout)["validation"]["horizon"] == 3 and "difference first" in done.stderr
    (tmp_path / "bad.toml").write_text("valid = 'x.csv'\n")
    assert "the end of its series is held out" in run("train-forecaster", sales, "--config", "bad.toml").error


@pytest.mark.parametrize(
    ("text", "flags", "message"),
    [
        (table(), ["--horizon", "0"], "0 in --horizon"), (table(), ["--window", "0"], "'0' in --window"),
        (table(), ["--season", "-1"], "'-1' in --season"), (table(), ["--difference", "x"], "'x' in --difference"),
        (table(), ["--column", "sld"], "no column 'sld' among 'month', 'sold'"),
        (table(), ["--column", "sold,sold"], "--column sold given twice"),
        (table(), ["--column", ""], "in --column"),
        (table(9), [], "a series of 9 points is too short"),
        (table(), ["--window", "100"], "and a window of 100, a horizon of 12 needs 112"),
        (table(), ["--embed-size", "3"], "--embed-size"), (table(), ["--valid", "x"], "--valid"),
        (table().replace("50.", "nan"), [], "sales.csv line 2"), ("", [], "no numbers"),
        ("month,sold\n2000-01,1\n2000-02\n", [], "fewer fields than in the header (1 instead of 2)"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(
    run: Run, tmp_path: Path, text: str, flags: list[str], message: str
) -> None:
    (tmp_path / "sales.csv").write_text(text)
    done = run("train-forecaster", "sales.csv", *flags)
    assert done.code == 2 and message in done.error, done.error
    assert not (tmp_path / "checkpoints").exists() or not [*(tmp_path / "checkpoints").iterdir()]


def test_what_cannot_be_forecast_is_refused_in_one_line(run: Run, sales: str, tmp_path: Path) -> None:
    run("train-forecaster", sales, *SMALL)
    (tmp_path / "short.csv").write_text(table(5))
    assert "5 points where sales-lstm reads a window of" in run("forecast", "short.csv").error
    (tmp_path / "bad.csv").write_text(table() + "2005-01,x\n")
    assert "no number in column 'sold' ('x') in bad.csv line 62" in run("forecast", "bad.csv").error
    assert "does not exist" in run("forecast", "nowhere.csv").error
    assert "1.0 in --level" in run("forecast", sales, "--level", "1").error
    assert "2 files" in run("train-forecaster", sales, "bad.csv").error
    assert "no FILE" in run("train-forecaster").error
    # the kinds of runs and of files that do not go together
    (tmp_path / "moods.csv").write_text("text,label\n" + "so good,b\nso bad,d\n" * 4)
    assert "--column" in run("evaluate", "moods.csv", "--column", "x", "-m", "sentiment").error
    assert "is a forecaster" in run("generate", "-m", "sales-lstm").error
    assert "a forecaster, which reads numbers" in run("repl", "-m", "sales-lstm").error
    assert "--text-column with a forecaster" in run("evaluate", sales, "-m", "sales-lstm", "--text-column", "x").error
    refused = run("train-classifier", "moods.csv", "--init-from", "checkpoints/sales-lstm", "--steps", "1")
    assert refused.code == 2 and "a forecaster in --init-from" in refused.stderr


def test_inspect_says_what_a_series_is_like(run: Run, sales: str) -> None:
    facts = json.loads(run("inspect", sales, "--json").stdout)
    assert (facts["kind"], facts["points"], facts["from"], facts["held_out"]["season"]) == ("series", 60, "2000-01", 4)
    shown = run("inspect", sales).stdout
    assert "season" in shown and "2004-12" in shown
    assert (
        "--text-column and --column together" in run("inspect", sales, "--column", "sold", "--text-column", "x").error
    )


class _Drawn:
    columns, level = ("a",), 0.9

    def __init__(self, values: np.ndarray, width: float | None) -> None:
        self.values = values[:, None]
        self.low = None if width is None else self.values - width
        self.high = None if width is None else self.values + width


@pytest.mark.parametrize("width", [20, 40, 100, 200])
@pytest.mark.parametrize("band", [None, 3.0])
def test_pictures_of_any_width(width: int, band: float | None) -> None:
    history = _Drawn(np.sin(np.arange(100)) * 9, None)
    lines = forecast_picture(history, _Drawn(np.arange(12.0), band), width=width, season=7)
    assert all(len(line) <= width for line in lines) and len(lines) == 14
    body = "".join(lines[1:13])
    assert "●" in body and "◆" in body and ("░" in body) == (band is not None)
    flat = forecast_picture(_Drawn(np.zeros(30), None), _Drawn(np.zeros(2), None), width=width, season=1)
    assert sum("●" in line for line in flat[1:13]) == 1

"""`textrnn evaluate`: the figures of the API, as JSON and as a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import textrnn

Run = Callable[..., Any]
Refused = Callable[..., str]
KEYS = [
    "model", "task", "unit", "units", "nats_per_unit", "bits_per_unit", "perplexity", "unknown", "protocol",
    "signature",
]  # fmt: skip


@pytest.mark.parametrize("protocol", ["stateful:64", "stateful:1", "window:16"])
def test_json_is_what_the_api_says(run: Run, model_folder: Path, corpus_file: Path, protocol: str) -> None:
    result = run("evaluate", str(corpus_file), "-m", str(model_folder), "--protocol", protocol, "--json")
    value = json.loads(result.stdout)
    assert result.code == 0 and list(value) == KEYS
    evaluation = textrnn.load(model_folder).evaluate(corpus_file, protocol=protocol)
    assert value == evaluation.to_json()
    assert value["units"] + value["unknown"] == len(corpus_file.read_text()) - 1


def test_the_table_has_the_same_facts(run: Run, model_folder: Path, corpus_file: Path) -> None:
    result = run("evaluate", str(corpus_file), "-m", str(model_folder))
    rows = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    value = json.loads(run("evaluate", str(corpus_file), "-m", str(model_folder), "--json").stdout)
    for name, key in (("perplexity", "perplexity"), ("nats/unit", "nats_per_unit")):
        # zeros at the end are not shown
        assert f"{float(rows[name].replace(',', '')):,.4f}" == f"{value[key]:,.4f}"
    assert rows["signature"] == value["signature"]
    assert len({line.index(line.split(maxsplit=1)[1]) for line in result.stdout.splitlines()}) == 1


def test_stdin_and_a_folder_are_texts_too(run: Run, model_folder: Path, corpus_file: Path) -> None:
    (corpus_file.parent / "folder").mkdir()
    (corpus_file.parent / "folder" / "a.txt").write_bytes(corpus_file.read_bytes())
    words = ("-m", str(model_folder), "--json")
    from_file = json.loads(run("evaluate", str(corpus_file), *words).stdout)
    from_stdin = json.loads(run("evaluate", "-", *words, stdin=corpus_file.read_bytes()).stdout)
    assert from_stdin == from_file
    assert json.loads(run("evaluate", "folder", *words).stdout)["nats_per_unit"] == from_file["nats_per_unit"]


def test_unknown_units_are_counted_and_warned_of(run: Run, model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("My only €€€€ love\n" * 20)
    result = run("evaluate", "t.txt", "-m", str(model_folder), "--json")
    assert json.loads(result.stdout)["unknown"] == 80
    assert "unknown" in result.stderr


def test_another_model_is_compared_on_the_units_that_both_know(
    run: Run, refused: Refused, make_model: Callable[..., Any], tmp_path: Path
) -> None:
    text = "to be or not to be, that is the question\n" * 8
    models = {"small": make_model(text, name="small"), "large": make_model(text + "QZ!", seed=1, name="large")}
    for name, model in models.items():
        model.save(tmp_path / name)
    make_model(text, kind="word").save(tmp_path / "words")
    held_out = "the question is to be, Q\n" * 9 + "Z!"
    Path("t.txt").write_text(held_out)
    words = ("evaluate", "t.txt", "-m", "small", "--protocol", "window:16")
    value = json.loads(run(*words, "--against", "large", "--json").stdout)
    assert list(value) == [*KEYS, "against"]
    against = value["against"]
    assert list(against) == ["model", "nats_per_unit", "difference", "interval_95", "units", "pieces"]
    # by hand: every window of 16 predictions from an empty state, both models on the units of the smaller one
    sums = dict.fromkeys(models, 0.0)
    units = 0
    for start in range(0, len(held_out) - 1, 16):
        window = held_out[start : start + 17]
        for name, model in models.items():
            ids = model.tokenizer.encode(window).astype(int)[None]
            nats, _ = model.engine.nats(ids[:, :-1], ids[:, 1:], model.engine.start_exact(1))
            sums[name] += sum(nat for nat, symbol in zip(nats[0], window[1:], strict=True) if symbol not in "QZ!")
        units += sum(symbol not in "QZ!" for symbol in window[1:])
    assert (against["model"], against["units"], against["pieces"]) == ("large", units, -(-(len(held_out) - 1) // 16))
    assert against["nats_per_unit"] == pytest.approx(sums["large"] / units, rel=1e-9)
    assert against["difference"] == pytest.approx((sums["small"] - sums["large"]) / units, rel=1e-9)
    assert against["interval_95"][0] < against["difference"] < against["interval_95"][1]
    assert f"{against['difference']:.3f}" in run(*words, "--against", "large").stdout
    same = json.loads(run(*words, "--against", "small", "--json").stdout)["against"]
    assert (same["difference"], same["interval_95"]) == (0.0, [0.0, 0.0])
    assert "characters" in refused(*words, "--against", "words") and "no run named 'nope'" in refused(
        *words, "--against", "nope"
    )


def test_dynamic_evaluation_says_that_it_is_one(
    run: Run, refused: Refused, model_folder: Path, corpus_file: Path
) -> None:
    words = ("evaluate", str(corpus_file), "-m", str(model_folder), "--dynamic")
    result = run(*words, "--json")
    value = json.loads(result.stdout)
    assert list(value) == KEYS and value["protocol"] == "stateful:1" and "|dynamic:" in value["signature"]
    assert "went on learning" in result.stderr
    assert "give stateful:1" in refused(*words, "--protocol", "window:16")
    assert "--continue with --dynamic" in refused(*words, "--continue", "20:20")
    assert "--against with --dynamic" in refused(*words, "--against", str(model_folder))
    assert "--dynamic with a classifier" in refused("evaluate", "x.csv", "-m", "sentiment", "--dynamic")


def test_continuations_are_compared(run: Run, model_folder: Path, corpus_file: Path) -> None:
    result = run("evaluate", str(corpus_file), "-m", str(model_folder), "--continue", "20:20", "--json")
    assert result.code == 0, result.stderr
    assert "continuation" in json.loads(result.stdout)


def test_a_text_too_short_to_predict(refused: Refused, model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a")
    assert "needs at least 2" in refused("evaluate", "t.txt", "-m", str(model_folder))


def test_a_text_too_short_to_continue_is_refused_before_it_is_measured(
    refused: Any, model_folder: Path, corpus_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(*_: Any, **__: Any) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr("textrnn.inference.language_model.evaluation.measure", measured)
    line = refused("evaluate", "verse.txt", "-m", str(model_folder), "--continue", "3000:1")
    assert line.endswith("units in --continue: two prompts and their continuations need 6,002")

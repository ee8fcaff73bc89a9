"""`textrnn summary`: of runs, and of networks that flags describe; without torch."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.runs.folder import open_run

Refused = Callable[..., str]
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)


def test_a_run_shows_what_it_holds(run: Run, model_folder: Path) -> None:
    arrays = open_run(model_folder).arrays("model")
    value = json.loads(run("summary", str(model_folder), "--json").stdout)
    assert (value["run"], value["task"], value["cell"]) == ("tiny", "language-model", "gru")
    assert value["parameters"] == sum(array.size for array in arrays.values())
    assert value["bytes"] == sum(array.nbytes for array in arrays.values()) and value["dtypes"] == ["float32"]
    held = [tuple(shape) for layer in value["layers"] for shape in layer["weights"].values()]
    assert sorted(held) == sorted(array.shape for array in arrays.values())
    text = run("summary", "-m", str(model_folder)).stdout
    assert text.startswith(f"tiny: a language model, gru, vocabulary of {value['vocabulary']}\n\nlayer")
    for layer in value["layers"]:
        assert f"{layer['parameters']:,}" in next(row for row in text.splitlines() if row.startswith(layer["name"]))
    assert f"parameters  {value['parameters']:,}\nmemory      {value['bytes'] / 1e6:.2f} MB (float32)\n" in text


def test_a_classifier_shows_its_linear_model_too(run: Run, make_classifier: Callable[..., Any]) -> None:
    classifier = make_classifier()
    classifier.save("films")
    value = json.loads(run("summary", "films", "--json").stdout)
    assert value["task"] == "classifier" and value["layers"][-1]["output_shape"] == [None, len(classifier.classes_)]
    arrays = {role: open_run(Path("films")).arrays(role) for role in ("model", "ngrams")}
    learned = sum(array.size for role in arrays.values() for name, array in role.items() if name != "keys")
    assert value["parameters"] == learned
    assert value["layers"][-1]["name"] == "ngrams"


def test_the_newest_run_of_any_kind_by_default(
    run: Run, model_folder: Path, make_classifier: Callable[..., Any]
) -> None:
    result = run("summary", "--runs-dir", str(model_folder.parent), "--json")
    assert json.loads(result.stdout)["run"] == "tiny" and "(--model names another)" in result.stderr
    make_classifier().save("checkpoints/films")
    assert json.loads(run("summary", "--json").stdout)["run"] == "films"


def test_flags_describe_a_network_before_training(run: Run) -> None:
    words = ("summary", "--cell", "gru", "--rnn-size", "256", "--vocabulary-size", "65")
    result = run(*words)
    assert result.code == 0 and result.stderr == ""
    assert result.stdout.splitlines() == [
        "a language model, gru, vocabulary of 65",
        "",
        "layer      kind       output              parameters",
        "embedding  Embedding  (batch, time, 64)        4,160",
        "gru 1      GRU        (batch, time, 256)     247,296",
        "output     Dense      (batch, time, 65)       16,705",
        "",
        "parameters  268,161",
        "memory      1.07 MB (float32)",
    ]
    value = json.loads(run(*words, "--json").stdout)
    assert value["run"] is None and value["bytes"] == 4 * 268_161
    assert value["layers"][0] == {
        "name": "embedding",
        "kind": "Embedding",
        "output_shape": [None, None, 64],
        "parameters": 4160,
        "weights": {"weight": [65, 64]},
    }


def test_flags_describe_a_classifier(run: Run) -> None:
    result = run("summary", "--task", "classifier", "--classes", "5", "--no-bidirectional", "--json")
    value = json.loads(result.stdout)
    assert value["layers"][-1]["output_shape"] == [None, 5] and value["vocabulary"] == 10_000
    assert "a vocabulary of 10,000 is assumed" in result.stderr and "a linear model of n-grams" in result.stderr
    # characters have no subwords
    small = run("summary", "--task", "classifier", "--tokenizer", "byte", "--no-ngrams", "--json")
    assert small.stderr == "" and json.loads(small.stdout)["vocabulary"] == 258
    assert "subwords" not in [layer["name"] for layer in json.loads(small.stdout)["layers"]]


def test_flags_describe_a_forecaster(run: Run) -> None:
    words = ("summary", "--task", "forecaster", "--column", "a,b", "--horizon", "6", "--json")
    result = run(*words, "--window", "30", "--season", "12", "--difference", "both")
    value = json.loads(result.stdout)
    assert result.stderr == "" and value["vocabulary"] is None
    linear = next(layer for layer in value["layers"] if layer["name"] == "linear")
    # thirteen of the thirty steps are used up by differences of a season and of a step
    assert linear["weights"] == {"weight": [2 * 6, 2 * (30 - 13)]}
    assert value["layers"][0]["weights"]["cell.weight_ih"] == [4 * 16, 2]
    assumed = run(*words)
    assert "a window of 12, no season, no differences: assumed" in assumed.stderr


def test_the_largest_network_fits_80_columns_with_its_weights(run: Run) -> None:
    words = ["--task", "classifier", "--cell", "rnn", "--activation", "relu", "--layers", "2", "--layer-norm"]
    words += ["--pooling", "mean+max+attention", "--head-size", "4096", "--hidden-size", "16384"]
    rows = run("summary", *words, "--weights").stdout.splitlines()
    assert max(map(len, rows)) <= 80
    assert any(row.split() == ["backward.weight_hh", "(16384,", "16384)", "268,435,456"] for row in rows)
    tied = run("summary", "--tied", "--hidden-size", "65536").stdout.splitlines()
    assert max(map(len, tied)) <= 80


def test_settings_that_follow_from_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    value = json.loads(run("summary", "--tied", "--hidden-size", "30", "--json").stdout)
    assert value["layers"][0]["output_shape"][-1] == 30 and value["layers"][-1]["weights"] == {"bias": [70]}
    monkeypatch.setenv("TEXTRNN_CELL", "rnn")
    assert json.loads(run("summary", "--hidden-size", "30", "--json").stdout)["cell"] == "rnn"


def test_what_does_not_go_together(refused: Refused, model_folder: Path) -> None:
    folder = str(model_folder)
    assert refused("summary", folder, "--cell", "gru").startswith("--cell beside a run in textrnn summary: ")
    assert refused("summary", folder, "-m", folder).startswith("RUN and --model in textrnn summary: give one")
    assert refused("summary", "--tied", "--task", "classifier").startswith("--tied with a classifier: it is for a lang")
    line = refused("summary", "--bidirectional", "--pooling", "max", "--classes", "3")
    assert all(f"{name} with a language model" in line for name in ("--bidirectional", "--pooling", "--classes"))
    assert refused("summary", "--task", "tager").startswith("'tager' in --task: expected language-model or classifier")
    few = ("--task", "forecaster", "--window", "12", "--season", "12", "--difference", "seasonal")
    assert refused("summary", *few).startswith("12 steps, of which differences use up 12 in --window: give 13 or more")
    assert refused("summary", "--tokenizer", "byte", "--task", "forecaster").startswith("--tokenizer with a forecaster")
    for number in ("1", "x", "-3", "9" * 30, "٣"):
        assert " in --classes: expected a whole number" in refused(
            "summary", "--task", "classifier", "--classes", number
        )


def test_a_run_that_is_not_there_or_not_whole(refused: Refused, model_folder: Path, model_of: Any) -> None:
    assert refused("summary", "tinny", "--runs-dir", str(model_folder.parent)).startswith("no run named 'tinny'")
    folder = model_of("a small verse\n" * 20)
    file = next(folder.glob("model-*.safetensors"))
    file.write_bytes(file.read_bytes()[:-8])
    assert file.name in refused("summary", str(folder))

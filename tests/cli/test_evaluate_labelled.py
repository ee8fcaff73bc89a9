"""`textrnn evaluate` of classifiers: figures as in the API, two runs side by side, files and flags that do not fit."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.cli.figures import labelled_tables, result_tables
from textrnn.metrics.bootstrap import mcnemar

Run = Callable[..., Any]
Refused = Callable[..., str]
KEYS = [
    "model", "task", "examples", "accuracy", "macro_precision", "macro_recall", "macro_f1", "log_loss", "ece",
    "ece_expected", "labels", "label_order", "confusion", "interval_95", "baselines", "signature",
]  # fmt: skip
TEXTS = ["a fine film", "a dull film", "a lovely part", "a tedious film", "an awful number", "a moving film"] * 4
LABELS = ["good", "bad", "good", "bad", "bad", "good"] * 4


@pytest.fixture(scope="session")
def classifiers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two small classifiers: `fair`, and `poor`, which learned every label the wrong way round."""
    folder = tmp_path_factory.mktemp("classifiers")
    swapped = ["good" if label == "bad" else "bad" for label in LABELS]
    for name, labels in (("poor", swapped), ("fair", LABELS)):
        textrnn.train_classifier(TEXTS, labels, out=folder / name, steps=2, seed=0, hidden_size=4, embed_size=4)
    return folder


@pytest.fixture
def measure(run: Run, reviews: Path, classifiers: Path) -> Run:
    """Measure `fair`."""
    return lambda *words, **more: run("evaluate", "--runs-dir", str(classifiers), *words, **more)


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_json_is_what_the_api_says(measure: Run, classifiers: Path, reviews: Path) -> None:
    result = measure("reviews.csv", "-m", "fair", "--json")
    assert result.code == 0 and result.stdout.count("\n") == 1, result.stderr
    value = json.loads(result.stdout)
    assert list(value) == KEYS
    model = textrnn.load(classifiers / "fair")
    assert value == model.evaluate(reviews).to_json()
    rows = rows_of(reviews)
    answers = model.predict([row["text"] for row in rows])
    right = sum(answer == row["label"] for answer, row in zip(answers, rows, strict=True))
    assert value["accuracy"] == right / len(rows) and value["examples"] == len(rows)
    assert [one["name"] for one in value["baselines"]] == ["majority", "bag-of-words"]


def test_the_file_chooses_the_newest_classifier_and_stderr_says_which(
    measure: Run, model_folder: Path, classifiers: Path, tmp_path: Path
) -> None:
    shutil.copytree(classifiers / "fair", tmp_path / "runs" / "fair")
    shutil.copytree(model_folder, tmp_path / "runs" / "tiny")
    Path("verse.txt").write_text("My only love\n" * 5)
    labelled = measure("reviews.csv", "--runs-dir", "runs", "--json")
    assert json.loads(labelled.stdout)["model"] == "fair"
    assert "textrnn: model runs/fair (--model names another)" in labelled.stderr
    plain = measure("verse.txt", "--runs-dir", "runs", "--json")
    assert json.loads(plain.stdout)["model"] == "tiny"


def test_columns_stdin_and_several_files(measure: Run, reviews: Path) -> None:
    expected = json.loads(measure("reviews.csv", "-m", "fair", "--json").stdout)
    data = reviews.read_bytes()
    assert json.loads(measure("-", "-m", "fair", "--json", stdin=data).stdout) == expected
    renamed = data.replace(b"text,label", b"review,stars")
    words = ("--text-column", "review", "--label-column", "stars", "--json")
    # a column that is named says that standard input is a table
    assert json.loads(measure("-", *words, stdin=renamed).stdout)["accuracy"] == expected["accuracy"]
    # a table whose name does not say so
    Path("reviews.dat").write_bytes(data)
    assert json.loads(measure("reviews.dat", "-m", "fair", "--json").stdout) == expected
    twice = json.loads(measure("reviews.csv", "reviews.dat", "-m", "fair", "--label-column", "label", "--json").stdout)
    assert twice["examples"] == 2 * expected["examples"]
    Path("folder").mkdir()
    for label in ("good", "bad"):
        lines = [row["text"] for row in rows_of(reviews) if row["label"] == label]
        Path(f"folder/{label}.txt").write_text("\n".join(lines))
    assert json.loads(measure("folder", "-m", "fair", "--json").stdout)["accuracy"] == expected["accuracy"]
    Path("holes.csv").write_bytes(data + b"a text without a label,\n")
    assert json.loads(measure("holes.csv", "-m", "fair", "--skip-bad", "--json").stdout)["examples"] == 40


def test_two_runs_on_the_same_rows_are_compared_in_pairs(measure: Run, classifiers: Path, reviews: Path) -> None:
    value = json.loads(measure("reviews.csv", "-m", "fair", "--against", "poor", "--json").stdout)
    assert list(value) == [*KEYS, "against"]
    against = value["against"]
    assert list(against) == ["model", "accuracy", "difference", "interval_95", "p_value"]
    rows = rows_of(reviews)
    fair, poor = (
        [
            answer == row["label"]
            for answer, row in zip(
                textrnn.load(classifiers / name).predict([row["text"] for row in rows]), rows, strict=True
            )
        ]
        for name in ("fair", "poor")
    )
    assert against["model"] == "poor" and against["accuracy"] == sum(poor) / len(rows)
    assert against["difference"] == pytest.approx((sum(fair) - sum(poor)) / len(rows)) and against["difference"] > 0
    only_fair = sum(a and not b for a, b in zip(fair, poor, strict=True))
    only_poor = sum(b and not a for a, b in zip(fair, poor, strict=True))
    assert against["p_value"] == mcnemar(only_fair, only_poor)
    text = measure("reviews.csv", "-m", "fair", "--against", "poor").stdout
    assert f"difference    {against['difference']:+.4f}" in text


def test_the_same_run_twice_is_no_better_than_itself(measure: Run) -> None:
    against = json.loads(measure("reviews.csv", "-m", "fair", "--against", "fair", "--json").stdout)["against"]
    assert (against["difference"], against["p_value"]) == (0, 1)


def test_labels_the_model_does_not_know_count_as_wrong(measure: Run) -> None:
    Path("t.csv").write_text("text,label\na fine film,good\na dull film,odd\n")
    result = measure("t.csv", "-m", "fair", "--json")
    assert "does not know the label 'odd'" in result.stderr
    assert json.loads(result.stdout)["accuracy"] <= 0.5


def test_rows_known_from_training_are_noted(run: Run, reviews: Path) -> None:
    Path("held-out.csv").write_text("".join(reviews.read_text().splitlines(keepends=True)[:9]))
    words = ("--valid", "held-out.csv", "--steps", "1", "--hidden-size", "4", "--seed", "0", "--out", "run")
    assert run("train-classifier", "reviews.csv", *words).code == 0
    assert "was trained on these very rows" in run("evaluate", "reviews.csv", "-m", "run").stderr
    assert "calibrated on these very rows" in run("evaluate", "held-out.csv", "-m", "run").stderr
    # other bytes, and another order
    Path("again.csv").write_bytes(Path("held-out.csv").read_bytes().replace(b"\n", b"\r\n"))
    assert "8 of 8 texts are among those" in run("evaluate", "again.csv", "-m", "run").stderr
    header, *rows = reviews.read_text().splitlines()
    Path("part.csv").write_text("\n".join([header, *rows[20:10:-1], "never read before,good", "nor this one,bad"]))
    assert "10 of 12 texts are among those" in run("evaluate", "part.csv", "-m", "run").stderr


def test_files_of_the_other_kind_are_refused_with_both_kinds_and_the_command(
    refused: Refused, reviews: Path, corpus_file: Path, classifiers: Path, model_folder: Path
) -> None:
    classifier = ("-m", str(classifiers / "fair"))
    line = refused("evaluate", "verse.txt", *classifier)
    assert line.startswith("plain text in verse.txt: fair is a classifier, give textrnn evaluate verse.txt --model ")
    assert "textrnn classify --file verse.txt" in line
    line = refused("evaluate", "reviews.csv", "-m", str(model_folder))
    assert line.startswith("labelled texts in reviews.csv: tiny is a language model, give textrnn evaluate reviews.csv")
    Path("folder").mkdir()
    Path("folder/verse.txt").write_text("O\n")
    assert "no labels, only files in folder" in refused("evaluate", "folder", *classifier)
    line = refused("evaluate", "reviews.csv", "verse.txt")
    assert line == "plain text among labelled texts in verse.txt: evaluate each kind by itself"
    line = refused("evaluate", "reviews.csv", *classifier, "--against", str(model_folder))
    assert "is a language model, not a classifier" in line


def test_flags_of_the_other_kind_are_refused_together(
    refused: Refused, reviews: Path, corpus_file: Path, classifiers: Path, model_folder: Path
) -> None:
    line = refused(
        "evaluate", "reviews.csv", "-m", str(classifiers / "fair"), "--protocol", "window:9", "--continue", "5:5"
    )
    assert "--protocol with a classifier: it is for a language model" in line and "--continue with a classifier" in line
    line = refused("evaluate", "verse.txt", "-m", str(model_folder), "--skip-bad", "--label-column", "x")
    assert (
        "--skip-bad with a language model: it is for a language model under conditions or a classifier" in line
        and "--label-column with a" in line
    )


def test_a_built_in_corpus_is_text_for_a_language_model(
    run: Run, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        textrnn.data.corpora._TEXTS,  # type: ignore[attr-defined]
        "rotten-tomatoes",
        lambda: iter([("rotten-tomatoes", "My only love\n" * 9)]),
    )
    result = run("evaluate", "rotten-tomatoes", "-m", str(model_folder), "--json")
    assert json.loads(result.stdout)["units"] == 9 * 13 - 1, result.stderr


def test_no_torch_is_imported(reviews: Path, classifiers: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules['torch'] = None; from textrnn.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ("evaluate", "reviews.csv", "-m", str(classifiers / "fair"), "--against", str(classifiers / "poor"))
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_tables_have_the_facts_of_the_json(measure: Run) -> None:
    value = json.loads(measure("reviews.csv", "-m", "fair", "--json").stdout)
    lines = measure("reviews.csv", "-m", "fair").stdout.splitlines()
    rows = [tuple(line.split()) for line in lines]
    low, high = value["interval_95"]["accuracy"]
    assert ("accuracy", f"{value['accuracy']:.4f}", "95", "%:", f"{low:.4f}", "to", f"{high:.4f}") in rows
    for name in ("macro_f1", "macro_precision", "macro_recall", "log_loss"):
        assert any(" ".join(row).lower().startswith(f"{name.replace('_', ' ')} {value[name]:.4f}") for row in rows)
    for baseline in value["baselines"]:
        assert (baseline["name"], f"{baseline['accuracy']:.4f}", f"{baseline['macro_f1']:.4f}") in rows
    for label, row in zip(value["label_order"], value["confusion"], strict=True):
        assert (label, *map(str, row)) in rows
        own = value["labels"][label]
        assert (label, *(f"{own[name]:.4f}" for name in ("precision", "recall", "f1")), str(own["support"])) in rows
    assert rows[-1] == ("signature", value["signature"])


def test_many_labels_show_what_was_confused_most() -> None:
    names = [f"label-{number:02}" for number in range(30)]
    confusion = [[9 if true == given else 0 for given in range(30)] for true in range(30)]
    confusion[3][4], confusion[4][3], confusion[7][1] = 5, 7, 5
    own = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 9}
    figures = {
        **dict.fromkeys(("accuracy", "macro_precision", "macro_recall", "macro_f1", "log_loss", "ece"), 0.5),
        "examples": 287,
        "ece_expected": None,
        "labels": dict.fromkeys(names, own),
        "label_order": names,
        "confusion": confusion,
        "interval_95": {"accuracy": None, "macro_f1": None},
        "baselines": [],
    }
    assert labelled_tables(figures)[-1][1:] == [
        ("label-04", "label-03", "7"),
        ("label-03", "label-04", "5"),
        ("label-07", "label-01", "5"),
    ]


def test_a_label_that_occurs_nowhere_has_no_figures() -> None:
    own = {"precision": None, "recall": None, "f1": None, "support": 0}
    figures = {
        **dict.fromkeys(("accuracy", "macro_precision", "macro_recall", "macro_f1"), 1.0),
        **dict.fromkeys(("log_loss", "ece", "ece_expected")),
        "model": "m",
        "task": "classifier",
        "examples": 1,
        "labels": {"a": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}, "b": own},
        "label_order": ["a", "b"],
        "confusion": [[1, 0], [0, 0]],
        "interval_95": {"accuracy": None, "macro_f1": None},
        "baselines": [],
        "signature": "data:1",
    }
    cells = [row for table in result_tables(figures) for row in table]
    assert ("b", "-", "-", "-", "0") in cells and ("log loss", "-", "nats a text") in cells
    assert ("accuracy", "1.0000", "one example, no interval") in cells


def test_figures_measured_on_the_way_are_shown_without_intervals() -> None:
    """What a training that was stopped knows of itself: neither intervals nor anything to compare with."""
    from textrnn.cli.figures import labelled_tables
    from textrnn.metrics.classification import Classification

    figures = Classification.of(np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), np.array([0, 1, 1]), ("neg", "pos"))
    text = "\n".join(" ".join(row) for table in labelled_tables(figures.to_json()) for row in table)
    assert "accuracy 0.6667" in text and "95 %" not in text and "majority" not in text

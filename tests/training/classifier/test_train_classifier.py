"""`textrnn.train_classifier`: one call from texts and labels to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.errors import UserError
from textrnn.inference.classifier.model import TextClassifier
from textrnn.runs.folder import open_run
from textrnn.training.classifier.training import ClassifierTraining

TEXTS = ["a lovely film", "lovely, warm acting", "a dull film", "dull, cold acting"] * 10
LABELS = ["pos", "pos", "neg", "neg"] * 10
SMALL: dict[str, Any] = {"hidden_size": 6, "embed_size": 5, "subwords": 30, "batch_size": 8, "steps": 4, "seed": 0}


def train(texts: Any = TEXTS, labels: Any = LABELS, **options: Any) -> TextClassifier:
    return textrnn.train_classifier(texts, labels, **{**SMALL, **options})


def test_texts_and_labels_become_a_model(tmp_path: Path) -> None:
    model = train(out=tmp_path / "run")
    assert isinstance(model, textrnn.TextClassifier)
    assert model.classes_ == ("neg", "pos")
    assert model.predict(["a lovely film", "a dull film"]) == ["pos", "neg"]
    chances = model.predict_proba(["a lovely film", ""])
    assert chances.shape == (2, 2) and chances[0, 1] > 0.5
    loaded = textrnn.load(tmp_path / "run")
    assert isinstance(loaded, TextClassifier)
    assert np.array_equal(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS))
    model.save(tmp_path / "copy")
    copy = textrnn.load(tmp_path / "copy")
    assert isinstance(copy, TextClassifier) and np.array_equal(copy.predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_nothing_is_written_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = train()
    assert not list(tmp_path.iterdir())
    model.save("later")
    assert open_run(tmp_path / "later").finished
    card = (tmp_path / "later" / "README.md").read_text()
    assert (
        "A classifier of " in card
        and "accuracy, held out" in card
        and f"sha256 `{model.config['data']['sha256']}" in card
    )
    textrnn.load(tmp_path / "later").save("again")
    assert (tmp_path / "again" / "README.md").read_text() == card


def test_a_file_or_lists_are_the_same(tmp_path: Path) -> None:
    lines = [f'"{text}",{label}' for text, label in zip(TEXTS, LABELS, strict=True)]
    (tmp_path / "films.csv").write_text("\n".join(["review,stars", *lines, ""]))
    columns = {"text_column": "review", "label_column": "stars"}
    from_file = textrnn.train_classifier(tmp_path / "films.csv", **SMALL, **columns)
    assert np.array_equal(from_file.predict_proba(TEXTS), train().predict_proba(TEXTS))
    figures = from_file.evaluate(tmp_path / "films.csv", **columns)
    assert figures.figures.examples == 40 and figures.accuracy == 1.0
    with pytest.raises(UserError, match="text"):
        textrnn.train_classifier(tmp_path / "films.csv", **SMALL)
    with pytest.raises(UserError, match=r"films\.tsv"):
        textrnn.train_classifier(tmp_path / "films.tsv", **SMALL)


@pytest.mark.parametrize("kind", [tuple, np.array, iter])
def test_whatever_holds_texts_and_labels(kind: Any) -> None:
    assert np.array_equal(train(kind(TEXTS), kind(LABELS)).predict_proba(TEXTS), train().predict_proba(TEXTS))


def test_labels_need_not_be_text() -> None:
    model = train(labels=[label == "pos" for label in LABELS])
    assert model.classes_ == ("False", "True") and model.predict(["lovely"]) == ["True"]
    numbers = train(labels=np.array([5 if label == "pos" else 10 for label in LABELS]))
    assert numbers.classes_ == ("10", "5")


def test_held_out_rows_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "held.tsv").write_text("text\tlabel\nlovely\tpos\ndull\tneg\nwarm\tpos\n")
    held = (["lovely", "dull", "warm"], ["pos", "neg", "pos"])
    for valid in (tmp_path / "held.tsv", held):
        model = train(valid=valid)
        assert model.config["validation"]["examples"] == 3
        assert model.config["data"]["rows"] == 40


@pytest.mark.parametrize(
    ("texts", "labels", "line"),
    [
        (TEXTS, LABELS[:-1], "40 texts and 39 labels"),
        (TEXTS, None, "texts without labels"),
        ("a lovely film", ["pos"], "one string"),
        (["a", "b"], "ab", "one string"),
        ([], [], "no rows"),
        (["a", 3, "b", "c"], LABELS[:4], r"texts\[1\]"),
        ([None] * 4, LABELS[:4], r"texts\[0\]"),
        ([b"a"] * 4, LABELS[:4], r"texts\[0\]"),
        (["\ud800", "b", "c", "d"], LABELS[:4], r"U\+D800"),
        (TEXTS, ["pos"] * 40, "one label alone"),
        (["a", "b", "c"], ["pos", "pos", "neg"], "only 1 row with the label 'neg'"),
        (["", " ", "a", "b"], LABELS[:4], "no text that is not empty"),
        (3, LABELS, "int"),
        (TEXTS, 3, "int"),
        (None, LABELS, "NoneType"),
        (3, None, "texts without labels"),
        (None, None, "texts without labels"),
    ],
)
def test_what_are_no_rows_is_refused_in_words(texts: Any, labels: Any, line: str) -> None:
    with pytest.raises((UserError, TypeError), match=line) as caught:
        train(texts, labels)
    assert not isinstance(caught.value, TypeError) or "has no len" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"unlabelled": "a text"}, "one string"),
        ({"unlabelled": ["a", 3]}, r"unlabelled\[1\]"),
        ({"unlabelled": 3}, "int"),
        ({"valid": (["a"], ["pos", "neg"])}, "1 texts? and 2 labels"),
        ({"valid": (["a"],)}, "a tuple of 1 in valid: give two lists"),
        ({"valid": ["a"]}, "texts without labels"),
        ({"valid": (["a"], ["pos"]), "val_frac": 0.2}, "--val-frac and --valid together"),
        ({"resume": True}, "resume=True without out"),
        ({"steps": -1, "hiden_size": 5, "pooling": "sum"}, r"--steps(.|\n)*hidden_size"),
        ({"pooling": "sum"}, "--pooling"),
    ],
)
def test_other_wrong_arguments(options: dict[str, Any], line: str) -> None:
    with pytest.raises((UserError, TypeError), match=line):
        train(**options)


def interrupt_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next training stop before its first step."""
    records = ClassifierTraining.records

    def stopping(self: ClassifierTraining):  # type: ignore[no-untyped-def]
        self.stop()
        monkeypatch.setattr(ClassifierTraining, "records", records)
        return records(self)

    monkeypatch.setattr(ClassifierTraining, "records", stopping)


@pytest.mark.parametrize("tokenizer", ["word", "char"])
def test_a_run_goes_on_with_its_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokenizer: str) -> None:
    own = {"tokenizer": tokenizer, "subwords": 30 if tokenizer == "word" else 0}
    whole = train(out=tmp_path / "whole", **own)
    interrupt_first(monkeypatch)
    train(out=tmp_path / "parts", **own)
    assert not open_run(tmp_path / "parts").finished
    parts = textrnn.train_classifier(TEXTS, LABELS, out=tmp_path / "parts", resume=True)
    assert parts.settings.model_dump() == whole.settings.model_dump()
    assert open_run(tmp_path / "parts").finished
    assert open_run(tmp_path / "parts").model_sha256 == open_run(tmp_path / "whole").model_sha256
    assert np.array_equal(parts.predict_proba(TEXTS), whole.predict_proba(TEXTS))


def test_a_finished_run_is_returned_as_it_is(tmp_path: Path) -> None:
    model = train(out=tmp_path / "run")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run").iterdir()}
    again = textrnn.train_classifier(TEXTS, LABELS, out=tmp_path / "run", resume=True)
    assert np.array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run").iterdir()} == before


def test_a_run_of_another_kind_is_not_gone_on_with(tmp_path: Path) -> None:
    from textrnn.text.corpus import corpus_from_text

    textrnn.train_lm(corpus_from_text("to be or not to be\n" * 60), out=tmp_path / "verse", steps=1, hidden_size=4)
    with pytest.raises(UserError, match="is a language model, not a classifier"):
        train(out=tmp_path / "verse", resume=True)
    train(out=tmp_path / "films")
    with pytest.raises(UserError, match="classifier"):
        textrnn.train_lm(corpus_from_text("to be"), out=tmp_path / "films", resume=True)

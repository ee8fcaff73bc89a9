"""`textrnn tag` and `evaluate` of tagged words, with a small tagger of noise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.data.tagged import read_tagged
from textrnn.inference.tagger.model import Tagger

Run = Callable[..., Any]
Refused = Callable[..., str]
TEXTS = ("Anna flew to Oslo.", "", "Again", "NOT in Split!")
CONLL = "Anna\tB-person\nflew\tO\n\nto\tO\nOslo\tB-place\n"


@pytest.fixture
def model(make_tagger: Callable[..., Tagger], tmp_path: Path) -> Tagger:
    """A tagger in ./places."""
    made = make_tagger()
    made.save(tmp_path / "places")
    return made


def expected(model: Tagger, *texts: str) -> str:
    return "".join(one.to_conll() for one in model.tag(list(texts)))


@pytest.mark.parametrize("ways", [["-"], [], ["--file", "-"], ["--file", "texts.txt"], [*TEXTS], ["--", *TEXTS]])
def test_sentences_are_answered_in_order_as_conll(run: Run, model: Tagger, ways: list[str], tmp_path: Path) -> None:
    piped = "".join(f"{text}\n" for text in TEXTS).encode()
    (tmp_path / "texts.txt").write_bytes(piped)
    assert run("tag", "-m", "places", *ways, stdin=piped) == (0, expected(model, *TEXTS), "")


def test_what_comes_out_goes_in_again(run: Run, model: Tagger, tmp_path: Path) -> None:
    (tmp_path / "in.conll").write_text(CONLL)
    first = run("tag", "-m", "places", "--file", "in.conll")
    (tmp_path / "out.conll").write_text(first.stdout)
    assert read_tagged([tmp_path / "out.conll"]).words == read_tagged([tmp_path / "in.conll"]).words
    assert run("tag", "-m", "places", "--file", "out.conll").stdout == first.stdout
    # words alone are enough, and what else stands in their line is not looked at
    (tmp_path / "words.conll").write_text("Anna\nflew\tx\ty\n\nto\nOslo\n")
    assert run("tag", "-m", "places", "--file", "words.conll").stdout == first.stdout


@pytest.mark.parametrize("threads", ["1", "3"])
def test_many_sentences_are_answered_alike_by_any_number_of_threads(run: Run, model: Tagger, threads: str) -> None:
    texts = [" ".join((TEXTS * 5)[number % 7 :][: number % 6]) for number in range(2000)]
    result = run("tag", "-m", "places", "--threads", threads, stdin="\n".join(texts).encode() + b"\n")
    assert result.stdout == expected(model, *texts) and result.code == 0


def test_json_lines_have_the_keys_of_the_interface(run: Run, model: Tagger) -> None:
    values = [json.loads(line) for line in run("tag", "-m", "places", "--json", *TEXTS).stdout.splitlines()]
    assert [list(value) for value in values] == [["words", "tags", "scores"]] * len(TEXTS)
    assert values == [one.to_json() for one in model.tag(list(TEXTS))]
    assert values[1] == {"words": [], "tags": [], "scores": []}


def test_a_sentence_longer_than_any_seen_is_tagged_and_said_once(run: Run, model: Tagger) -> None:
    long = " ".join(["Anna"] * 3000)
    result = run("tag", "-m", "places", long, "Anna")
    assert result.stdout == expected(model, long, "Anna") and result.code == 0
    assert result.stderr == "textrnn: a sentence of 3,000 words is longer than any trained on (11)\n"


def test_a_column_of_a_table(run: Run, refused: Refused, model: Tagger, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('id,said\n1,Anna flew\n2,"to Oslo, too"\n')
    result = run("tag", "-m", "places", "--file", "t.csv", "--text-column", "said")
    assert result.stdout == expected(model, "Anna flew", "to Oslo, too")
    assert "'said'" in refused("tag", "-m", "places", "--file", "t.csv")


def test_what_cannot_be_tagged_is_refused(
    run: Run, refused: Refused, model: Tagger, model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.conll").write_text("Anna\tO\n\tO\n")
    assert refused("tag", "-m", "places", "--file", "bad.conll") == (
        "an empty word in bad.conll line 2: mend the row"
    )  # fmt: skip
    line = refused("tag", "-m", "places", "--file", "bad.conll", "--text-column", "x")
    assert line.startswith("--text-column, and no columns")
    assert refused("tag", "-m", "places", "--file", "x.txt", "Anna") == (
        "texts beside --file in textrnn tag: give one of them"
    )
    assert "is a language model, not a tagger: use textrnn generate or evaluate" in refused(
        "tag", "-m", str(model_folder), "Anna"
    )
    assert "is a tagger, not a classifier: use textrnn tag or evaluate" in refused("classify", "-m", "places", "Anna")
    assert refused("tag", "--runs-dir", "nothing", "Anna").startswith("no tagger found in nothing")


def test_evaluate_finds_the_tagger_by_the_file(run: Run, model: Tagger, tmp_path: Path) -> None:
    (tmp_path / "held.conll").write_text(CONLL)
    (tmp_path / "held.txt").write_text(CONLL)
    for file in ("held.conll", "held.txt"):
        result = run("evaluate", file, "--runs-dir", ".", "--json")
        value = json.loads(result.stdout)
        assert value == {**model.evaluate(tmp_path / file).to_json(), "model": "places"}
        assert list(value) == [
            "model", "task", "sentences", "token_accuracy", "span_precision", "span_recall", "span_f1", "baselines",
            "signature",
        ]  # fmt: skip
    shown = run("evaluate", "held.conll", "-m", "places").stdout
    assert "2 sentences                 span F1  precision  recall  words right" in shown
    assert "most frequent tag per word  1.0000   1.0000     1.0000  1.0000" in shown
    assert f"data:{read_tagged([tmp_path / 'held.conll']).sha256[:6]}" in shown


def test_evaluate_says_what_it_does_not_know(run: Run, model: Tagger, tmp_path: Path) -> None:
    (tmp_path / "held.conll").write_text("Anna\tB-river\nflew\tNN\n")
    result = run("evaluate", "held.conll", "-m", "places", "--json")
    assert "the model does not know the tag 'B-river': 1 word counted as wrong" in result.stderr
    assert "tags that mark no spans" in result.stderr
    assert json.loads(result.stdout)["span_f1"] is None and result.code == 0


def test_files_and_flags_of_another_kind_are_refused(
    run: Run, refused: Refused, model: Tagger, model_folder: Path, reviews: Path, tmp_path: Path
) -> None:
    (tmp_path / "held.conll").write_text(CONLL)
    line = refused("evaluate", "held.conll", "-m", str(model_folder))
    assert line.startswith("tagged words in held.conll: tiny is a language model, give textrnn evaluate held.conll")
    line = refused("evaluate", "reviews.csv", "-m", "places")
    assert line.startswith("labelled texts in reviews.csv: places is a tagger, give textrnn evaluate reviews.csv")
    assert refused("evaluate", "held.conll", "-m", "places", "--protocol", "window:3", "--against", "x") == (
        "--protocol with a tagger: it is for a language model, leave it out; "
        "--against with a tagger: it is for a language model or a classifier, leave it out"
    )
    assert "among" in refused("evaluate", "held.conll", "reviews.csv")
    (tmp_path / "ragged.conll").write_text("Anna\tO\nflew\n")
    assert "a word without a tag in ragged.conll line 2" in refused("evaluate", "ragged.conll", "-m", "places")
    result = run("evaluate", "ragged.conll", "held.conll", "-m", "places", "--skip-bad", "--json")
    assert json.loads(result.stdout)["sentences"] == 2 and "1 sentence left out" in result.stderr


def test_a_session(run: Run, refused: Refused, model: Tagger) -> None:
    assert run("repl", "-m", "places", stdin=b"Anna flew to Oslo.\n").stdout == expected(model, "Anna flew to Oslo.")
    line = refused("repl", "-m", "places", "--temperature", "1", "--explain")
    assert (
        line == "--temperature, --explain with a tagger in textrnn repl: leave out what is for a model of another kind"
    )

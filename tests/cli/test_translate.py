"""`textrnn translate` and `evaluate` of pairs, with a small encoder-decoder of noise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.inference.seq2seq.model import Translator

Run = Callable[..., Any]
Refused = Callable[..., str]
TEXTS = ("Ana ran.", "", "b", "Nobody saw it.")


@pytest.fixture
def model(make_translator: Callable[..., Translator], tmp_path: Path) -> Translator:
    """An encoder-decoder in ./pairs."""
    made = make_translator()
    made.save(tmp_path / "pairs")
    return made


def expected(model: Translator, *texts: str, **search: Any) -> str:
    return "".join(f"{one.text}\n" for one in model.translate(list(texts), **search))


@pytest.mark.parametrize("ways", [["-"], [], ["--file", "-"], ["--file", "texts.txt"], [*TEXTS], ["--", *TEXTS]])
def test_texts_are_answered_in_order_a_line_each(run: Run, model: Translator, ways: list[str], tmp_path: Path) -> None:
    piped = "".join(f"{text}\n" for text in TEXTS).encode()
    (tmp_path / "texts.txt").write_bytes(piped)
    assert run("translate", "-m", "pairs", *ways, stdin=piped) == (0, expected(model, *TEXTS), "")


@pytest.mark.parametrize("threads", ["1", "3"])
def test_many_texts_are_answered_alike_by_any_number_of_threads(run: Run, model: Translator, threads: str) -> None:
    texts = [TEXTS[number % 4][: number % 11] for number in range(2000)]
    result = run("translate", "-m", "pairs", "--threads", threads, stdin="\n".join(texts).encode() + b"\n")
    assert result.stdout == expected(model, *texts) and result.code == 0


def test_json_lines_have_the_keys_of_the_interface(run: Run, model: Translator) -> None:
    values = [json.loads(line) for line in run("translate", "-m", "pairs", "--json", *TEXTS).stdout.splitlines()]
    assert [list(value) for value in values] == [["source", "text", "nats"]] * len(TEXTS)
    assert values == [one.to_json() for one in model.translate(list(TEXTS))]


def test_a_beam_is_searched_as_the_model_does(run: Run, model: Translator) -> None:
    result = run("translate", "-m", "pairs", *TEXTS, "--beam", "4", "--length-penalty", "0.5")
    assert result.stdout == expected(model, *TEXTS, beam=4, length_penalty=0.5) != expected(model, *TEXTS)


def test_what_was_never_seen_is_said(run: Run, model: Translator) -> None:
    long = "b" * 300
    result = run("translate", "-m", "pairs", long, "b\u2603\u2603", "b")
    assert result.stdout == expected(model, long, "b\u2603\u2603", "b") and result.code == 0
    assert result.stderr == (
        "textrnn: a text of 300 characters is longer than any trained on (14)\n"
        "textrnn: 2 characters that the model never saw read as <unk>\n"
    )


def test_attention_is_drawn_below_each_text(run: Run, model: Translator) -> None:
    result = run("translate", "-m", "pairs", "Ana", "b", "--attention")
    first, second = (one.text for one in model.translate(["Ana", "b"]))
    lines = result.stdout.split("\n")
    assert lines[0] == first and second in lines and result.code == 0, result.stderr
    assert any("a row for each unit written" in line for line in lines) and "\x1b" not in result.stdout


def test_attention_as_a_picture(run: Run, model: Translator, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = run("translate", "-m", "pairs", "Ana", "--png", "map.png")
    assert result.code == 0 and (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    assert result.stdout == expected(model, "Ana")


def test_what_cannot_be_translated_is_refused(
    run: Run, refused: Refused, model: Translator, make_translator: Any, model_folder: Path, tmp_path: Path
) -> None:
    assert refused("translate", "-m", "pairs", "--file", "x.txt", "b") == (
        "texts beside --file in textrnn translate: give one of them"
    )
    assert refused("translate", "-m", "pairs", "a", "b", "--png", "x.png") == (
        "--png with 2 texts on the command line in textrnn translate: a picture is of one: give it as TEXT"
    )
    assert "--attention with --json" in refused("translate", "-m", "pairs", "a", "--attention", "--json")
    assert "end it in .png" in refused("translate", "-m", "pairs", "a", "--png", "x.jpg")
    assert refused("translate", "-m", "pairs", "a", "--png", "there/x.png") == (
        "there is no such folder in --png there/x.png: make it first"
    )
    (tmp_path / "is.png").mkdir()
    assert "there is a folder of this name" in refused("translate", "-m", "pairs", "a", "--png", "is.png")
    assert "--beam" in refused("translate", "-m", "pairs", "a", "--beam", "0")
    make_translator(attention="none").save(tmp_path / "blind")
    result = run("translate", "-m", "blind", "b", "--attention")
    assert result.code == 2 and "a model without attention in blind" in result.stderr
    assert "is a language model, not an encoder-decoder: use textrnn generate or evaluate" in refused(
        "translate", "-m", str(model_folder), "b"
    )
    assert "is an encoder-decoder, not a tagger: use textrnn translate or evaluate" in refused(
        "tag", "-m", "pairs", "b"
    )
    assert refused("translate", "--runs-dir", "nothing", "b").startswith("no encoder-decoder found in nothing")


def test_a_damaged_run_is_refused(refused: Refused, model: Translator, tmp_path: Path) -> None:
    weights = next((tmp_path / "pairs").glob("model-*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1])
    assert weights.name in refused("translate", "-m", "pairs", "b")


def test_evaluate_finds_it_by_the_file(run: Run, model: Translator, tmp_path: Path) -> None:
    (tmp_path / "held.tsv").write_text(f"Ana ran.\t{model.translate(['Ana ran.'])[0].text}\nb\tB is B\n")
    result = run("evaluate", "held.tsv", "--runs-dir", ".", "--json")
    value = json.loads(result.stdout)
    assert value == {**model.evaluate(tmp_path / "held.tsv").to_json(), "model": "pairs"}
    assert list(value) == ["model", "task", "pairs", "bleu", "chrf", "exact_match", "signature"]
    assert value["exact_match"] == 0.5
    wide = json.loads(run("evaluate", "held.tsv", "-m", "pairs", "--beam", "3", "--json").stdout)
    assert "search:beam3-1" in wide["signature"]
    (tmp_path / "held.csv").write_text("q,a\nb,B\n")
    columns = ("--source-column", "q", "--target-column", "a")
    assert json.loads(run("evaluate", "held.csv", "-m", "pairs", *columns, "--json").stdout)["pairs"] == 1
    shown = run("evaluate", "held.tsv", "-m", "pairs").stdout
    assert "exact match  0.5000  right as they stand" in shown


def test_files_and_flags_of_another_kind_are_refused(
    run: Run, refused: Refused, model: Translator, model_folder: Path, reviews: Path, tmp_path: Path
) -> None:
    (tmp_path / "held.tsv").write_text("a\tb\n")
    line = refused("evaluate", "held.tsv", "-m", str(model_folder))
    assert line.startswith("pairs of texts in held.tsv: tiny is a language model, give textrnn evaluate held.tsv")
    line = refused("evaluate", "reviews.csv", "-m", "pairs")
    assert line.startswith("labelled texts in reviews.csv: pairs is an encoder-decoder, give textrnn evaluate")
    line = refused("evaluate", "held.tsv", "-m", "pairs", "--protocol", "window:3", "--label-column", "x")
    assert "--protocol with an encoder-decoder: it is for a language model" in line
    assert "--label-column with an encoder-decoder: it is for a classifier, leave it out" in line
    assert "--beam with a language model: it is for an encoder-decoder" in refused(
        "evaluate", "x.txt", "-m", str(model_folder), "--beam", "3"
    )
    assert "among" in refused("evaluate", "held.tsv", "reviews.csv")
    (tmp_path / "ragged.tsv").write_text("a\tb\nc\t\n")
    assert "no target in ragged.tsv line 2" in refused("evaluate", "ragged.tsv", "-m", "pairs")
    result = run("evaluate", "ragged.tsv", "held.tsv", "-m", "pairs", "--skip-bad", "--json")
    assert json.loads(result.stdout)["pairs"] == 2 and "left out" in result.stderr


def test_a_session(run: Run, refused: Refused, model: Translator) -> None:
    script = b"Ana ran.\n/set beam 4\nAna ran.\n"
    both = expected(model, "Ana ran.") + expected(model, "Ana ran.", beam=4)
    assert run("repl", "-m", "pairs", stdin=script).stdout == both
    line = refused("repl", "-m", "pairs", "--temperature", "1", "--explain")
    assert line.startswith("--temperature, --explain with an encoder-decoder in textrnn repl: leave out")

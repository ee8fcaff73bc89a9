"""`textrnn metrics`: the three forms, the traps told on stderr, what is refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.metrics.answers import answer_figures
from textrnn.metrics.generated import generated_figures
from textrnn.metrics.text_scores import text_scores

Refused = Callable[..., str]
Run = Callable[..., Any]
HYP = ["the cat sat on the mat", "", "Привет, мир"]
REF = ["the cat sat on a mat", "a dog", "Привет, мир"]
KEYS = ["bleu", "chrf", "rouge1", "rouge2", "rougeL", "wer", "cer", "lines", "signature"]


def put(name: str, lines: list[str]) -> str:
    Path(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return name


def test_json_has_the_keys_that_are_promised_in_order(run: Run) -> None:
    result = run("metrics", put("hyp", HYP), put("ref", REF), "--json")
    value = json.loads(result.stdout)
    assert result.code == 0 and list(value) == KEYS
    assert value == text_scores(HYP, REF).to_json()
    assert [line.partition(" ")[0] for line in result.stderr.splitlines()] == ["textrnn:"] * 2
    assert "1 of 3 lines have an empty hypothesis" in result.stderr and "ROUGE's tokenizer keeps a-z" in result.stderr


def test_text_says_the_same_in_80_columns(run: Run) -> None:
    result = run("metrics", put("hyp", HYP), put("ref", REF), "--nltk-bleu", "method1")
    scores = text_scores(HYP, REF, nltk_smoothing="method1")
    *rows, blank, signature = result.stdout.splitlines()
    assert blank == "" and signature == f"signature  {scores.signature}"
    assert max(map(len, rows)) <= 80
    names = ["lines", "BLEU", "chrF", "NLTK's BLEU", "ROUGE-1", "ROUGE-2", "ROUGE-L", "WER", "CER"]
    assert [row[:13].strip() for row in rows] == names
    s = scores
    numbers = [s.lines, s.bleu, s.chrf, s.nltk_bleu, s.rouge1, s.rouge2, s.rouge_l, s.wer, s.cer]
    assert [float(row[13:].split()[0]) for row in rows] == pytest.approx(numbers, abs=5e-3)


def test_files_are_read_as_all_texts_are(run: Run) -> None:
    expected = text_scores(HYP, REF).to_json()
    Path("hyp.gz").write_bytes(gzip.compress("\r\n".join(HYP).encode("utf-16")))
    put("ref", REF)
    result = run("metrics", "hyp.gz", "ref", "--json")
    assert json.loads(result.stdout) == expected and "CR LF" in result.stderr
    piped = run("metrics", "hyp.gz", "-", "--json", stdin=Path("ref").read_bytes())
    assert json.loads(piped.stdout) == expected
    Path("latin").write_bytes("Füße\n".encode("latin-1"))
    same = run("metrics", "latin", "latin", "--encoding", "latin-1", "--json")
    assert json.loads(same.stdout)["cer"] == 0


def test_short_perfect_lines_have_bleu_0_and_a_reason(run: Run) -> None:
    result = run("metrics", put("hyp", ["the cat"]), put("ref", ["the cat"]), "--json")
    value = json.loads(result.stdout)
    assert (value["bleu"], value["rougeL"], value["wer"]) == (0, 1, 0)
    assert "there are no 4-grams and BLEU is 0" in result.stderr


def test_both_empty_and_empty_references(run: Run) -> None:
    both = run("metrics", put("hyp", ["", ""]), put("ref", ["", ""]), "--json")
    value = json.loads(both.stdout)
    assert [value[name] for name in KEYS[:7]] == [0] * 7 and "their score is undefined" in both.stderr
    inserted = run("metrics", put("hyp", ["a b"]), put("ref", [""]), "--json")
    assert json.loads(inserted.stdout)["wer"] == 2 and "numbers of insertions, not rates" in inserted.stderr


def test_a_very_long_line_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textrnn.cli.metrics._MANY_CELLS", 100)
    result = run("metrics", put("hyp", ["the cat sat"]), put("ref", ["the cat sat"]))
    assert "a line of 11 characters: the time to count its edits grows with the square" in result.stderr


def test_lines_that_do_not_pair_are_refused_with_both_counts(refused: Refused) -> None:
    put("hyp", ["a", "b", "c"]), put("ref", ["a"]), put("none", [])
    assert refused("metrics", "hyp", "ref").startswith("3 lines in hyp but 1 in ref: give one reference line")
    assert refused("metrics", "none", "ref").startswith("0 lines in none but 1 in ref: ")
    assert refused("metrics", "none", "none") == "no lines to compare in none: give at least one line in each file"
    assert "does not exist: did you mean hyp?" in refused("metrics", "hyq", "ref")


def test_forms_that_do_not_go_together(refused: Refused) -> None:
    put("a", ["a"])
    assert refused("metrics").startswith("HYP and REF are missing in textrnn metrics: give two files, or --generated")
    assert refused("metrics", "a").startswith("REF is missing")
    assert refused("metrics", "-", "-").startswith("- twice in textrnn metrics: stdin can be read once")
    assert "unknown smoothing 'method5' in --nltk-bleu" in refused("metrics", "a", "a", "--nltk-bleu", "method5")
    line = refused("metrics", "a", "--labels", "--generated", "a", "--nltk-bleu", "method1")
    assert all(f"{name} with --generated" in line for name in ("HYP", "--labels", "--nltk-bleu"))
    assert refused("metrics", "a", "a", "--source", "a").startswith("--source without --generated")
    assert refused("metrics", "a", "a", "--labels", "--nltk-bleu", "method1").startswith("--nltk-bleu with --labels")


def test_label_files(run: Run) -> None:
    given, true = ["pos\t0.9", "neg\t0.7", " ? ", "pos"], ["pos", "pos", "neg", "pos"]
    put("given", given), put("true", true)
    result = run("metrics", "--labels", "given", "true", "--json")
    figures = answer_figures(["pos", "neg", "?", "pos"], true)
    assert json.loads(result.stdout) == figures.to_json()
    assert result.stderr == "textrnn: label '?' not among the true labels: recall and F1 count as 0\n"
    text = run("metrics", "--labels", "given", "true").stdout
    assert f"macro F1         {figures.macro_f1:.4f}  95 %: " in text
    for row in ("pos    1.0000     0.6667  0.8000  3", "pos              0  1    2"):
        assert row in text.splitlines()


def test_a_line_without_a_label_is_refused(refused: Refused) -> None:
    put("given", ["pos", "", "\t0.5"]), put("true", ["pos"] * 3)
    assert refused("metrics", "--labels", "given", "true").startswith("no label in given line 2 and 1 more: give each")


def test_generated_texts_with_and_without_a_source(run: Run) -> None:
    samples = ["the cat sat on the mat\nand slept\n\nall day", "the cat sat on the mat and slept", ""]
    put("source", ["Once upon a time the cat sat on the mat and slept"])
    stdin = "\n----\n".join(samples).encode() + b"\n"
    result = run("metrics", "--generated", "-", stdin=stdin)
    assert "copied" not in result.stdout and "1 of 3 texts is empty" in result.stderr
    assert json.loads(run("metrics", "--generated", "-", "--json", stdin=stdin).stdout) == (
        generated_figures(samples).to_json()
    )
    value = json.loads(run("metrics", "--generated", "-", "--source", "source", "--json", stdin=stdin).stdout)
    assert value["copied"] == 32 / sum(map(len, samples)) and "source:" in value["signature"]
    rows = run("metrics", "--generated", "-", "--source", "source", stdin=stdin).stdout.splitlines()
    assert f"copied      {value['copied']:.4f}  0 to 1: characters in stretches of the source" in rows
    assert max(map(len, rows[:8])) <= 80


def test_nothing_generated_is_refused(refused: Refused) -> None:
    assert refused("metrics", "--generated", "-", stdin=b"\n----\n").startswith("no text to measure: give at least one")


def test_json_lines_are_no_labels(refused: Refused) -> None:
    put("given", ['{"label": "b", "score": 1.0}']), put("true", ["b"])
    assert refused("metrics", "--labels", "given", "true").startswith("JSON in given line 1: labels stand on lines")


def test_labels_cannot_steer_a_terminal(run: Run) -> None:
    put("given", ["\x1b[2J", "b"]), put("true", ["b", "b"])
    result = run("metrics", "--labels", "given", "true")
    assert result.code == 0 and "\x1b" not in result.stdout + result.stderr

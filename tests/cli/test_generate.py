"""`textrnn generate`: prompts, samples, streams and JSON, with a small model of known weights."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import textrnn
from textrnn.inference.language_model.model import LanguageModel

Run = Callable[..., Any]
Refused = Callable[..., str]


@pytest.fixture
def write(run: Run, model_folder: Path) -> Run:
    """Generate with the small model."""
    return lambda *words, **more: run("generate", "-m", str(model_folder), *words, **more)


@pytest.fixture
def model(model_folder: Path) -> LanguageModel:
    return textrnn.load(model_folder)


def test_the_text_is_that_of_the_api(write: Run, model: LanguageModel) -> None:
    result = write("--prompt", "ROMEO:", "--length", "40", "--seed", "1", "--top-k", "5", "--temperature", "0.7")
    text = model.generate("ROMEO:", length=40, seed=1, top_k=5, temperature=0.7)
    assert result == (0, text + ("" if text.endswith("\n") else "\n"), "")


def test_the_same_seed_gives_the_same_bytes_streamed_or_not(write: Run) -> None:
    first = write("-p", "O, ", "-n", "50", "--seed", "3")
    assert first == write("-p", "O, ", "-n", "50", "--seed", "3", "--no-stream")
    assert first.stdout != write("-p", "O, ", "-n", "50", "--seed", "4").stdout


def test_a_seed_that_was_drawn_is_told_and_repeats_the_text(write: Run) -> None:
    first = write("-n", "30")
    seed = first.stderr.removeprefix("textrnn: seed ").strip()
    assert write("-n", "30", "--seed", seed).stdout == first.stdout


def test_samples_are_separated_by_a_line_and_each_is_the_same_at_any_number(write: Run, model: LanguageModel) -> None:
    settings = ("-n", "20", "--seed", "5", "-p", "My ")
    texts = [sample.text for sample in model.write("My ", checked(length=20, seed=5, samples=3)).results]
    expected = "----\n".join(text + ("" if text.endswith("\n") else "\n") for text in texts)
    assert write(*settings, "-N", "3").stdout == expected
    assert write(*settings).stdout == expected.split("----\n")[0]


def checked(**values: Any) -> Any:
    from textrnn.config.generation import GenerationSettings

    return GenerationSettings.check(values)


def test_echo_puts_the_prompt_before_every_sample(write: Run) -> None:
    settings = ("-p", "My only", "-n", "9", "--seed", "1", "-N", "2")
    plain, echoed = (write(*settings, *more).stdout.split("----\n") for more in ((), ("--echo",)))
    assert echoed == ["My only" + text for text in plain]
    assert write("-p", "My", "-n", "0", "--echo", "--seed", "1").stdout == "My\n"


def test_length_0_writes_nothing(write: Run) -> None:
    assert write("-p", "My", "-n", "0", "--seed", "1") == (0, "", "")


def test_json_is_one_line_with_the_promised_keys(write: Run, model_folder: Path) -> None:
    result = write("-p", "ROMEO:", "-n", "12", "-N", "2", "--seed", "1", "--json")
    assert result.stdout.count("\n") == 1 and result.stderr == ""
    value = json.loads(result.stdout)
    assert list(value) == ["model", "prompt", "seed", "engine", "seconds", "units_per_second", "samples"]
    assert (value["model"], value["prompt"], value["seed"]) == ("tiny", "ROMEO:", 1)
    assert [list(sample) for sample in value["samples"]] == [["text", "units", "stopped_by", "nats_per_unit"]] * 2
    texts = write("-p", "ROMEO:", "-n", "12", "-N", "2", "--seed", "1").stdout
    assert "----\n".join(sample["text"].rstrip("\n") + "\n" for sample in value["samples"]) == texts
    empty = json.loads(write("-n", "0", "--json").stdout)["samples"][0]
    assert empty == {"text": "", "units": 0, "stopped_by": "length", "nats_per_unit": None}


def test_prompts_from_a_file_from_stdin_and_empty_ones(write: Run, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_bytes(b"O, she\n")
    settings = ("-n", "25", "--seed", "2")
    typed = write("-p", "O, she\n", *settings)
    assert typed.code == 0
    assert write("-p", "@p.txt", *settings) == typed == write("-p", "-", *settings, stdin=b"O, she\n")
    assert write(*settings) == write("-p", "", *settings) == write("-p", "-", *settings, stdin=b"")
    assert write("--prime", "O, she\n", *settings) == typed == write("--start", "O, she\n", *settings)


def test_whitespace_of_a_prompt_is_kept(write: Run) -> None:
    texts = {write("-p", prompt, "-n", "40", "--seed", "2").stdout for prompt in ("My", "My ", " My", "My\n", "My  ")}
    assert len(texts) == 5


def test_line_ends_of_a_prompt_are_read_as_in_training(write: Run, tmp_path: Path) -> None:
    settings = ("-n", "25", "--seed", "2")
    (tmp_path / "p.txt").write_bytes(b"My\r\nonly\r\n")
    assert write("-p", "My\r\nonly\r\n", *settings).stdout == write("-p", "My\nonly\n", *settings).stdout
    assert write("-p", "@p.txt", *settings).stdout == write("-p", "My\nonly\n", *settings).stdout


def test_a_prompt_longer_than_the_training_window(write: Run, model: LanguageModel) -> None:
    prompt = "My only love sprung from my only hate.\n" * 300
    assert write("-p", "-", "-n", "10", "--temperature", "0", stdin=prompt.encode()).code == 0


UNKNOWN = {
    "P2 unknown characters": (
        ("-p", "O €!é€"),
        ["2 characters", "'€' (U+20AC) at 3, 2 times", "'é' (U+00E9) at 5", "--unknown skip"],
    ),
    "P3 nothing left": (("-p", "€€", "--unknown", "skip"), ["nothing is left of the prompt"]),
    "P6 control characters": (("-p", "O\x1b[2J"), ["'\\x1b' (U+001B)"]),
    "P8 no such file": (("-p", "@no.txt"), ["no.txt"]),
    "P9 bytes of the command line": (("-p", "caf\udcc3\udcff("), ["hex c3 ff", "in --prompt"]),
    "C15 half of a pair": (("-p", "a\ud800b"), ["U+D800"]),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_bad_prompts(refused: Refused, model_folder: Path, case: str) -> None:
    words, parts = UNKNOWN[case]
    line = refused("generate", "-m", str(model_folder), "--seed", "1", *words)
    assert all(part in line for part in parts), line


def test_a_prompt_file_that_is_no_text(refused: Refused, model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_bytes(b"ab\xff")
    line = refused("generate", "-m", str(model_folder), "-p", "@p.txt")
    assert "byte ff at offset 2" in line and "p.txt" in line
    line = refused("generate", "-m", str(model_folder), "-p", "-", stdin=b"\xff")
    assert "byte ff at offset 0" in line


def test_another_form_of_the_same_letter_is_hinted_at(refused: Refused, model_of: Callable[[str], Path]) -> None:
    """P11: é as one character (NFC), or as two (NFD)."""
    composed, decomposed = "caf\u00e9\n" * 300, "cafe\u0301\n" * 300
    assert "NFC" in refused("generate", "-m", str(model_of(composed)), "-p", "cafe\u0301")
    assert "NFD" in refused("generate", "-m", str(model_of(decomposed)), "-p", "caf\u00e9")


def test_unknown_characters_can_be_skipped_or_replaced_and_that_is_said(write: Run) -> None:
    skipped = write("-p", "O€, she", "--unknown", "skip", "-n", "20", "--seed", "1")
    assert skipped.stdout == write("-p", "O, she", "-n", "20", "--seed", "1").stdout
    assert "left out" in skipped.stderr and "U+20AC" in skipped.stderr
    replaced = write("-p", "O€, she", "--unknown", "replace", "-n", "20", "--seed", "1")
    assert replaced.code == 0 and "<unk>" in replaced.stderr


def test_settings_that_this_model_cannot_follow_are_noted(write: Run) -> None:
    result = write("--top-k", "1000", "--stop", "€", "-n", "5", "--seed", "1")
    assert result.code == 0
    assert result.stderr.count("--top-k 1000") == 1 and "€" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("--temperature", "0"), ("-t", "1e-40"), ("--top-k", "0"), ("--top-p", "0"), ("--top-p", "1"), ("--beam", "3")],
)
def test_edges_that_are_allowed(write: Run, words: tuple[str, ...]) -> None:
    assert write("-n", "8", "--seed", "1", *words).code == 0


def test_no_model_is_one_line(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textrnn.runs.find.SHIPPED", ())
    assert "no language model found" in refused("generate")
    assert "no run named 'nope'" in refused("generate", "-m", "nope")


def test_the_model_chosen_by_default_is_named_on_stderr(run: Run, model_folder: Path) -> None:
    result = run("generate", "--runs-dir", str(model_folder.parent), "-n", "3", "--seed", "1")
    assert result.code == 0
    assert result.stderr == f"textrnn: model {model_folder} (--model names another)\n"
    assert run("generate", "--runs-dir", str(model_folder.parent), "-m", "tiny", "-n", "3", "--seed", "1").stderr == ""


def test_threads_are_set_before_numpy_reads_them(write: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    write("-n", "1")
    assert (os.environ["OPENBLAS_NUM_THREADS"], os.environ["OMP_NUM_THREADS"]) == ("1", "7")
    write("-n", "1", "--threads", "2")
    assert (os.environ["OPENBLAS_NUM_THREADS"], os.environ["OMP_NUM_THREADS"]) == ("2", "2")
    assert "more than the" in write("-n", "1", "--threads", "4000").stderr


def test_a_prompt_file_that_is_no_utf8_is_refused_by_no_flag_that_is_not_there(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("été".encode("latin-1"))
    (tmp_path / "zero.bin").write_bytes(b"a\0b" * 10)
    for name in ("latin.txt", "zero.bin"):
        line = refused("generate", "--prompt", f"@{name}")
        assert line.endswith(f" in {name}: give a prompt as plain text in UTF-8")


def test_what_a_beam_does_not_use_is_said(run: Run, model_folder: Path) -> None:
    words = ("generate", "-m", str(model_folder), "-n", "5", "--seed", "0", "--beam", "2")
    said = run(*words, "-t", "0.5", "--top-k", "3")
    assert said.stderr.startswith("textrnn: --temperature, --top-k beside --beam: nothing is drawn")
    plain = run(*words)
    assert plain.stderr == "" and plain.stdout == said.stdout

"""Bad corpus files at the command line: what is refused, before anything is written, and what is noted."""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.cli.kinds.classifier import CLASSIFIERS
from textrnn.cli.kinds.kind import Kind
from textrnn.cli.kinds.language_model import LANGUAGE_MODELS

Refused = Callable[..., str]
Run = Callable[..., Any]
VERSE = "O, she doth teach the torches to burn bright!\n" * 60
SMALL = (
    "--steps",
    "1",
    "--hidden-size",
    "4",
    "--embed-size",
    "4",
    "-b",
    "2",
    "--seq-length",
    "8",
    "--seed",
    "0",
    "--json",
)


def put(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


REFUSED: dict[str, tuple[str, str | bytes, tuple[str, ...], str]] = {
    # case: (file name, content, further flags, in the line)
    "C3 empty": ("e.txt", "", (), "the corpus is empty in e.txt: "),
    "C4 one character": ("e.txt", "a", (), " in e.txt: give a text of at least 1,000"),
    "C5 shorter than the sequence": (
        "v.txt",
        VERSE,
        ("--seq-length", "5000"),
        "--seq-length 5000 needs 5,001 in v.txt: ",
    ),
    "C6 nothing held out": ("v.txt", VERSE, ("--val-frac", "0.0001"), "raise --val-frac to at least "),
    "C7 shorter than the batch": ("v.txt", VERSE, ("--batch-size", "5000"), "--batch-size "),
    "C9 binary": ("v.txt", b"abc\0def" * 500, (), "looks binary: 500 NUL in the first 3,500 bytes in v.txt: "),
    "C10 no UTF-8": (
        "v.txt",
        VERSE.encode() + b"\xff",
        (),
        "(byte ff at offset 2760, line 61) in v.txt: give its encoding",
    ),
    "C23 cut short": (
        "v.gz",
        gzip.compress(os.urandom(3000))[:1500],
        (),
        "gzip data cut short after 1,500 bytes in v.gz",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_files_are_refused(refused: Refused, tmp_path: Path, case: str) -> None:
    name, content, flags, line = REFUSED[case]
    put(name, content)
    assert line in refused("train-lm", name, *flags)


def test_missing_files_name_the_nearest(refused: Refused) -> None:
    put("verse.txt", VERSE)
    assert "did you mean verse.txt?" in refused("train-lm", "vers.txt")
    assert "did you mean shakespeare?" in refused("train-lm", "shakespear")
    assert "did you mean verse.txt?" in refused("train-lm", "verse.txt", "--valid", "vrse.txt")


def test_a_folder_without_text_files(refused: Refused) -> None:
    Path("empty").mkdir()
    assert "no text file in empty: " in refused("train-lm", "empty")


def test_strange_names(refused: Refused) -> None:
    os.symlink("loop", "loop")
    assert "Too many levels of symbolic links" in refused("train-lm", "loop")
    assert "File name too long" in refused("train-lm", "x" * 300)
    assert "a\\nb.txt does not exist" in refused("train-lm", "a\nb.txt")
    assert refused("train-lm", "--", "-x.txt").startswith("-x.txt does not exist")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(refused: Refused) -> None:
    Path(put("v.txt", VERSE)).chmod(0)
    try:
        assert "v.txt" in refused("train-lm", "v.txt")
    finally:
        Path("v.txt").chmod(0o600)


def test_empty_stdin(refused: Refused) -> None:
    assert "the corpus is empty in stdin" in refused("train-lm", "-")


@pytest.mark.parametrize("command", ["evaluate", "train-lm"])
def test_evaluate_refuses_the_same(refused: Refused, model_folder: Path, command: str) -> None:
    put("v.txt", VERSE.encode() + b"\xff")
    flags = ("-m", str(model_folder)) if command == "evaluate" else ()
    assert "(byte ff at offset 2760, line 61) in v.txt" in refused(command, "v.txt", *flags)


NOTED = {
    "C8 one character": ("a" * 3000, "1 distinct character"),
    "C11 UTF-16": (VERSE.encode("utf-16"), "utf-16"),
    "C12 byte-order mark": (b"\xef\xbb\xbf" + VERSE.encode(), "byte-order mark"),
    "C13 CR LF": (VERSE.replace("\n", "\r\n"), "CR LF"),
    "C16 two forms": (VERSE + "caf\u00e9 cafe\u0301\n", "(NFC)"),
}


@pytest.mark.parametrize("case", NOTED)
def test_odd_files_are_used_and_noted(run: Run, tmp_path: Path, case: str) -> None:
    content, note = NOTED[case]
    put("v.txt", content)
    result = run("train-lm", "v.txt", *SMALL, "--out", "run")
    assert result.code == 0, result.stderr
    assert any(note in line and line.startswith("note: ") for line in result.stderr.splitlines()), result.stderr


def test_what_is_given_twice_is_noted(run: Run) -> None:
    put("v.txt", VERSE)
    assert "given twice" in run("train-lm", "v.txt", "v.txt", *SMALL).stderr
    assert "are the same" in run("train-lm", "v.txt", "--valid", "v.txt", *SMALL).stderr


@pytest.mark.parametrize(("kind", "data"), [(LANGUAGE_MODELS, "text"), (CLASSIFIERS, "data")])
def test_reading_from_a_terminal_is_said(run: Run, monkeypatch: pytest.MonkeyPatch, kind: Kind, data: str) -> None:
    from textrnn.cli import course, streams

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    said: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(streams, "note", said.append)
    for method in ("read", "check"):
        monkeypatch.setattr(type(kind), method, lambda *_: None)
    course._read(kind, ("-",), kind.run_settings(), kind.settings(), None)
    assert said == [f"reading the {data} from the terminal; end it with Ctrl-D"]

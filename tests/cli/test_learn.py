"""`textrnn learn`: one lesson, all of them, a wrong name, a model of the user's, a terminal and what is none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.learn.names import NAMES
from textrnn.learn.table import LESSONS

Run = Callable[..., Any]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


def test_the_list(run: Run) -> None:
    result = run("learn", "--list")
    assert result.code == 0 and result.stderr == ""
    rows = [line.split() for line in result.stdout.splitlines() if line]
    assert [row[:2] for row in rows] == [[str(number), name] for number, name in enumerate(NAMES, start=1)]
    assert tuple(lesson.name for lesson in LESSONS) == NAMES


def test_one_lesson(run: Run) -> None:
    result = run("learn", "--lesson", "unfolding")
    assert result.code == 0 and result.stderr == ""
    number = NAMES.index("unfolding") + 1
    assert result.stdout.startswith(f"{number}  The loop, laid out in time\n====")
    assert result.stdout.isascii() and "[Enter]" not in result.stdout
    assert run("learn", "--lesson", "unfolding", "--plain").stdout == result.stdout


def test_a_wrong_name_lists_the_right_ones(refused: Callable[..., str]) -> None:
    numbered = ", ".join(f"{number} {name}" for number, name in enumerate(NAMES, start=1))
    for word in ("0", "99", "zebra", ""):
        assert refused("learn", "--lesson", word) == f"no lesson {word!r} in --lesson: expected {numbered}"
    assert refused("learn", "zebra") == f"no lesson 'zebra' in LESSON: expected {numbered}"
    assert refused("learn", "--lesson", "T").endswith("expected truncated or teacher-forcing")
    assert refused("learn", "memroy").endswith("expected memory")
    assert "name one lesson" in refused("learn", "cell", "--lesson", "memory")


@pytest.mark.parametrize("words", [["--lesson", "4"], ["--lesson", "UNF"], ["unfolding"], ["4"]])
def test_a_number_and_a_beginning_will_do(run: Run, words: list[str]) -> None:
    assert run("learn", *words).stdout.startswith("4  The loop, laid out in time\n")


def test_a_pipe_gets_all_lessons_in_order(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    short = tuple(one._replace(tell=lambda page, _, name=one.name: page.text(f"<{name}>")) for one in LESSONS)
    monkeypatch.setattr("textrnn.learn.table.LESSONS", short)
    for words in ([], ["--plain"]):
        result = run("learn", *words)
        assert result.code == 0
        assert tuple(re.findall(r"^<(.+)>$", result.stdout, re.MULTILINE)) == NAMES
        assert re.findall(r"^(\d+)  \S", result.stdout, re.MULTILINE) == [str(n + 1) for n in range(len(NAMES))]


def test_a_lesson_looks_into_the_model_that_is_named(run: Run, model_folder: Path) -> None:
    result = run("learn", "--lesson", "cell", "--model", str(model_folder))
    assert result.code == 0 and result.stderr == ""
    assert "The same in a trained model: tiny" in result.stdout and "8 units of the kind GRU" in result.stdout


def test_without_a_name_the_one_that_ships_is_taken_and_said(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path
) -> None:
    """A newer run of the user's, which may be a toy, does not change what the lessons say."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "mine").symlink_to(model_folder)
    (tmp_path / "shipped").mkdir()
    monkeypatch.setattr("textrnn.runs.find.shipped_dir", lambda: tmp_path / "shipped")
    result = run("learn", "--lesson", "cell")
    assert "trained model: tiny" in result.stdout and "checkpoints/mine (--model names another)" in result.stderr
    (tmp_path / "shipped" / "shakespeare").symlink_to(model_folder)
    result = run("learn", "--lesson", "cell")
    assert "trained model: tiny" in result.stdout
    assert "shipped/shakespeare (--model names another)" in result.stderr


def test_without_any_model_it_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("textrnn.runs.find.shipped_dir", lambda: tmp_path / "nowhere")
    result = run("learn", "--lesson", "cell")
    assert result.code == 0 and "the lessons go on without one" in result.stderr
    assert "The GRU" in result.stdout and "trained model" not in result.stdout


def test_a_model_that_cannot_be_is_refused_at_once(
    refused: Callable[..., str], make_classifier: Callable[..., Any], tmp_path: Path
) -> None:
    assert "no run named 'nobody'" in refused("learn", "--model", "nobody")
    make_classifier().save(tmp_path / "films")
    line = refused("learn", "--lesson", "cell", "--model", "films")
    assert "classifier" in line and "language model" in line


def test_a_lesson_without_a_model_says_so(run: Run, model_folder: Path) -> None:
    result = run("learn", "--lesson", "unfolding", "-m", str(model_folder))
    assert result.code == 0 and "looks into no trained model" in result.stderr
    assert result.stdout == run("learn", "--lesson", "unfolding").stdout


def test_a_run_that_is_bad_is_refused_even_where_it_is_not_needed(refused: Callable[..., str]) -> None:
    assert "nobody" in refused("learn", "--lesson", "unfolding", "-m", "nobody")


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "textrnn", "learn", *words]


def test_no_torch_is_imported() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; from textrnn.cli import main; "
        "raise SystemExit(main(['learn', '--lesson', 'unfolding']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@posix
def test_a_reader_who_has_had_enough(tmp_path: Path) -> None:
    shell = f"{sys.executable} -m textrnn learn --plain | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=120, cwd=tmp_path, check=True)
    assert done.stdout == f"1  {LESSONS[0].title}\n0\n" and "Traceback" not in done.stderr


class Terminal:
    """`textrnn learn` at a terminal of 80 columns and 24 rows."""

    def __init__(self, *words: str, **environment: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        variables = {**os.environ, "TERM": "xterm-256color", **environment}
        for name in ("COLUMNS", "LINES"):
            variables.pop(name, None)
        self.process = subprocess.Popen(
            command(*words), stdin=there, stdout=there, stderr=there, env=variables, start_new_session=True
        )
        os.close(there)
        self.seen = ""

    def wait_for(self, text: str) -> str:
        """Return what was written up to `text`, since the last time."""
        before = self.seen
        started_at = time.monotonic()
        while text not in self.seen and time.monotonic() - started_at < 60:
            try:
                self.seen += os.read(self.here, 4096).decode()
            except OSError:
                break
        assert text in self.seen, self.seen
        assert self.seen.startswith(before)
        shown, _, self.seen = self.seen.partition(text)
        return shown

    def type(self, text: str) -> None:
        os.write(self.here, text.encode())

    def end(self) -> int:
        """Return the exit code."""
        code = self.process.wait(timeout=60)
        os.close(self.here)
        return code


@posix
def test_the_walk_at_a_terminal() -> None:
    terminal = Terminal()
    assert "gradient-check" in terminal.wait_for("[q] [?] ")
    terminal.type("unfolding\n")
    shown = terminal.wait_for("[Enter] ")
    assert "The loop, laid out in time" in shown and "\x1b[" in shown
    # the line in which it waits, and the one that Enter began, stand on the screen too
    assert shown.count("\n") <= 24
    terminal.type("b\n")
    assert LESSONS[NAMES.index("unfolding") - 1].title in terminal.wait_for("[Enter] ")
    terminal.type("q\n")
    assert terminal.end() == 0


@posix
@pytest.mark.parametrize(("key", "code"), [("\x04", 0), ("q\n", 0)])
def test_leaving(key: str, code: int) -> None:
    terminal = Terminal(NO_COLOR="1")
    assert "\x1b[" not in terminal.wait_for("[q] [?] ")
    terminal.type(key)
    assert terminal.end() == code


@posix
def test_ctrl_c_ends_it_without_a_word() -> None:
    import signal

    terminal = Terminal()
    terminal.wait_for("[q] [?] ")
    terminal.process.send_signal(signal.SIGINT)
    rest = ""
    while True:
        try:
            piece = os.read(terminal.here, 4096)
        except OSError:
            break
        if not piece:
            break
        rest += piece.decode()
    assert terminal.end() == 130 and rest.strip() == ""


@posix
def test_plain_text_at_a_terminal_is_wrapped() -> None:
    terminal = Terminal("unfolding", "--plain")
    shown = terminal.wait_for("textrnn/cells/bptt.py")
    assert max(map(len, shown.splitlines())) < 80
    assert shown.isascii() and "\x1b" not in shown and "[Enter]" not in shown
    terminal.wait_for("\n")
    assert terminal.end() == 0


@posix
def test_one_lesson_at_a_terminal_waits_for_nobody() -> None:
    terminal = Terminal("--lesson", "unfolding")
    shown = terminal.wait_for("textrnn/cells/bptt.py")
    assert "[Enter]" not in shown and "│" not in shown and "█" in shown
    terminal.wait_for("\n")
    assert terminal.end() == 0

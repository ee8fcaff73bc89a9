"""A signal while a command starts: nothing is swallowed on the way or left behind, and the exit code says which."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.cli.kinds.language_model import LanguageModels
from textrnn.cli.signals import Signals

Run = Callable[..., Any]
CODES = {name: code for name, code in (("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)) if hasattr(signal, name)}
WORDS = ("--steps", "100000", "--hidden-size", "8", "--seed", "0")


def swallowing(name: str) -> Callable[..., None]:
    """Return an import that a signal reaches where exceptions get lost, as in C++ code and finalizers."""

    def swallow(*_: Any, **__: Any) -> None:
        try:
            signal.raise_signal(getattr(signal, name))
        except BaseException:
            return

    return swallow


@pytest.mark.parametrize("what", ["import_data", "import_training", "begin"])
@pytest.mark.parametrize("name", CODES)
def test_what_an_import_would_swallow_ends_the_command_after_it(
    run: Run, corpus_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str
) -> None:
    swallow = swallowing(name)
    monkeypatch.setattr(LanguageModels, what, swallow)
    if what != "begin":
        monkeypatch.setattr(
            "textrnn.cli.kinds.language_model.LanguageModels.begin", lambda *_, **__: pytest.fail("went on")
        )
    result = run("train-lm", "verse.txt", *WORDS)
    assert (result.code, result.stdout) == (CODES[name], ""), result.stderr
    assert result.stderr == "textrnn: ended before training began\n"
    assert not Path("checkpoints").exists()


def test_reading_is_interrupted_at_once(run: Run, corpus_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("went on")

    monkeypatch.setattr(LanguageModels, "read", read)
    assert run("train-lm", "verse.txt", *WORDS).code == 143


def test_a_signal_before_a_command_begins_is_kept_for_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    swallow = swallowing("SIGTERM")
    monkeypatch.setattr("textrnn.cli.streams.prepare", swallow)
    handler = signal.getsignal(signal.SIGTERM)
    result = run("env")
    assert (result.code, result.stdout) == (143, "")
    assert result.stderr == "textrnn: ended by SIGTERM before anything began\n"
    assert signal.getsignal(signal.SIGTERM) is handler


def test_the_second_signal_does_not_wait_for_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("textrnn.cli.signals.os._exit", ended.append)
    monkeypatch.setattr("textrnn.cli.signals.os.write", lambda *_: 0)
    with Signals() as signals:
        signal.raise_signal(signal.SIGINT)
        assert ended == [] and signals.exit_code == 130
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    assert ended == [143]


def test_the_third_signal_ends_a_training_that_the_second_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    stopped: list[None] = []
    monkeypatch.setattr("textrnn.cli.signals.os._exit", ended.append)
    monkeypatch.setattr("textrnn.cli.signals.os.write", lambda *_: 0)
    with Signals() as signals:
        signals.let_go()
        signals.stop = lambda: stopped.append(None)
        signal.raise_signal(signal.SIGINT)
        for number in (1, 2):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            assert (len(stopped), len(ended)) == (1, number - 1)


def test_what_came_while_held_interrupts_when_let_go() -> None:
    with Signals() as signals:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signals.let_go()


# says when signals are caught; before, they are the interpreter's
LOUD = """
import sys
from textrnn.cli import main, signals
enter = signals.Signals.__enter__
def loud(self):
    entered = enter(self)
    print("caught", file=sys.stderr, flush=True)
    return entered
signals.Signals.__enter__ = loud
sys.exit(main())
"""


IN_EXEC = """
import sys
from textrnn.cli import main
from textrnn.cli.kinds.language_model import LanguageModels
LanguageModels.read = lambda *_: exec("import signal; signal.raise_signal(signal.SIGTERM)")
sys.exit(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="a signal to another process is POSIX's")
def test_what_passes_an_exec_of_text_leaves_the_code_as_it_is(tmp_path: Path) -> None:
    # of a module it is that Python asks at its end what it remembers
    (tmp_path / "begun.py").write_text(IN_EXEC)
    line = [sys.executable, "-m", "begun", "train-lm", "verse.txt", *WORDS]
    ended = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (143, "")
    assert ended.stderr == "textrnn: ended before training began\n"


AT_THE_END = """
import atexit, os, signal, sys
from textrnn.cli import main
atexit.register(lambda: os.kill(os.getpid(), signal.SIGTERM))
sys.exit(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="a signal to another process is POSIX's")
def test_the_code_is_that_of_the_command_while_the_interpreter_ends() -> None:
    ended = subprocess.run([sys.executable, "-c", AT_THE_END, "--version"], capture_output=True, check=False)
    assert ended.returncode == 0 and ended.stdout.startswith(b"textrnn ")


@pytest.mark.skipif(os.name == "nt", reason="a signal to another process is POSIX's")
@pytest.mark.parametrize("command", ["train-lm", "train-classifier"])
@pytest.mark.usefixtures("corpus_file", "reviews")
def test_signals_at_any_moment_of_the_start(command: str, tmp_path: Path) -> None:
    file = "verse.txt" if command == "train-lm" else "reviews.csv"
    tries = []
    for number, (name, delay_s) in enumerate(zip(CODES, (0.1, 0.6, 1.5), strict=False)):
        started = subprocess.Popen(
            [sys.executable, "-c", LOUD, command, file, *WORDS, "--out", f"run-{number}"],
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert started.stderr is not None and started.stderr.readline() == "caught\n"
        tries.append((name, delay_s, number, started))
    for name, delay_s, number, started in tries:
        time.sleep(delay_s)
        started.send_signal(getattr(signal, name))
        _, said = started.communicate(timeout=120)
        lines = [line for line in said.splitlines() if line.startswith(("textrnn: ended ", "textrnn: stopped by "))]
        assert started.returncode == CODES[name], said
        assert len(lines) == 1 and "Traceback" not in said and "ignored" not in said, said
        assert (tmp_path / f"run-{number}").exists() == ("and saved" in said)

"""Every ending is an exit code and at most one line."""

from __future__ import annotations

import builtins
import errno
from collections.abc import Callable
from typing import Any

import pytest
import typer

from textrnn import cli
from textrnn.cli import errors
from textrnn.cli.errors import outcome
from textrnn.errors import UserError, WorldError

Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (UserError("what", which="which", mend="mend"), "what in which: mend", 2),
        (WorldError("what"), "what", 1),
        (KeyboardInterrupt(), None, 130),
        (typer.Abort(), None, 130),
        (typer.Exit(3), None, 3),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), None, 0),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device in standard output: ", 1),
        (OSError(errno.ENOSPC, "No space left on device", "a.txt"), "no space left on device in a.txt: ", 1),
        (OSError(errno.EIO, "Input/output error", "a.txt"), "input/output error in a.txt", 1),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "a.txt"),
            "no such file or directory in a.txt: ",
            2,
        ),
        (PermissionError(errno.EACCES, "Permission denied", "a.txt"), "permission denied in a.txt: ", 2),
        (MemoryError(), "out of memory: ", 1),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory: ", 1),
        (typer.BadParameter("no"), "invalid value: no in textrnn: ", 2),
    ],
)
def test_outcome(error: BaseException, line: str | None, code: int) -> None:
    told, exit_code = outcome(error)
    assert exit_code == code
    assert told is None if line is None else told is not None and told.startswith(line)


def test_a_bug_asks_to_be_reported_and_says_where_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("textrnn.cli.env.environment", broken)
    result = run("env")
    assert result.code == 1
    assert result.error.startswith("unexpected ZeroDivisionError (division\\nby zero) in tests.cli.test_errors line ")
    assert "please report" in result.error and "Traceback" not in result.stderr
    assert "Traceback" in run("env", "--debug").stderr


REFUSED: dict[str, tuple[list[str], str]] = {
    "unknown command": (["trian-lm"], "unknown command trian-lm in textrnn: did you mean 'train-lm'?"),
    "reserved command": (["sweep"], "unknown command sweep in textrnn: known are "),
    "unknown subcommand": (["data", "shw"], "unknown command shw in textrnn data: did you mean 'show'?"),
    "unknown option": (
        ["train-lm", "--hiden-size", "3"],
        "unknown option --hiden-size in textrnn train-lm: did you mean --hidden-size?",
    ),
    "unknown short option": (["generate", "-x"], "unknown option -x in textrnn generate: "),
    "no value": (["train-lm", "--lr"], "no value in --lr: give it one"),
    "a value too many": (["train-lm", "--tied=yes"], "a value in --tied: give it without one"),
    "a file like an option": (
        ["train-lm", "-dash.txt"],
        "unknown option -d in textrnn train-lm: see textrnn train-lm --help; a FILE that starts with - goes after --",
    ),
    "nothing like it": (["repl", "--zzz"], "unknown option --zzz in textrnn repl: see textrnn repl --help"),
    "swallowed option": (["train-lm", "--out", "--overwrite"], "no value (found the option --overwrite) in --out: "),
    "free text": (["generate", "hello"], "got unexpected extra argument(s) (hello) in textrnn generate: "),
    "missing argument": (["evaluate"], "FILE is missing in textrnn evaluate: see textrnn evaluate --help"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_parsed_is_refused(refused: Callable[..., str], case: str) -> None:
    words, line = REFUSED[case]
    assert refused(*words).startswith(line)


def test_control_characters_of_a_name_do_not_reach_the_terminal(refused: Callable[..., str]) -> None:
    line = refused("evil\x1b[2Jname\nnext")
    assert "\\x1b[2J" in line and "\\nnext" in line


def test_a_prompt_may_look_like_an_option(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str | None] = []

    def stop(prompt: str | None) -> str:
        read.append(prompt)
        raise UserError("enough")

    monkeypatch.setattr("textrnn.cli.generate.read_prompt", stop)
    run("generate", "--prompt=-x")
    run("generate", "--prompt", "--length")
    assert read == ["-x", "--length"]


def test_every_os_error_that_can_be_mended_says_how() -> None:
    for number, mend in errors._MENDABLE.items():
        line, code = outcome(OSError(number, "Reason", "name"))
        assert (line, code) == (f"reason in name: {mend}", 2)


def test_debug_before_the_command_shows_the_traceback_too(run: Run) -> None:
    for words in (("--debug", "train-lm", "--lr", "nan"), ("train-lm", "--lr", "nan", "--debug")):
        assert "Traceback" in run(*words).stderr


def test_ctrl_c_while_the_command_line_itself_is_read_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str, *rest: Any, **more: Any) -> Any:
        if name == "textrnn.cli.run":
            raise KeyboardInterrupt
        return importer(name, *rest, **more)

    importer = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", interrupted)
    assert cli.main([]) == 130

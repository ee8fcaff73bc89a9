"""The help: plain, 80 columns, with groups, defaults, aliases, and examples that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from typer.main import get_command

from textrnn.cli.app import app_of, meant
from textrnn.cli.help import examples

Run = Callable[..., Any]

GROUP: Any = get_command(app_of())
COMMANDS = GROUP.commands
ALL = [[], *([name] for name in COMMANDS), ["data", "show"]]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
@pytest.mark.parametrize("name", ["-h", "--help"])
def test_help_is_plain_text_of_80_columns(run: Run, words: list[str], name: str) -> None:
    result = run(*words, name)
    assert result.code == 0 and result.stderr == ""
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert re.search(r"[\x1b│╭]|\[/|\[bold", result.stdout) is None
    assert result.stdout.startswith(" ".join(["Usage: textrnn", *words]))
    assert "\nExamples:\n  textrnn" in result.stdout or "\nExamples:\n  echo" in result.stdout
    assert not re.search(r"[ \t]$", result.stdout, re.MULTILINE)


def test_no_arguments_show_the_help(run: Run) -> None:
    assert run() == run("--help")


def test_version(run: Run) -> None:
    import textrnn

    assert run("--version").stdout == f"textrnn {textrnn.__version__}\n"


def test_an_option_shows_its_names_its_value_and_its_default(run: Run) -> None:
    lines = " ".join(run("generate", "--help").stdout.split())
    assert "-n, --length N units to write [also --max-tokens; default 500]" in lines
    assert "--stream/--no-stream" in lines
    groups = re.findall(r"^(\w+):$", run("train-lm", "--help").stdout, re.MULTILINE)
    assert groups == ["Examples", "Arguments", "Run", "Training", "Network", "Reading", "Machine", "Output", "Other"]


def commands_in_examples() -> list[str]:
    found = []
    for command in (GROUP, *COMMANDS.values(), COMMANDS["data"].commands["show"]):
        for line in examples(command.help):
            found += re.findall(r"textrnn [^|>]*", line.replace("COMMAND ", ""))
    return found


@pytest.mark.parametrize("line", commands_in_examples())
def test_the_examples_parse(line: str) -> None:
    words = shlex.split(line)[1:]
    if words == ["--help"]:
        return
    command = COMMANDS[words[0]]
    if words[:2] == ["data", "show"]:
        command, words = command.commands["show"], words[1:]
    assert command.make_context(words[0], words[1:]).params is not None


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["generate", "-n", "3"], ["generate"]),
        (["--debug", "tag", "classify"], ["tag"]),
        ([], COMMANDS),
        (["x"], COMMANDS),
    ],
)
def test_only_the_command_that_is_meant_is_made(words: list[str], names: list[str]) -> None:
    assert list(meant(words)) == list(names)
    assert list(get_command(app_of(meant(words))).commands) == list(names)  # type: ignore[attr-defined]

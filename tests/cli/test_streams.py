"""The streams of a real process: closed, full, broken, a terminal, and what is not imported on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import textrnn
from textrnn.cli import streams

ROOT = Path(textrnn.__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


def environment(**values: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **values}


def shell(command: str, model: Path, **values: str) -> Any:
    """Run a shell command in which $T is textrnn and $M the model."""
    variables = environment(T=f"{sys.executable} -m textrnn", M=str(model), **values)
    return subprocess.run(
        ["bash", "-c", command], env=variables, capture_output=True, text=True, timeout=60, check=False
    )


@posix
def test_head_ends_a_long_text_silently(model_folder: Path) -> None:
    result = shell("$T generate -m $M --length 100000000 --seed 1 | head -c 5; echo ${PIPESTATUS[0]} >&2", model_folder)
    # the first long text on a machine is told what it waits for
    told = [line for line in result.stderr.splitlines() if "compiling for this processor, once" not in line]
    assert len(result.stdout) == 5 and told == ["0"]


@posix
def test_a_closed_stdout_is_a_failure(model_folder: Path) -> None:
    result = shell("$T generate -m $M --length 5 --seed 1 >&-", model_folder)
    assert result.returncode == 1
    assert result.stderr == "textrnn: error: standard output is closed: leave it open, or send it to a file\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["generate -m $M --length 5 --seed 1", "runs --json", "--help"])
def test_a_full_disk_is_one_line(model_folder: Path, words: str) -> None:
    result = shell(f"$T {words} > /dev/full", model_folder)
    assert result.returncode == 1
    assert result.stderr.startswith("textrnn: error: no space left on device in standard output: ")
    assert result.stderr.count("\n") == 1


@posix
def test_closed_stdin_and_stderr_do_no_harm(model_folder: Path) -> None:
    with_both = shell("$T generate -m $M --length 30 --seed 1", model_folder)
    without = shell("$T generate -m $M --length 30 --seed 1 <&- 2>&-", model_folder)
    assert (without.returncode, without.stdout) == (0, with_both.stdout)


@posix
def test_ctrl_c_while_generating_is_130_without_a_traceback(model_folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "textrnn",
        "generate",
        "-m",
        str(model_folder),
        "--length",
        "100000000",
        "--seed",
        "1",
    ]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.read(20)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("locale", "shown"), [("C", b"O\\xe9\\u20ac\\x1b"), ("C.UTF-8", "Oé€\\x1b".encode())])
def test_on_a_terminal_text_is_escaped(locale: str, shown: bytes) -> None:
    import pty

    here, there = pty.openpty()
    code = "from textrnn.cli import streams; streams.prepare(); streams.text('Oé€\\x1b')"
    variables = environment(LC_ALL=locale)
    subprocess.run([sys.executable, "-c", code], env=variables, stdout=there, timeout=60, check=True)
    os.close(there)
    assert os.read(here, 100) == shown
    os.close(here)


@posix
def test_in_a_pipe_text_is_utf_8_as_it_is(model_folder: Path) -> None:
    code = "from textrnn.cli import streams; streams.prepare(); streams.text('Oé€\\x1b')"
    for variables in (environment(LC_ALL="C"), environment(PYTHONIOENCODING="ascii")):
        done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, timeout=60, check=True)
        assert done.stdout == "Oé€\x1b".encode()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LC_ALL": "C"}, "ascii"),
        ({"LANG": "POSIX"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, "utf-8"),
        ({"LANG": "en_US.UTF-8"}, "utf-8"),
        ({}, "utf-8"),
    ],
)
def test_what_a_terminal_reads(environment: dict[str, str], expected: str) -> None:
    class Stream:
        encoding = "utf-8"

    assert streams._terminal_encoding(Stream(), environment) == expected  # type: ignore[arg-type]


def test_tables_are_aligned_and_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    streams.table([("a", "bb"), ("ccc", "\x1b[2J")])
    assert capsys.readouterr().out == "a    bb\nccc  \\x1b[2J\n"


def test_wide_and_joining_characters_take_the_columns_they_take(capsys: pytest.CaptureFixture[str]) -> None:
    streams.tables([[("映画", "a"), ("ok", "b"), ("हिन्दी", "c")], [("x", "y")]])
    lines = capsys.readouterr().out.split("\n")
    # two columns a character; and of the six of the third three join others
    assert lines == ["映画  a", "ok    b", "हिन्दी   c", "", "x  y", ""]


def imported(words: list[str], model: Path) -> set[str]:
    code = (
        "import sys; from textrnn.cli import main; code = main(sys.argv[1:]);"
        "print('modules', *sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=environment(), capture_output=True, text=True, timeout=60, input=""
    )
    return set(done.stderr.rpartition("modules ")[2].split())


@pytest.mark.parametrize("words", [["--help"], ["train-lm", "--help"], ["train-lm", "--lr", "nan"], ["generat"]])
def test_what_the_command_line_alone_decides_imports_nothing_slow(words: list[str], model_folder: Path) -> None:
    assert not imported(words, model_folder) & {"torch", "nltk", "numpy", "rich", "prompt_toolkit", "sacrebleu"}


@pytest.mark.parametrize("words", [["generate", "-n", "3"], ["repl"], ["evaluate", str(ROOT / "README.md")]])
def test_running_a_model_imports_no_torch(words: list[str], model_folder: Path) -> None:
    modules = imported([*words, "-m", str(model_folder)], model_folder)
    assert "numpy" in modules and not modules & {"torch", "nltk", "textrnn.training"}


def test_completion_offers_commands_and_choices(model_folder: Path) -> None:
    def complete(line: str) -> list[str]:
        variables = environment(_TEXTRNN_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(line.count(" ")))
        command = [sys.executable, "-m", "textrnn"]
        return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60).stdout.split()

    assert complete("textrnn gen") == ["generate"]
    assert complete("textrnn train-lm --cell l") == ["lstm"]


@pytest.mark.parametrize("run_it", [[sys.executable, "-m", "textrnn"]])
def test_python_m_textrnn_is_the_same_command(run_it: list[str]) -> None:
    done = subprocess.run([*run_it, "--version"], env=environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"textrnn {textrnn.__version__}\n")

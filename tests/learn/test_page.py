"""What a lesson writes to: plain in a pipe, wrapped and coloured on a terminal, resting before a screen runs over."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from textrnn.learn.page import Page, Turn

LONG = "A paragraph of words that is far longer than a terminal is wide. " * 4


def write_all(page: Page) -> None:
    page.title("Title")
    page.heading("Part")
    page.text(LONG)
    page.equations("h' = tanh(x)", "c' = f * c + i * g        what is kept and what is new and more words still")
    page.table([("a", 1.0), ("b", 2.0)], ["name", "value"])
    page.bars({"a": 1.0, "b": -0.5}, title="bars")
    page.sparklines({"a": [1.0, 2.0, 3.0]}, title="lines")
    page.curves({"a": [1.0, 2.0, 3.0]}, across=(1, 3), title="curves")
    page.heat(list("abc"), {"x": [0.1, 0.5, 0.9]}, title="heat")
    page.source("Elman 1990")
    page.pause()


def test_a_pipe_gets_plain_text() -> None:
    stream = io.StringIO()
    write_all(Page(stream))
    text = stream.getvalue()
    assert text.isascii() and "\x1b" not in text
    assert LONG.strip() in text.split("\n")
    assert text.startswith("Title\n=====\n\nPart\n----\n\n")
    assert not re.search(r"[ \t]$", text, re.MULTILINE)


@pytest.mark.parametrize("columns", [30, 60, 80, 100, 300])
def test_a_terminal_gets_lines_that_fit(terminal: Any, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    write_all(Page(terminal, size=lambda: (columns, 24)))
    text = terminal.getvalue()
    assert "\x1b" not in text and "█" in text
    # of what is very wide, little is read easily
    assert max(map(len, text.split("\n"))) <= min(columns - 1, 78)


def test_equations_break_between_words(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    page = Page(terminal, size=lambda: (60, 24))
    page.equations(
        "i  = sigmoid(6 * 1 + 0.5 * 0.000 - 3) = sigmoid(3.000) = 0.953",
        "g       = tanh(W_ih x + W_hh h + b)       what there is to note",
    )
    assert terminal.getvalue().split("\n") == [
        "i  = sigmoid(6 * 1 + 0.5 * 0.000 - 3) = sigmoid(3.000)",
        "  = 0.953",
        "g       = tanh(W_ih x + W_hh h + b)",
        "  what there is to note",
        "", "",
    ]  # fmt: skip


@pytest.mark.parametrize("columns", [20, 25, 33, 40, 60])
def test_no_number_is_broken(
    terminal: Any, columns: int, told: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    equations = [line.strip() for line in told("cell").split("\n") if re.search(r" = (tanh|sigmoid)\(.* = ", line)]
    Page(terminal, size=lambda: (columns, 24)).equations(*equations)
    assert len(equations) >= 10 and terminal.getvalue().split() == " ".join(equations).split()


def test_colour_adds_nothing_but_colour(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    write_all(Page(terminal, size=lambda: (80, 24)))
    coloured = terminal.getvalue()
    assert "\x1b[" in coloured
    plain = type(terminal)()
    monkeypatch.setenv("NO_COLOR", "1")
    write_all(Page(plain, size=lambda: (80, 24)))
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    without_rules = re.sub(r"\n[=-]+(?=\n)", "", plain.getvalue())
    assert [line.rstrip() for line in bare.split("\n")] == [line.rstrip() for line in without_rules.split("\n")]


def test_what_could_steer_a_terminal_is_spelled_out(terminal: Any) -> None:
    Page(terminal, size=lambda: (80, 24)).table([("\x1b[31mred", 1.0)])
    assert "\x1b[31mred" not in terminal.getvalue() and "\\x1b[31mred" in terminal.getvalue()


@pytest.mark.parametrize("rows", [10, 24, 40])
def test_it_rests_before_a_screen_runs_over(terminal: Any, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown: list[int] = []

    def ask() -> str:
        shown.append(terminal.getvalue().count("\n") - sum(shown))
        return ""

    page = Page(terminal, size=lambda: (80, rows), ask=ask)
    for number in range(30):
        page.text(f"Paragraph {number}")
    page.heading("A part")
    page.pause()
    # the line in which it waits stands on the screen too
    assert max(shown) <= rows - 1 and len(shown) >= 60 // rows
    page.pause()
    assert len(shown) == len(shown) and sum(shown) == terminal.getvalue().count("\n")


def test_nothing_new_is_no_reason_to_rest(terminal: Any) -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append("")
        return ""

    page = Page(terminal, size=lambda: (80, 24), ask=ask)
    page.pause()
    page.text("word")
    page.pause()
    page.pause()
    assert len(asked) == 1


def test_another_wish_ends_the_lesson(terminal: Any) -> None:
    page = Page(terminal, size=lambda: (80, 24), ask=lambda: "q")
    page.text("word")
    with pytest.raises(Turn) as caught:
        page.pause()
    assert caught.value.answer == "q"


def test_where_nobody_waits_nothing_rests(told: Callable[[str], str]) -> None:
    page = Page(stream := io.StringIO(), size=None)
    for _ in range(100):
        page.text("word")
    page.pause()
    assert stream.getvalue().count("word") == 100

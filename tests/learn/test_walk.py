"""The walk through the lessons: where an answer leads, and what is then told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.learn.walk import rest, turn, walk


def lesson(name: str, *, parts: int = 1, uses_model: bool = False) -> Lesson:
    def tell(page: Page, model: Any) -> None:
        for part in range(parts):
            page.text(f"<{name} {part}{' of ' + model if model else ''}>")
            page.pause()

    return Lesson(name, name.title(), f"about {name}", 3, tell, uses_model)


LESSONS = (lesson("cell", uses_model=True), lesson("memory", parts=2), lesson("shapes"))


@pytest.mark.parametrize(
    ("answer", "place", "leads_to"),
    [
        ("", -1, 0), ("", 0, 1), ("", 2, None), ("n", 0, 1), ("b", 2, 1), ("b", 0, 0), ("b", -1, 0), ("q", 0, None),
        ("QUIT", 1, None), ("3", -1, 2), ("1", 2, 0), (" memory ", 0, 1), ("Cell", 2, 0), ("sha", 0, 2),
    ],
)  # fmt: skip
def test_where_an_answer_leads(answer: str, place: int, leads_to: int | None) -> None:
    assert turn(answer, place, LESSONS) == leads_to


@pytest.mark.parametrize("answer", ["0", "4", "-1", "²", "9" * 5000, "x", "?", "l", "\x1b[A"])
def test_what_leads_nowhere_is_explained(answer: str) -> None:
    assert isinstance(turn(answer, 0, LESSONS), str)


def test_a_near_miss_is_named() -> None:
    assert turn("memroy", 0, LESSONS) == "No lesson is 'memroy'; there is memory. ? helps."
    assert turn("99", 0, LESSONS) == "No lesson is '99'; there is 1 cell, 2 memory, 3 shapes. ? helps."


@pytest.fixture
def walked(terminal: Any) -> Callable[..., list[str]]:
    """Walk with these answers, at whatever is asked, and return the parts that were told."""

    def walked(*answers: str) -> list[str]:
        left = list(answers)

        def ask(_prompt: str = "") -> str:
            return left.pop(0)

        page = Page(terminal, size=lambda: (80, 24), ask=lambda: rest(page, LESSONS, ask))
        walk(page, LESSONS, lambda: "mine", ask)  # type: ignore[arg-type, return-value]
        assert not left
        text = terminal.getvalue()
        return [piece.split(">")[0] for piece in text.split("<")[1:]]

    return walked


def test_enter_leads_through_everything(walked: Callable[..., list[str]]) -> None:
    # before each lesson, at the rests within, behind the last
    told = walked("", "", "", "", "", "", "", "")
    assert told == ["cell 0 of mine", "memory 0", "memory 1", "shapes 0"]


def test_one_may_turn_in_the_middle_of_a_lesson(walked: Callable[..., list[str]]) -> None:
    assert walked("memory", "b", "3", "", "q") == ["memory 0", "cell 0 of mine", "shapes 0"]


def test_help_stays_where_it_is(walked: Callable[..., list[str]], terminal: Any) -> None:
    assert walked("?", "l", "nonsense", "", "q") == ["cell 0 of mine"]
    assert "3 shapes" in terminal.getvalue()


def test_help_in_the_middle_of_a_lesson_does_not_end_it(walked: Callable[..., list[str]]) -> None:
    assert walked("2", "?", "nonsense", "l", "", "", "q") == ["memory 0", "memory 1"]


def test_one_may_leave_at_once(walked: Callable[..., list[str]]) -> None:
    assert walked("q") == []

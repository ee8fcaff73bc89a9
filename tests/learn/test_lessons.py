"""What holds for every lesson: it tells the same every time, in ASCII, fits a screen, has a page with its pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from textrnn.learn.lesson import Lesson
from textrnn.learn.table import LESSONS

PAGES = Path(__file__).resolve().parents[2] / "docs" / "learn"
NAMES = [lesson.name for lesson in LESSONS]

every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)


def test_the_order_of_the_walk() -> None:
    assert NAMES == [
        "cell", "memory", "feed-forward", "unfolding", "vanishing", "clipping", "truncated", "teacher-forcing",
        "shapes", "gradient-check",
    ]  # fmt: skip
    assert 25 <= sum(lesson.minutes for lesson in LESSONS) <= 35


@every_lesson
def test_it_is_plain_and_names_its_sources(told: Callable[[str], str], lesson: Lesson) -> None:
    text = told(lesson.name)
    lines = text.split("\n")
    assert "\x1b" not in text and all(line.isascii() for line in lines if line.startswith("    "))
    assert not re.search(r"[ \t]$", text, re.MULTILINE) and "\n\n\n" not in text
    assert re.search(r"^Source: .*\d{4}", text, re.MULTILINE)
    # paragraphs are lines of their own, pictures no wider than a page
    assert all(len(line) <= 110 for line in lines if line.startswith("    "))


@every_lesson
def test_no_number_in_it_is_beyond_all_numbers(told: Callable[[str], str], lesson: Lesson) -> None:
    assert not re.search(r"\b(nan|inf)\b|beyond all numbers", told(lesson.name))


@every_lesson
def test_it_has_a_page_with_its_pictures(lesson: Lesson) -> None:
    page = (PAGES / f"{lesson.name}.md").read_text(encoding="utf-8")
    assert f"textrnn learn --lesson {lesson.name}" in page
    pictures = sorted(path.name for path in PAGES.glob(f"{lesson.name}-[0-9]*.png"))
    linked = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page)
    assert pictures and sorted(linked) == pictures
    assert all((PAGES / name).stat().st_size < 60_000 for name in pictures)
    for target in re.findall(r"(?<!!)\[[^\]]+\]\(([^)#]+)\)", page):
        assert target.startswith("https://") or (PAGES / target).resolve().exists(), target


def test_the_contents_name_every_lesson_in_order() -> None:
    page = (PAGES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| \[([^\]]+)\]\(([^)]+)\)", page, re.MULTILINE)
    assert rows == [(str(number), name, f"{name}.md") for number, name in enumerate(NAMES, start=1)]


def test_the_pictures_are_made_by_the_lessons(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from textrnn.learn.pictures import make_pictures

    for lesson in LESSONS:
        if lesson.name in ("unfolding", "gradient-check"):
            files = make_pictures(lesson, tmp_path, None)
            assert [path.name for path in files] == sorted(path.name for path in PAGES.glob(f"{lesson.name}-*.png"))
            assert all(path.read_bytes().startswith(b"\x89PNG") for path in files)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_lessons_look_into_any_model(told_with: Callable[..., str], told: Callable[[str], str], cell: str) -> None:
    for lesson in LESSONS:
        if lesson.name in ("cell", "memory"):
            text = told_with(lesson.name, cell=cell, num_layers=2, layer_norm=True)
            assert "tiny" in text and len(text) > len(told(lesson.name))


@pytest.mark.parametrize("kind", ["byte", "word"])
def test_lessons_look_into_models_of_other_units(told_with: Callable[..., str], kind: str) -> None:
    assert "trained model: tiny" in told_with("cell", kind=kind)
    assert f"{kind}s of a text" in told_with("memory", kind=kind)

"""The walk through the lessons: one after another with places to rest, or all at once where nobody waits.

In go the lessons, a page and a way to ask; out comes what the reader wants next. What a lesson tells is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.names import numbered, place_of, suggestion
from textrnn.learn.page import Page, Turn

# a trained model for the lessons that look at one, opened when the first of them comes
GetModel = Callable[[], LanguageModel | None]

_LAST_WORDS = "That was the last lesson. Enter or q leaves, b goes back."
_LONGEST_WORD = 20
_HELP = "Enter goes on, b to the lesson before, a number or a name to that lesson; l lists them, q leaves."


def tell(page: Page, lesson: Lesson, number: int, get_model: GetModel) -> None:
    """Write one lesson with its title."""
    model = get_model() if lesson.uses_model else None
    page.title(f"{number}  {lesson.title}")
    lesson.tell(page, model)


def contents(page: Page, lessons: Sequence[Lesson]) -> None:
    """Write which lessons there are."""
    page.table([(str(number), one.name, one.title) for number, one in enumerate(lessons, start=1)])


def walk(page: Page, lessons: Sequence[Lesson], get_model: GetModel, ask: Callable[[str], str]) -> None:
    """Lead through the lessons until the reader leaves. ask: shows a prompt and returns what was typed."""
    place = -1

    def ask_after(action: Callable[[], None]) -> str:
        """Return what the reader wants behind what `action` writes, or already in the middle of it."""
        try:
            action()
        except Turn as wanted:
            return wanted.answer
        answer = ask(prompt_before(lessons, place + 1))
        page.begin_screen()
        return answer

    answer = ask_after(lambda: _begin(page, lessons))
    while (turned := turn(answer, place, lessons)) is not None:
        if isinstance(turned, str):
            answer = ask_after(partial(page.text, turned))
        else:
            place = turned
            answer = ask_after(partial(_visit, page, lessons, place, get_model))


def _begin(page: Page, lessons: Sequence[Lesson]) -> None:
    page.title("How a recurrent network works")
    minutes = sum(lesson.minutes for lesson in lessons)
    page.text(f"{len(lessons)} lessons, about {minutes} minutes. All numbers are computed while you read.")
    contents(page, lessons)
    page.text(_HELP)


def _visit(page: Page, lessons: Sequence[Lesson], place: int, get_model: GetModel) -> None:
    tell(page, lessons[place], place + 1, get_model)
    if place + 1 == len(lessons):
        page.text(_LAST_WORDS)


def rest(page: Page, lessons: Sequence[Lesson], ask: Callable[[str], str]) -> str:
    """Wait within a lesson, and return what was typed; what leads nowhere is explained, and waited on."""
    while isinstance(explained := turn(answer := ask("[Enter] "), 0, lessons), str):
        page.text(explained)
    return answer


def prompt_before(lessons: Sequence[Lesson], place: int) -> str:
    """Return what the reader is asked before a lesson, or behind the last."""
    return f"[Enter] {place + 1} {lessons[place].name}   [b] [q] [?] " if place < len(lessons) else "[b] [q] [?] "


def turn(answer: str, place: int, lessons: Sequence[Lesson]) -> int | str | None:
    """Return the place of the lesson that `answer` asks for at `place`; None to leave; a text where it asks for none.

    The beginning of a name will do where no other name begins so.
    """
    word = answer.strip().lower()
    names = [lesson.name for lesson in lessons]
    if word in ("q", "quit", "exit") or (word == "" and place + 1 >= len(lessons)):
        return None
    if word in ("", "n", "next"):
        return place + 1
    if word in ("b", "back"):
        return max(0, place - 1)
    if word in ("?", "h", "help"):
        return _HELP
    if word in ("l", "list"):
        return numbered(names)
    meant = place_of(word, names)
    if meant is None:
        return f"No lesson is {word[:_LONGEST_WORD]!r}; there is {suggestion(word, names)}. ? helps."
    return meant

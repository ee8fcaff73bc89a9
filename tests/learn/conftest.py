"""What a lesson tells in a pipe, told once for all tests that read it."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from textrnn.inference.language_model.model import LanguageModel
    from textrnn.learn.trainer import SimpleRNN


class FakeTerminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> FakeTerminal:
    return FakeTerminal()


@pytest.fixture(scope="session")
def told() -> Callable[[str], str]:
    """Return what the lesson of a name tells in a pipe, without a trained model."""
    from textrnn.learn.page import Page
    from textrnn.learn.table import LESSONS

    @cache
    def told(name: str) -> str:
        stream = io.StringIO()
        (lesson,) = (one for one in LESSONS if one.name == name)
        lesson.tell(Page(stream), None)
        return stream.getvalue()

    return told


@pytest.fixture(scope="session")
def trained_memory() -> SimpleRNN:
    """The network of the lesson `memory`, trained once."""
    from textrnn.learn.lessons import memory

    return memory.trained()


@pytest.fixture
def told_with(
    make_model: Callable[..., LanguageModel], trained_memory: SimpleRNN, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Return what a lesson tells of a model with random weights and these settings."""
    from textrnn.learn.lessons import memory

    monkeypatch.setattr(memory, "trained", lambda: trained_memory)
    from textrnn.learn.page import Page
    from textrnn.learn.table import LESSONS

    def told_with(name: str, **settings: object) -> str:
        stream = io.StringIO()
        (lesson,) = (one for one in LESSONS if one.name == name)
        lesson.tell(Page(stream), make_model(**settings))
        return stream.getvalue()

    return told_with

"""Lesson: are these gradients right? Every one of them, held against nudging its weight."""

from __future__ import annotations

from textrnn.inference.language_model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page


def tell(page: Page, model: LanguageModel | None) -> None:
    """Nudge every weight, and compare."""
    page.text("A gradient says how much the loss changes when a weight is nudged.")


LESSON = Lesson(
    name="gradient-check",
    title="Is the gradient right?",
    sentence="the gradients made by hand, held against nudging every weight",
    minutes=3,
    tell=tell,
)

"""What a lesson is: a name, a title, a sentence, and a function that tells it on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.page import Page


class Lesson(NamedTuple):
    """One lesson of the walk.

    sentence: what one sees in it. minutes: that a beginner takes. tell: writes it; it gets the trained model whose own
    weights are looked at where the lesson uses one and one was found, else None, and computes everything anew.
    """

    name: str
    title: str
    sentence: str
    minutes: int
    tell: Callable[[Page, LanguageModel | None], None]
    uses_model: bool = False

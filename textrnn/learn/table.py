"""All lessons, in the order of the walk. A new lesson is one file in `lessons/` and one row here."""

from __future__ import annotations

from textrnn.learn.lesson import Lesson
from textrnn.learn.lessons import gradient_check

LESSONS: tuple[Lesson, ...] = (gradient_check.LESSON,)

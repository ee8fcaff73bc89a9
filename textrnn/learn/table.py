"""All lessons, in the order of the walk. A new lesson is one file in `lessons/` and one row here."""

from __future__ import annotations

from textrnn.learn.lesson import Lesson
from textrnn.learn.lessons import cell, gradient_check

LESSONS: tuple[Lesson, ...] = (cell.LESSON, gradient_check.LESSON)

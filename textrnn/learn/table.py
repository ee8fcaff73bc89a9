"""All lessons, in the order of the walk. A new lesson is one file in `lessons/` and one row here."""

from __future__ import annotations

from textrnn.learn.lesson import Lesson
from textrnn.learn.lessons import cell, feed_forward, gradient_check, memory, shapes, unfolding

LESSONS: tuple[Lesson, ...] = (
    cell.LESSON,
    memory.LESSON,
    feed_forward.LESSON,
    unfolding.LESSON,
    shapes.LESSON,
    gradient_check.LESSON,
)

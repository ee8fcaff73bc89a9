"""All lessons, in the order of the walk. A new lesson is one file in `lessons/`, one row here, one name in names.py."""

from __future__ import annotations

from textrnn.learn.lesson import Lesson
from textrnn.learn.lessons import (
    cell,
    clipping,
    feed_forward,
    gradient_check,
    memory,
    shapes,
    teacher_forcing,
    truncated,
    unfolding,
    vanishing,
)

LESSONS: tuple[Lesson, ...] = (
    cell.LESSON,
    memory.LESSON,
    feed_forward.LESSON,
    unfolding.LESSON,
    vanishing.LESSON,
    clipping.LESSON,
    truncated.LESSON,
    teacher_forcing.LESSON,
    shapes.LESSON,
    gradient_check.LESSON,
)

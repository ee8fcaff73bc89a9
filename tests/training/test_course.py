"""How far training has come, when it ends, when it is measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textrnn.training.course import MEASURED, Course, total_steps


def course(**given: Any) -> Course:
    usual = {"limit_s": None, "total_steps": None, "total_by": "steps", "steps_per_epoch": 50, "patience": None}
    return Course(**{**usual, **given})


@pytest.mark.parametrize(
    ("steps", "epochs", "expected"),
    [
        (100, None, (100, "steps")), (None, 3.0, (150, "epochs")), (None, 0.5, (25, "epochs")),
        (100, 3.0, (100, "steps")), (200, 3.0, (150, "epochs")), (None, None, (None, "budget")),
        (0, None, (0, "steps")), (None, 0.0, (0, "epochs")), (None, 0.001, (1, "epochs")),
    ],
)  # fmt: skip
def test_the_first_limit_reached_counts(
    steps: int | None, epochs: float | None, expected: tuple[int | None, str]
) -> None:
    assert total_steps(steps, epochs, 50) == expected


def test_the_fraction_is_that_of_the_nearest_end() -> None:
    by_steps = course(total_steps=100)
    assert [by_steps.fraction(step, 1e9) for step in (0, 25, 100, 120)] == [0, 0.25, 1, 1]
    by_time = course(limit_s=50.0)
    assert [by_time.fraction(10**9, seconds) for seconds in (0, 12.5, 50, 51)] == [0, 0.25, 1, 1]
    both = course(limit_s=50.0, total_steps=100)
    assert both.fraction(10, 25.0) == 0.5
    assert both.fraction(80, 25.0) == 0.8
    assert course(total_steps=0).fraction(0, 0.0) == 1
    assert course(limit_s=0.0).fraction(0, 0.0) == 1


def test_what_the_last_evaluation_takes_is_not_trained_in() -> None:
    reserved = course(limit_s=50.0, reserve_s=10.0)
    assert reserved.fraction(0, 20.0) == 0.5
    assert reserved.ended_by(0, 39.9, 0) is None
    assert reserved.ended_by(0, 40.0, 0) == "budget"
    assert course(limit_s=50.0, reserve_s=60.0).ended_by(0, 0.0, 0) == "budget"


def test_what_ends_training() -> None:
    by_steps = course(total_steps=100, total_by="epochs", patience=3)
    assert by_steps.ended_by(99, 1e9, 2) is None
    assert by_steps.ended_by(100, 0.0, 0) == "epochs"
    assert by_steps.ended_by(50, 0.0, 3) == "patience"
    assert course(total_steps=0).ended_by(0, 0.0, 0) == "steps"


def due(made: Course, steps: int) -> list[int]:
    """The steps after which an evaluation is made."""
    evaluated_at, found = 0.0, []
    for step in range(1, steps + 1):
        if made.evaluation_is_due(step, step * 0.5, evaluated_at):
            evaluated_at = made.fraction(step, step * 0.5)
            found.append(step)
    return found


def test_by_steps_there_are_ten_evaluations_and_the_last_is_not_asked_for() -> None:
    assert due(course(total_steps=100), 100) == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert due(course(total_steps=7), 7) == [1, 2, 3, 4, 5, 6]
    assert due(course(total_steps=1), 1) == []
    # one a pass, but no more than fifty
    assert due(course(total_steps=1000, steps_per_epoch=30), 1000) == list(range(30, 1000, 30))
    assert due(course(total_steps=10_000, steps_per_epoch=1), 10_000) == list(range(200, 10_000, 200))


def test_by_time_there_are_ten_evaluations_and_the_last_is_not_asked_for() -> None:
    found = due(course(limit_s=50.0), 100)
    assert len(found) == 9
    assert all(9 <= gap <= 11 for gap in np.diff([0, *found]))
    # 3 steps in all: at most one evaluation after each
    assert due(course(limit_s=1.5), 3) == [1, 2]
    assert MEASURED == 10


def test_as_many_evaluations_as_can_be_afforded_evenly_spread() -> None:
    assert due(course(limit_s=50.0, measured=4), 100) == [25, 50, 75]
    assert due(course(limit_s=50.0, measured=1), 100) == []
    # what was missed is not made up for: after a late one the next keeps its distance
    late = course(limit_s=50.0)
    assert late.evaluation_is_due(57, 28.5, 0.1)
    assert not late.evaluation_is_due(60, 30.0, 0.57)
    assert late.evaluation_is_due(67, 33.6, 0.57)


def test_without_a_budget_no_clock_is_looked_at() -> None:
    made = course(total_steps=100, patience=2)
    for seconds in (0.0, 1e9):
        assert made.evaluation_is_due(10, seconds, 0.9)
        assert not made.evaluation_is_due(11, seconds, 0.0)
        assert made.fraction(10, seconds) == 0.1
        assert made.ended_by(10, seconds, 0) is None

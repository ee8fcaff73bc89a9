"""The lesson on clipping: its slopes are those of nudging, its two descents those of the equations written out."""

from __future__ import annotations

import io
import math
from itertools import pairwise

import numpy as np
import pytest

from textrnn.learn.lessons import clipping
from textrnn.learn.lessons.clipping import LEARNING_RATE, LIMIT, MOVES, descend, loss_and_slope
from textrnn.learn.page import Page


def loss(bias: float) -> float:
    """The loss of the lesson, from its equations alone."""
    h = 0.5
    for _ in range(15):
        h = math.tanh(1.5 * h + bias)
    return (h - 0.4) ** 2


@pytest.mark.parametrize("bias", [-0.5, -0.215, -0.21, -0.2, 0.0, 0.3])
def test_loss_and_slope(bias: float) -> None:
    """By central differences: on both plateaus, and on the face of the cliff, where it is a hundred times as steep."""
    move = loss_and_slope(bias)
    assert move.loss == pytest.approx(loss(bias), rel=1e-12)
    assert move.slope == pytest.approx((loss(bias + 1e-6) - loss(bias - 1e-6)) / 2e-6, rel=1e-4)


@pytest.mark.parametrize("limit", [None, LIMIT])
def test_descents(limit: float | None) -> None:
    """Every move goes down the slope, as far as the slope says or as the limit allows."""
    moves = descend(limit)
    assert len(moves) == MOVES + 1
    for before, after in pairwise(moves):
        step = LEARNING_RATE * abs(before.slope)
        step = step if limit is None else min(step, LEARNING_RATE * limit)
        assert after.bias == pytest.approx(before.bias - math.copysign(step, before.slope), rel=1e-12)
        assert after.loss == pytest.approx(loss(after.bias), rel=1e-12)


def test_what_the_lesson_says() -> None:
    """Without clipping one step throws it out of reach for good; with it, it stays where the loss is small."""
    free, held = descend(None), descend(LIMIT)
    hit = max(range(len(free)), key=lambda place: abs(free[place].slope))
    assert abs(free[hit].slope) > 100 and abs(free[hit + 1].bias) > 10
    assert [move.bias for move in free[hit + 1 :]] == pytest.approx([free[hit + 1].bias] * (MOVES - hit))
    assert np.mean([move.loss for move in held[hit:]]) < 0.2 * free[-1].loss
    # any step of the descent is small
    assert max(abs(a.bias - b.bias) for a, b in pairwise(held)) <= LEARNING_RATE * LIMIT * (1 + 1e-9)


def test_it_is_told() -> None:
    stream = io.StringIO()
    clipping.LESSON.tell(Page(stream), None)
    thrown = max(move.bias for move in descend(None))
    assert f"throws b to {thrown:.2f}" in stream.getvalue()

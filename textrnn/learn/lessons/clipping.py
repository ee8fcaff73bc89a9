"""Lesson: a cliff in the loss, and what clipping the gradient does there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from textrnn.cells import bptt
from textrnn.cells.cell import CellParameters
from textrnn.cells.rnn import TANH
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.learn.trainer_optimizers import clipped

# a network of one unit that reads nothing: its weight, the state it starts from, where it should be after so many steps
WEIGHT, START, TARGET, STEPS = 1.5, 0.5, 0.4, 15
# the descent on its bias
FROM, LEARNING_RATE, LIMIT, MOVES = 0.3, 0.05, 0.5, 60


class Move(NamedTuple):
    """Where a descent stands, the loss there and its slope."""

    bias: float
    loss: float
    slope: float


def loss_and_slope(bias: float) -> Move:
    """Return (h_T - target)^2 for h' = tanh(w h + b), and its slope by b: the sum over all steps, by BPTT."""
    p = CellParameters(weight_ih=None, weight_hh=np.array([[WEIGHT]]), bias_ih=None, bias_hh=np.array([bias]))
    _, (h,), tape = bptt.forward(TANH, p, np.zeros((STEPS, 1)), (np.array([START]),))
    gradients, _, _ = bptt.backward(TANH, p, tape, None, (2 * (h - TARGET),))
    return Move(bias, float((h[0] - TARGET) ** 2), float(gradients.bias_hh[0]))


def descend(limit: float | None) -> list[Move]:
    """Return the moves of gradient descent, its gradients clipped to `limit` where there is one."""
    moves = [loss_and_slope(FROM)]
    for _ in range(MOVES):
        gradient = {"bias": np.array([moves[-1].slope])}
        if limit is not None:
            gradient = clipped(gradient, limit)
        moves.append(loss_and_slope(moves[-1].bias - LEARNING_RATE * float(gradient["bias"][0])))
    return moves


def steepest_of(moves: Iterable[Move]) -> Move:
    """Return the move with the steepest slope, up or down."""
    return max(moves, key=lambda move: abs(move.slope))


def tell(page: Page, model: LanguageModel | None) -> None:
    """Draw the cliff, walk into it without and with clipping, and tell what clipping is."""
    page.text(f"""
        The same product that makes gradients vanish can make them explode. The smallest network that shows it has one
        unit and reads nothing: it starts from {START:g}, takes {STEPS} steps, and is to end at {TARGET:g}. Its one
        parameter is the bias b.""")
    page.equations(f"h_t = tanh({WEIGHT:g} h_(t-1) + b)", f"loss = (h_{STEPS} - {TARGET:g})^2")
    page.text("This is the loss by b. Where b is small, the unit falls to -1; where b is large, it climbs to 1.")
    surface = [loss_and_slope(float(bias)) for bias in np.linspace(-0.5, 0.3, 401)]
    page.curves({"loss": [move.loss for move in surface]}, across=("b = -0.50", "b = 0.30"), height=9,
                title="the loss, by b")  # fmt: skip
    steepest = steepest_of(surface)
    page.text(f"""
        Between the two stands a cliff: near b = {steepest.bias:.2f} the slope is {steepest.slope:.0f}, elsewhere about
        1. And the best b lies at its foot, so descent goes there.""")
    page.source("""Pascanu, Mikolov & Bengio 2013, On the difficulty of training recurrent neural networks, figure 6;
        Doya 1993 (bifurcations).""")
    page.pause()
    free = descend(None)
    hit = free.index(steepest_of(free))
    over = next(place for place, move in enumerate(free) if move.loss > 1)
    page.text(f"""
        Gradient descent from b = {FROM:g}, learning rate {LEARNING_RATE:g}. It comes down to the foot, steps over the
        edge at move {over}, is back soon; and move {hit} lands on the face of the cliff:""")
    page.table(
        [[f"{place}", f"{move.bias:.3f}", f"{move.loss:.3f}", f"{move.slope:.3g}"]
         for place, move in list(enumerate(free))[hit - 3 : hit + 3]],
        heading=["move", "b", "loss", "slope"],
    )  # fmt: skip
    page.text(f"""
        One step of {LEARNING_RATE:g} times {abs(free[hit].slope):.0f} throws b to {free[hit + 1].bias:.2f}. There tanh
        is flat, the slope is {free[hit + 1].slope:.0e}, and no number of steps in reach leads back: all that was
        learned is lost in one.""")
    page.pause()
    _tell_of_clipping(page, free, hit)


def _tell_of_clipping(page: Page, free: list[Move], hit: int) -> None:
    held = descend(LIMIT)
    page.text("Clipping keeps a gradient's direction and shortens it where it is longer than a limit:")
    page.equations("g <- g * limit / |g|    where |g| > limit")
    page.text(f"""
        |g| is the length of all gradients of all parameters as one vector, so that their proportions stay. Here is the
        same descent with the limit {LIMIT:g}; a step is at most {LEARNING_RATE * LIMIT:g} long. Which way the slope
        points was right all along, how steep it is told nothing of how far to go.""")
    page.curves({"without": [m.loss for m in free], "clipped": [m.loss for m in held]},
                across=("move 0", f"move {MOVES}"), height=8, title="the loss, move by move")  # fmt: skip
    page.bars({
        "without": float(np.mean([m.loss for m in free[hit + 1 :]])),
        "clipped": float(np.mean([m.loss for m in held[hit + 1 :]])),
    }, title=f"mean loss after move {hit}")  # fmt: skip
    page.text("""
        The clipped descent stays at the cliff's foot and goes up and down a little; a falling learning rate would
        settle it. Clipping is no cure for vanishing: it makes nothing longer. Training here clips by default
        (--clip).""")


LESSON = Lesson(
    name="clipping",
    title="Clipping the gradient",
    sentence="a cliff in the loss, and one step there with and without clipping",
    minutes=3,
    tell=tell,
)

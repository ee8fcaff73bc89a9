"""Lesson: unfolding; a loop laid out in time is a deep network with the same weights everywhere, forwards and back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from textrnn.cells import bptt
from textrnn.cells.cell import CellParameters
from textrnn.cells.rnn import TANH
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN
from textrnn.networks.parameters import named_arrays

INPUTS = (1.0, 0.5, -0.5, 1.0)
TARGET = 0.0
W, U, B = 0.9, 0.7, -0.2
NUDGE = 1e-5
LENGTHS = (1, 10, 100, 1000)
HIDDEN = 32


class Unfolded(NamedTuple):
    """A cell of one unit, step by step.

    states: from the one before the first step on. d_sums: the gradient of the loss by the sum inside each step's tanh.
    by_w, by_u: what each step adds to the gradient by w and by u.
    """

    states: list[float]
    d_sums: list[float]
    by_w: list[float]
    by_u: list[float]


def parameters(w: float = W, u: float = U) -> CellParameters:
    """Return the cell h' = tanh(w x + u h + b)."""
    return CellParameters(np.array([[w]]), np.array([[u]]), np.array([B]), np.zeros(1))


def loss(w: float = W, u: float = U) -> float:
    """Return the squared error of the state after the last step."""
    h = 0.0
    for x in INPUTS:
        h = float(np.tanh(w * x + u * h + B))
    return (h - TARGET) ** 2


def unfold() -> Unfolded:
    """Go forwards through the steps, then back through them: every line below is one line of the chain rule."""
    states = [0.0]
    for x in INPUTS:
        states.append(float(np.tanh(W * x + U * states[-1] + B)))
    d_h = 2 * (states[-1] - TARGET)
    d_sums, by_w, by_u = [], [], []
    for t in reversed(range(len(INPUTS))):
        d_sum = d_h * (1 - states[t + 1] ** 2)  # through tanh
        d_sums.append(d_sum)
        by_w.append(d_sum * INPUTS[t])  # w was multiplied by this step's input
        by_u.append(d_sum * states[t])  # u by the state before it
        d_h = U * d_sum  # what the step before has to answer for
    return Unfolded(states, d_sums[::-1], by_w[::-1], by_u[::-1])


def gradients() -> tuple[float, float]:
    """Return the gradients by w and u as `cells.bptt` has them, which trains every network here that NumPy trains."""
    p, x = parameters(), np.array(INPUTS)[:, None]
    y, _, tape = bptt.forward(TANH, p, x, TANH.start(x, (1,)))
    found, _, _ = bptt.backward(TANH, p, tape, None, (2 * (y[-1] - TARGET),))
    assert found.weight_ih is not None
    return float(found.weight_ih[0, 0]), float(found.weight_hh[0, 0])


def nudged() -> tuple[float, float]:
    """Return how much the loss moves when w, or u, is nudged."""
    by_w = (loss(w=W + NUDGE) - loss(w=W - NUDGE)) / (2 * NUDGE)
    by_u = (loss(u=U + NUDGE) - loss(u=U - NUDGE)) / (2 * NUDGE)
    return by_w, by_u


def tell(page: Page, model: LanguageModel | None) -> None:
    """Unfold a loop of one unit, go back through it by hand, and compare with the code that trains."""
    page.text("""
        A recurrent network is drawn as a loop: its state comes back to it. To see what it computes, and how it learns,
        one lays the loop out in time. Every column is the same cell with the same weights, one step later.
    """)
    page.equations(
        "    y               y1      y2      y3      y4",
        "    ^               ^       ^       ^       ^",
        "    |               |       |       |       |",
        "+-> h --+      0 -> h1 -u-> h2 -u-> h3 -u-> h4",
        "|   ^   |   =       ^       ^       ^       ^",
        "+-u-|---+           w       w       w       w",
        "    x               x1      x2      x3      x4",
    )
    done = unfold()
    page.text(f"Forwards, with one unit, w = {W}, u = {U} and b = {B}:")
    page.equations(
        *(
            f"h{t} = tanh({W} * {x:g} + {U} * {done.states[t - 1]:.4f} - {-B}) = {done.states[t]:.4f}"
            for t, x in enumerate(INPUTS, start=1)
        ),
        f"loss = (h{len(INPUTS)} - {TARGET:g})^2 = {loss():.4f}",
    )
    page.pause()
    _tell_back(page, done)
    page.pause()
    _tell_sizes(page)
    page.source("""
        Werbos 1990, "Backpropagation through time: what it does and how to do it"; Rumelhart, Hinton & Williams 1986
        unfolded first. The code: textrnn/cells/bptt.py.
    """)


def _tell_back(page: Page, done: Unfolded) -> None:
    page.heading("And back: backpropagation through time")
    page.text("""
        How must the weights change to make the loss smaller? One goes back from the loss, last step first. At every
        step the gradient passes through the slope of tanh, then through u to the step before. Here a_t is the sum
        inside the tanh of step t, and d a_t the gradient of the loss by it.
    """)
    page.equations("d a_t = d h_t * (1 - h_t^2)        d h_(t-1) = u * d a_t")
    rows: list[list[str | float]] = [
        [f"step {t + 1}", done.d_sums[t], done.by_w[t], done.by_u[t]] for t in range(len(INPUTS))
    ]
    rows.append(["sum", "", sum(done.by_w), sum(done.by_u)])
    page.table(
        [[one if isinstance(one, str) else f"{one:+.6f}" for one in row] for row in rows],
        ["", "d a_t", "for w: d a_t * x_t", "for u: d a_t * h_(t-1)"],
    )
    by_w, by_u = gradients()
    numeric_w, numeric_u = nudged()
    page.text(f"""
        The weights are the same in every column, so what all steps say about w is added up, and so for u. The code
        that trains finds {by_w:+.6f} and {by_u:+.6f}. And nudging each weight by {NUDGE:g} up and down moves the loss
        at a rate of {numeric_w:+.6f} and {numeric_u:+.6f}: three ways, one answer.
    """)
    page.bars(
        {f"step {t + 1}": abs(value) for t, value in enumerate(done.d_sums)},
        title="size of d a_t: what reaches each step",
    )
    page.text("""
        Look how it shrinks on its way back: each step multiplies by u and by a slope below 1. Over fifty steps that
        decides whether anything is learned at all; see the lesson vanishing.
    """)


def sizes() -> list[tuple[str, int, int]]:
    """Return for each length: numbers in a recurrent network, and in one that has weights of its own for every step."""
    net = SimpleRNN(1, HIDDEN, 1)
    cell = sum(array.size for array in named_arrays(net.parameters.layers).values())
    output = sum(array.size for array in named_arrays(net.parameters.output).values())
    return [(f"{length:,}", cell + output, length * cell + output) for length in LENGTHS]


def _tell_sizes(page: Page) -> None:
    page.heading("One set of weights for any length")
    page.text(f"""
        Laid out over 100 steps, the network is 100 layers deep; but it has not more to learn than for one. With
        {HIDDEN} units:
    """)
    page.table(sizes(), ["steps", "numbers, recurrent", "numbers, own weights at every step"])
    page.text("""
        That is why a network trained on short texts can read long ones, and why what it learns about an event holds
        wherever the event comes. The price: going back takes memory for every step, so in training long texts are cut;
        see the lesson truncated.
    """)


LESSON = Lesson(
    name="unfolding",
    title="The loop, laid out in time",
    sentence="a network unfolded step by step, and the way back through the steps, by hand and by the code that trains",
    minutes=3,
    tell=tell,
)

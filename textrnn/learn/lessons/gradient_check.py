"""Lesson: are these gradients right? Every one of them, held against nudging its weight; and mistakes that it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from textrnn.cells.cell import Cell, CellParameters, Saved, State, StepGradients
from textrnn.cells.functions import Array, Namespace
from textrnn.cells.gru import GRU
from textrnn.cells.lstm import LSTM
from textrnn.cells.rnn import TANH, tanh_backward
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN
from textrnn.networks.parameters import named_arrays, with_arrays

CELLS = ("rnn", "lstm", "gru")
STEPS, EXAMPLES = 6, 3
NUDGE = 1e-5
NUDGES = tuple(10.0**-tenth for tenth in range(1, 14))
# what a right gradient stays below, in float64
ENOUGH = 1e-6
SHOWN = 5


def network(cell: str) -> tuple[SimpleRNN, list[tuple[Array, Array]]]:
    """Return a small network and examples for it, both drawn by chance."""
    rng = np.random.default_rng(0)
    net = SimpleRNN(2, 3, 1, cell=cell, answers="every", seed=0)
    return net, [(rng.normal(size=(STEPS, 2)), rng.normal(size=(STEPS, 1))) for _ in range(EXAMPLES)]


def by_hand(net: SimpleRNN, examples: list[tuple[Array, Array]], window: int | None = None) -> dict[str, Array]:
    """Return the gradients of the mean squared error by every weight, by backpropagation through time."""
    inputs, targets = (np.stack(part) for part in zip(*examples, strict=True))
    y = net.forward(inputs)
    return named_arrays(net.backward(2 * (y - targets) / targets.size, window=window))


def by_nudging(net: SimpleRNN, examples: list[tuple[Array, Array]], nudge: float = NUDGE) -> dict[str, Array]:
    """Return the same gradients by the loss alone: nudge a weight up, nudge it down, and see how far the loss moved.

    (L(w + e) - L(w - e)) / (2 e), which differs from the gradient by about e^2, and by rounding.
    """
    found = {}
    for name, array in named_arrays(net.parameters).items():
        slopes = [
            (_loss(net, examples, name, at, nudge) - _loss(net, examples, name, at, -nudge)) for at in _all(array)
        ]
        found[name] = np.reshape(slopes, array.shape) / (2 * nudge)
    return found


def _loss(net: SimpleRNN, examples: list[tuple[Array, Array]], name: str, at: tuple[int, ...], nudge: float) -> float:
    before = net.parameters
    arrays = named_arrays(before)
    arrays[name] = arrays[name].copy()
    arrays[name][at] += nudge
    net.parameters = with_arrays(before, arrays)
    loss = net.loss(examples)
    net.parameters = before
    return loss


def _all(array: Array) -> Iterator[tuple[int, ...]]:
    return iter(np.ndindex(array.shape))


def difference(one: dict[str, Array], other: dict[str, Array]) -> float:
    """Return how far two gradients are apart, as a share of their length: |a - b| / (|a| + |b|)."""
    a, b = (np.concatenate([array.ravel() for array in found.values()]) for found in (one, other))
    return float(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)))


def no_slope(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """The way back through the plain cell, with the slope of tanh left out."""
    (d_h,) = d_after
    return StepGradients(d_h, d_h, (d_h @ p.weight_hh,))


def no_carry(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """The way back through the LSTM, where nothing goes from c' to c."""
    back = LSTM.backward(xp, p, state, saved, d_after)
    return back._replace(state=(back.state[0], 0 * back.state[1]))


def swapped(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """The way back through the GRU, with z where 1 - z belongs."""
    r, z, n, reset = saved
    return GRU.backward(xp, p, state, (r, 1 - z, n, reset), d_after)


def not_turned(xp: Namespace, p: CellParameters, state: State, saved: Saved, d_after: State) -> StepGradients:
    """The way back through the plain cell, with W_hh where its transpose belongs."""
    back = tanh_backward(xp, p, state, saved, d_after)
    return back._replace(state=(back.recurrent @ p.weight_hh.T,))


MISTAKES: tuple[tuple[str, Cell, Callable[..., StepGradients]], ...] = (
    ("rnn: the slope of tanh left out", TANH, no_slope),
    ("rnn: W_hh not transposed", TANH, not_turned),
    ("lstm: nothing goes from c' to c", LSTM, no_carry),
    ("gru: z and 1 - z swapped", GRU, swapped),
)


def tell(page: Page, model: LanguageModel | None) -> None:
    """Compare both gradients weight by weight and cell by cell; plant mistakes; change the size of the nudge."""
    page.text("""
        A gradient says how fast the loss moves when a weight is moved. So it can be checked without any theory: nudge
        the weight, and look. That is far too slow to train with, twice through all examples for every single weight;
        but it needs no backward pass, so it cannot share its mistakes.
    """)
    page.equations("by nudging = (L(w + e) - L(w - e)) / (2 e)         difference = |a - b| / (|a| + |b|)")
    net, examples = network("lstm")
    hand, nudged = by_hand(net, examples), by_nudging(net, examples)
    name = "layers.0.cell.weight_hh"
    rows = [
        (f"{name}[{at[0]}, {at[1]}]", f"{hand[name][at]:+.10f}", f"{nudged[name][at]:+.10f}")
        for at in list(_all(hand[name]))[:SHOWN]
    ]
    page.text(f"Here is an LSTM of 3 units on {EXAMPLES} random examples of {STEPS} steps, with e = {NUDGE:g}:")
    page.table(rows, ["weight", "by hand", "by nudging"])
    found = [(cell, *checked(cell)) for cell in CELLS]
    page.text("The same for every weight of every cell:")
    page.table([(cell, count, f"{apart:.1e}") for cell, count, apart in found], ["cell", "weights", "difference"])
    page.text(f"""
        Rounding alone makes about 1e-10. Below {ENOUGH:g} one may trust the backward pass, above 1e-3 it is wrong.
    """)
    page.pause()
    _tell_mistakes(page)
    page.pause()
    _tell_nudges(page)
    page.source("""
        The check is as old as backpropagation; its pitfalls are listed in Bottou 2012, "Stochastic gradient descent
        tricks". The suite runs it over every cell and every network here: tests/cells, tests/networks, tests/laws.
    """)


def checked(cell: str) -> tuple[int, float]:
    """Return how many weights a network of this cell has, and how far its two gradients are apart."""
    net, examples = network(cell)
    hand = by_hand(net, examples)
    return sum(array.size for array in hand.values()), difference(hand, by_nudging(net, examples))


def with_mistake(cell: Cell, backward: Callable[..., Any]) -> float:
    """Return how far the gradients are apart when the way back is `backward`."""
    net, examples = network(cell.name)
    nudged = by_nudging(net, examples)
    net.cell = cell._replace(backward=backward)
    return difference(by_hand(net, examples), nudged)


def _tell_mistakes(page: Page) -> None:
    page.heading("Does it find mistakes?")
    page.text("""
        Now the backward pass is broken on purpose, in ways in which people break it. Such a network often still learns
        something, and that is the trouble: without the check nobody would know.
    """)
    rows = [(name, with_mistake(cell, backward)) for name, cell, backward in MISTAKES]
    net, examples = network("gru")
    rows.append(("gru: back through one step only", difference(by_hand(net, examples, 1), by_nudging(net, examples))))
    page.table([(name, f"{apart:.1e}", "right" if apart < ENOUGH else "wrong") for name, apart in rows])
    page.text("""
        The last is no mistake but truncated backpropagation with a window of 1: the check tells how much it leaves
        out.
    """)


def _tell_nudges(page: Page) -> None:
    page.heading("How large a nudge?")
    net, examples = network("rnn")
    hand = by_hand(net, examples)
    apart = [difference(hand, by_nudging(net, examples, nudge)) for nudge in NUDGES]
    page.curves(
        {"difference": apart}, across=("e = 0.1", f"e = {NUDGES[-1]:.0e}"), is_log=True,
        title="difference of the two gradients, by the size of the nudge",
    )  # fmt: skip
    best = NUDGES[int(np.argmin(apart))]
    page.text(f"""
        A large nudge sees the bend of the loss, an error that falls with e^2; a tiny one drowns in rounding, an error
        that grows as e shrinks. In between lies the best, here {best:.0e} with a difference of {min(apart):.0e}. In
        float32 rounding is half a billion times as large: a check in float32 says little.
    """)


LESSON = Lesson(
    name="gradient-check",
    title="Is the gradient right?",
    sentence="the gradients made by hand, held against nudging every weight; and mistakes that are found so",
    minutes=3,
    tell=tell,
)

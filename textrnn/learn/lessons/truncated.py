"""Lesson: truncated against full BPTT, on a task that is longer than the window."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from textrnn.cells.functions import Array, log_softmax
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN
from textrnn.learn.trainer_inputs import one_hot
from textrnn.learn.trainer_optimizers import norm
from textrnn.networks.parameters import named_arrays

# the task: the first of so many letters is a or b, the others x or y; after the last: which was the first?
STEPS, LETTERS = 12, "abxy"
EXAMPLES, UNSEEN, UNITS = 512, 500, 16
WINDOWS = (2, 4, 12)
EPOCHS, BATCH_SIZE, LEARNING_RATE = 3, 32, 0.02
# the gradient to be cut is that of a network that answers after every step of a longer text
LONG = 32


class Trained(NamedTuple):
    """losses: the mean of each epoch. accuracy: on unseen words. moved: how far the weights of a and b came."""

    losses: list[float]
    accuracy: float
    moved: float


def words(rng: np.random.Generator, count: int, steps: int = STEPS) -> tuple[Array, Array]:
    """Return words of the task as ids (N, T), and their first letters (N,)."""
    ids = rng.integers(2, 4, size=(count, steps))
    ids[:, 0] = rng.integers(0, 2, size=count)
    return ids, ids[:, 0]


def gradient_errors(windows: tuple[int, ...]) -> dict[int, float]:
    """Return |g_window - g| / |g| by window, g being the gradient by the weights of a fresh tanh RNN.

    It predicts the next letter after every step of one long word.
    """
    net = SimpleRNN(len(LETTERS), UNITS, len(LETTERS), answers="every", loss="cross-entropy", seed=0)
    (ids,), _ = words(np.random.default_rng(0), 1, LONG + 1)
    y = net.forward(one_hot(ids[:-1], len(LETTERS)))
    # the slope of the nats by the logits
    d = np.exp(log_softmax(np, y)) - one_hot(ids[1:], len(LETTERS))
    full = named_arrays(net.backward(d).layers)
    errors = {}
    for window in windows:
        cut = named_arrays(net.backward(d, window=window).layers)
        errors[window] = norm({name: cut[name] - full[name] for name in full}) / norm(full)
    return errors


def trained(cell: str, window: int) -> Trained:
    """Train a network on the task with truncated BPTT."""
    rng = np.random.default_rng(0)
    (ids, first), (unseen, answers) = words(rng, EXAMPLES), words(rng, UNSEEN)
    net = SimpleRNN(len(LETTERS), UNITS, 2, cell=cell, loss="cross-entropy", seed=0)
    before = _weights_of_ab(net)
    epochs = net.train(
        list(zip(one_hot(ids, len(LETTERS)), first, strict=True)),
        epochs=EPOCHS, lr=LEARNING_RATE, batch_size=BATCH_SIZE, window=window,
    )  # fmt: skip
    told = np.argmax(net.predict(one_hot(unseen, len(LETTERS))), axis=-1)
    moved = float(np.linalg.norm(_weights_of_ab(net) - before))
    return Trained([epoch.loss for epoch in epochs], float(np.mean(told == answers)), moved)


def _weights_of_ab(net: SimpleRNN) -> Array:
    """Return what multiplies the first letter and nothing else: the columns of a and b."""
    weight: Array = net.parameters.layers[0].cell.weight_ih
    return weight[:, :2]


def tell(page: Page, model: LanguageModel | None) -> None:
    """Measure what a window cuts off, train on a task that is longer, and see what gets through all the same."""
    page.text("""
        Full BPTT goes back through every step, to the first. In a text of a million letters that is out of the
        question: all states would have to be kept, and there would be one step of learning in a whole reading.
        Truncated BPTT cuts the way back after a window of steps. The state is not cut: it goes on. Only the gradient
        stops.""")
    page.equations(
        "full         g = sum over t, over k <= t: (d loss_t / d h_k) (d h_k / d W)",
        "truncated    the same, but of such k only as lie in the window of t",
    )
    windows = tuple(2**power for power in range(LONG.bit_length()))
    errors = gradient_errors(windows)
    page.text(f"""
        How wrong is the gradient then? A tanh RNN, fresh from its start, reads {LONG} letters and predicts the next
        after each. Here is |g_window - g| / |g|.""")
    page.bars({f"window {window:>2}": error for window, error in errors.items()}, top=1.0,
              title="error of the truncated gradient, by window")  # fmt: skip
    page.text(f"""
        A window of {LONG}, the whole text, leaves nothing out; one of a single step misses {errors[1]:.0%}. Truncated
        gradients are not noisy, which more steps would average out: they are biased. They forget on principle whatever
        took longer than the window.""")
    page.source("""Werbos 1990, Backpropagation through time; Williams & Peng 1990 (truncated); Tallec & Ollivier 2017,
        Unbiasing truncated backpropagation through time.""")
    page.pause()
    _tell_of_task(page)


def _tell_of_task(page: Page) -> None:
    ids, _ = words(np.random.default_rng(1), 3)
    examples = ", ".join("".join(LETTERS[id] for id in word) + f" -> {LETTERS[word[0]]}" for word in ids)
    page.text(f"""
        Now a task that is longer than the window: after {STEPS} letters, tell the first. Examples: {examples}. A GRU of
        {UNITS} units learns from {EXAMPLES} such words, {EPOCHS} times over, once with the whole way back and twice
        with a window. Guessing costs ln 2 = {np.log(2):.3f} nats.""")
    results = {window: trained("gru", window) for window in WINDOWS}
    page.table(
        [[f"window {window}" + " (all)" * (window == STEPS), *(f"{loss:.3f}" for loss in result.losses),
          f"{result.accuracy:.0%}", f"{result.moved:.3f}"] for window, result in results.items()],
        heading=["", *(f"epoch {number}" for number in range(1, EPOCHS + 1)), "right", "moved"],
    )  # fmt: skip
    page.bars({f"window {window:>2}": result.accuracy for window, result in results.items()}, top=1.0,
              title="share of unseen words whose first letter is told")  # fmt: skip
    page.text(f"""
        With a window the network guesses. Look at the last column of the table: how far training moved the weights
        that a and b come in by, which are used at the first step and at no other. Not a little less: not at all. The
        error is known at step {STEPS}, and the way back ends before it meets them.""")
    page.pause()
    lucky = trained("rnn", 2)
    page.text(f"""
        So can nothing longer than the window be learned? It can, by luck. The state goes on, and a tanh RNN starts
        with a rotation for W_hh, which keeps for a while what came in. Trained on the same words with a window of 2 it
        is right {lucky.accuracy:.0%} of the time, though its weights for a and b moved by {lucky.moved:.3f} too: it
        learns to read what it happens to remember. What it does not happen to remember it cannot learn to.""")
    page.text("""
        Training here cuts after --seq-length steps and carries the state on. What the text decides within that many
        steps is learned; of what is longer, what the state happens to hold.""")


LESSON = Lesson(
    name="truncated",
    title="Truncated against full BPTT",
    sentence="what a window cuts off the gradient, and a task that it makes impossible",
    minutes=4,
    tell=tell,
)

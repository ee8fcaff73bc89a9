"""Lesson: why a network without memory cannot do it; a feed-forward network and a recurrent one on the same task."""

from __future__ import annotations

from typing import Any

import numpy as np

from textrnn.cells.functions import Array, log_softmax
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN
from textrnn.learn.trainer_inputs import one_hot
from textrnn.learn.trainer_optimizers import Descent
from textrnn.networks.backward import dense_backward

SYMBOLS = 'ab"'
STEPS = 20
HIDDEN = 8
EXAMPLES, EPOCHS, TESTED = 200, 40, 500
WINDOWS = (1, 2, 4, 8)
SHOWN = 'ab"ba"a"bbaabab"ab"b'


class FeedForward:
    """A network without a memory: it answers from the last `window` symbols alone.

        y = V tanh(W x + b) + c

    x: the symbols side by side, each a 1 among zeros. Shapes: N examples, X inputs, H units, C classes.
    """  # fmt: skip

    def __init__(self, input_size: int, hidden_size: int, num_classes: int, *, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.parameters = {
            "W": rng.normal(0, input_size**-0.5, (hidden_size, input_size)),
            "b": np.zeros(hidden_size),
            "V": rng.normal(0, hidden_size**-0.5, (num_classes, hidden_size)),
            "c": np.zeros(num_classes),
        }

    def forward(self, x: Array) -> tuple[Array, Array]:
        """Return the logits (N, C), and what the units came to (N, H)."""
        p = self.parameters
        hidden = np.tanh(x @ p["W"].T + p["b"])
        return hidden @ p["V"].T + p["c"], hidden

    def backward(self, x: Array, answers: Array) -> dict[str, Array]:
        """Return the gradients of the mean nats of the answers: back through one layer, then the other; no time."""
        p = self.parameters
        logits, hidden = self.forward(x)
        d_logits = (np.exp(log_softmax(np, logits)) - one_hot(answers, logits.shape[-1])) / len(x)
        by_v, by_c, d_hidden = dense_backward(p["V"], hidden, d_logits)
        by_w, by_b, _ = dense_backward(p["W"], x, d_hidden * (1 - hidden * hidden))
        return {"W": by_w, "b": by_b, "V": by_v, "c": by_c}

    def train(self, x: Array, answers: Array, *, epochs: int, batch_size: int, lr: float, seed: int) -> None:
        """Learn the answers, by Adam."""
        descent = Descent("adam", lr=lr, clip=1.0)
        for epoch in range(epochs):
            order = np.random.default_rng([seed, epoch]).permutation(len(x))
            for start in range(0, len(x), batch_size):
                rows = order[start : start + batch_size]
                gradients = self.backward(x[rows], answers[rows])
                self.parameters = descent.step(self.parameters, gradients, 1 - epoch / epochs)


def texts(count: int, *, seed: int) -> tuple[Array, Array]:
    """Return random texts of a, b and quotation marks as ids, and for each symbol whether a quotation is open then."""
    ids = np.random.default_rng(seed).choice(len(SYMBOLS), (count, STEPS), p=(0.45, 0.4, 0.15))
    return ids, is_open(ids)


def is_open(ids: Array) -> Array:
    """Return 1 where the number of quotation marks up to here is odd, else 0: (..., T) -> (..., T)."""
    return np.cumsum(ids == SYMBOLS.index('"'), axis=-1) % 2


def windows(ids: Array, size: int) -> Array:
    """Return the last `size` symbols at every step, side by side, zeros before the first: (N, T) -> (N, T, size*X)."""
    x = one_hot(ids, len(SYMBOLS))
    padded = np.concatenate([np.zeros((len(x), size - 1, x.shape[2])), x], axis=1)
    return np.concatenate([padded[:, start : start + x.shape[1]] for start in range(size)], axis=2)


def feed_forward(window: int, ids: Array, answers: Array) -> FeedForward:
    """Return a feed-forward network that was trained on texts."""
    x = windows(ids, window)
    net = FeedForward(x.shape[2], HIDDEN, 2, seed=0)
    net.train(x.reshape(-1, x.shape[2]), answers.reshape(-1), epochs=EPOCHS, batch_size=500, lr=0.03, seed=0)
    return net


def recurrent(ids: Array, answers: Array) -> SimpleRNN:
    """Return a recurrent network that was trained on the same texts, for as many epochs, at the same rate."""
    net = SimpleRNN(len(SYMBOLS), HIDDEN, 2, cell="gru", answers="every", loss="cross-entropy", seed=0)
    net.train(list(zip(ids, answers, strict=True)), epochs=EPOCHS, lr=0.03, batch_size=25, clip=1.0)
    return net


def tell(page: Page, model: LanguageModel | None) -> None:
    """Train both on the same texts, show their answers beside one another, then widen the window of the one."""
    page.text("""
        Here is a task that looks simple: read a text symbol by symbol, and say at each whether a quotation is open.
        The same b stands inside a quotation or outside; nothing in the b tells. And a quotation mark opens or closes,
        depending on all that came before.
    """)
    ids, answers = texts(EXAMPLES, seed=0)
    new_ids, new_answers = texts(TESTED, seed=1)
    nets = {window: feed_forward(window, ids, answers) for window in WINDOWS}
    gru = recurrent(ids, answers)
    page.text(f"""
        Two networks of {HIDDEN} units have just learned it from the same {EXAMPLES} texts, for {EPOCHS} epochs each.
        The feed-forward network sees the symbol of the moment: y = V tanh(W x + b) + c. The recurrent one, a GRU, sees
        the symbol and its own hidden state. How sure is each, at every symbol of a new text?
    """)
    _tell_answers(page, nets[1], gru)
    page.pause()
    page.heading("Would it help to see more symbols at once?")
    rights = {
        f"last {window} symbol{'s' * (window > 1)}": right(
            nets[window].forward(windows(new_ids, window))[0], new_answers
        )
        for window in WINDOWS
    }
    rights["recurrent"] = right(gru.forward(one_hot(new_ids, len(SYMBOLS))), new_answers)
    share = float(np.mean(new_answers))
    page.text(f"""
        A feed-forward network can be shown the last symbols side by side, a window. Below, how often each is right, on
        {TESTED} new texts. Whoever always says the same is right in {100 * max(share, 1 - share):.1f} %.
    """)
    page.bars(rights, top=1.0, title="share of right answers on new texts")
    page.table(sizes(nets, gru), ["network", "numbers learned"])
    page.text("""
        A wider window helps near the start of a text, where it still shows everything. But each symbol more costs
        weights of its own, and whatever lies before the window is lost. The recurrent network has no window: its state
        carries the one thing that matters, open or not, for as long as it takes.
    """)
    _tell_longer(page, nets[max(WINDOWS)], gru)
    page.source("""
        Elman 1990, "Finding structure in time", on windows and why states are better; a unit that tells whether a
        quotation is open was found in a trained character model by Karpathy, Johnson & Li 2015.
    """)


def _tell_answers(page: Page, net: FeedForward, gru: SimpleRNN) -> None:
    ids = np.array([[SYMBOLS.index(symbol) for symbol in SHOWN]])
    rows: dict[str, Any] = {
        "truth": is_open(ids)[0].astype(float),
        "feed-forward": probabilities(net.forward(windows(ids, 1))[0])[0],
        "recurrent": probabilities(gru.forward(one_hot(ids, len(SYMBOLS))))[0],
    }
    page.heat(
        list(SHOWN), {name: row.tolist() for name, row in rows.items()}, title="probability that a quotation is open"
    )
    seen = {symbol: float(rows["feed-forward"][SHOWN.index(symbol)]) for symbol in SYMBOLS}
    page.text(f"""
        The feed-forward network says {seen["a"]:.2f} at every a and {seen[SYMBOLS[2]]:.2f} at every quotation mark,
        for it sees nothing else. It cannot do better, however long it is trained.
    """)


def _tell_longer(page: Page, net: FeedForward, gru: SimpleRNN) -> None:
    """Ask both about texts much longer than those of the training."""
    longer = 10 * STEPS
    ids = np.random.default_rng(2).choice(len(SYMBOLS), (50, longer), p=(0.45, 0.4, 0.15))
    window = net.parameters["W"].shape[1] // len(SYMBOLS)
    old = right(net.forward(windows(ids, window))[0], is_open(ids))
    new = right(gru.forward(one_hot(ids, len(SYMBOLS))), is_open(ids))
    page.text(f"""
        Trained on texts of {STEPS} symbols, both are now asked about texts of {longer}: the window of {window} is
        right in {100 * old:.1f} %, the recurrent network in {100 * new:.1f} %.
    """)


def probabilities(logits: Array) -> Array:
    """Return the probability of an open quotation: (..., 2) -> (...)."""
    return np.exp(log_softmax(np, logits))[..., 1]


def right(logits: Array, answers: Array) -> float:
    """Return the share of right answers."""
    return float((logits.argmax(axis=-1) == answers).mean())


def sizes(nets: dict[int, FeedForward], gru: SimpleRNN) -> list[tuple[str, int]]:
    """Return how many numbers each network has learned."""
    from textrnn.networks.parameters import named_arrays

    rows = [
        (f"window of {window}", sum(array.size for array in net.parameters.values())) for window, net in nets.items()
    ]
    return [*rows, ("recurrent", sum(array.size for array in named_arrays(gru.parameters).values()))]


LESSON = Lesson(
    name="feed-forward",
    title="Why it takes a memory",
    sentence="a network without memory and one with, trained on the same task, side by side",
    minutes=3,
    tell=tell,
)

"""Lesson: the hidden state as memory; what can be read out of it of what a network has read."""

from __future__ import annotations

import numpy as np

from textrnn.cells.functions import Array
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.looking import read_own_text
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN
from textrnn.learn.trainer_inputs import one_hot

LETTERS = "abcd"
STEPS = 8
HIDDEN = 12
EXAMPLES, EPOCHS = 256, 60
TESTED = 1000
# of a trained model: how much it reads, how far back is asked, which units count as an answer of their own
READ, BACK, KNOWN = 2500, (0, 1, 2, 3, 4, 6, 8, 12, 16, 24), 50
RIDGE = 1.0


def strings(count: int, *, seed: int) -> Array:
    """Return random strings of letters as ids, (count, STEPS)."""
    return np.random.default_rng(seed).integers(0, len(LETTERS), (count, STEPS))


def trained(*, seed: int = 0) -> SimpleRNN:
    """Return a network that was trained to name, at the end of a string, its first letter."""
    net = SimpleRNN(len(LETTERS), HIDDEN, len(LETTERS), cell="gru", loss="cross-entropy", seed=seed)
    examples = [(ids, ids[0]) for ids in strings(EXAMPLES, seed=seed)]
    net.train(examples, epochs=EPOCHS, lr=0.02, batch_size=32, clip=1.0)
    return net


def last_states(net: SimpleRNN, ids: Array) -> Array:
    """Return the hidden state after the last letter of each string: (N, T) -> (N, H)."""
    _, state = net.run(one_hot(ids, len(LETTERS)))
    return state[0][0]


def read_out(states: Array, answers: Array) -> float:
    """Return how often a linear read-out of the states names the answer: fitted on the first half, asked on the second.

    states: (N, H). answers: (N,) ids. The read-out is a ridge regression on 1 for the answer and 0 for all others.
    """
    half = len(states) // 2
    x = np.concatenate([states, np.ones((len(states), 1))], axis=1).astype(np.float64)
    wanted = one_hot(answers, int(answers.max()) + 1)
    fitted = np.linalg.solve(x[:half].T @ x[:half] + RIDGE * np.eye(x.shape[1]), x[:half].T @ wanted[:half])
    return float(((x[half:] @ fitted).argmax(axis=1) == answers[half:]).mean())


def commonest(answers: Array) -> float:
    """Return how often the commonest answer of the first half is right on the second: what needs no memory."""
    half = len(answers) // 2
    return float((answers[half:] == np.bincount(answers[:half]).argmax()).mean())


def tell(page: Page, model: LanguageModel | None) -> None:
    """Train a network to remember, look at where it does so, ask what else it knows; then ask a trained model."""
    page.text(f"""
        The only thing that a recurrent network takes from one step to the next is its hidden state. So whatever it is
        to know later must be in there. A task that needs that: read {STEPS} letters, then name the first one. A GRU
        with {HIDDEN} units is learning it now.
    """)
    net = trained()
    ids = strings(TESTED, seed=1)
    states = last_states(net, ids)
    right = float((net.forward(one_hot(ids, len(LETTERS))).argmax(axis=-1) == ids[:, 0]).mean())
    page.text(f"Of {TESTED:,} strings that it has not seen, it names the first letter of {100 * right:.1f} %.")
    page.pause()
    _tell_difference(page, net)
    page.pause()
    page.heading("What is left of the other letters?")
    page.text(f"""
        We take the state after the last letter, {HIDDEN} numbers, and try to read each of the letters out of it: a
        linear formula is fitted on half of the strings and asked about the other half. Guessing is right one time in
        {len(LETTERS)}.
    """)
    shares = {f"letter {place + 1}": read_out(states, ids[:, place]) for place in range(STEPS)}
    page.bars(shares, top=1.0, title="how often the letter can be read out of the last state")
    page.text("""
        The first letter is all there. Of the others only traces are left, more of the last than of those in the middle.
        Nobody told the network to forget them: it keeps what its training paid for, and overwrites the rest.
    """)
    if model is not None:
        page.pause()
        _tell_model(page, model)
    page.source("""
        Elman 1990, "Finding structure in time", looked into hidden states first; reading them out by a linear formula
        is the probe of Alain & Bengio 2016.
    """)


def _tell_difference(page: Page, net: SimpleRNN) -> None:
    """Show how far apart the states of two strings stay that differ in their first letter alone, or in their third."""
    base = np.array([LETTERS.index(letter) for letter in "abcdbcda"])
    rows = {}
    for place, name in ((0, "first letter"), (2, "third letter")):
        other = base.copy()
        other[place] = LETTERS.index("d")
        rows[f"other {name}"] = state_distances(net, base, other)
    page.text("""
        Where is it kept? Two strings that differ in one letter alone are read side by side. The numbers below are the
        distance between the two states after each step.
    """)
    columns = [str(step) for step in range(1, STEPS + 1)]
    page.table([[name, *values] for name, values in rows.items()], ["after step", *columns])
    top = max(max(values) for values in rows.values())
    page.heat(columns, rows, limit=top, title="distance of the two states after each step")
    page.text("Another first letter makes another state to the very end; another third letter is soon forgotten.")


def state_distances(net: SimpleRNN, one: Array, other: Array) -> list[float]:
    """Return the Euclidean distance between the hidden states of two strings after each of their letters."""
    distances = []
    for step in range(1, STEPS + 1):
        a, b = last_states(net, np.stack([one[:step], other[:step]]))
        distances.append(float(np.linalg.norm(a - b)))
    return distances


def _tell_model(page: Page, model: LanguageModel) -> None:
    """Ask the states of a trained model for the units that it read some steps ago."""
    page.heading(f"The same question to a trained model: {model.name}")
    unit = model.tokenizer.unit
    reading = read_own_text(model, READ, seed=1)
    # rare units share one answer
    common = np.argsort(-np.bincount(reading.ids))[:KNOWN]
    answers = np.where(np.isin(reading.ids, common), np.searchsorted(np.sort(common), reading.ids), len(common))
    if len(answers) < 4 * max(BACK):
        page.text(f"It wrote only {len(answers):,} {unit}s: too few to ask.")
        return
    most = max(BACK)
    states = reading.outputs[most:]
    shares = {
        f"{back} back" if back else "the last": read_out(states, answers[most - back : len(answers) - back])
        for back in BACK
    }
    page.text(f"""
        It reads {len(answers):,} {unit}s of a text that it wrote itself. From its state, {states.shape[1]:,} numbers,
        we try to read the {unit} that it has just read, the one before, and so on. Always naming the commonest {unit}
        is right in {100 * commonest(answers[most:]):.1f} %.
    """)
    page.bars(shares, top=1.0, title=f"how often the {unit} can be read out of the state of {model.name}")
    guess = commonest(answers[most:])
    gone = [name for name, share in shares.items() if share <= guess]
    end = f"From {gone[0]} on, the formula is no better than guessing." if gone else "None of them is quite gone."
    page.text(f"""
        It was trained to predict the next {unit}, and for that the last few count most. {end} What lies further back
        has left its mark too, but no longer {unit} by {unit}: it has become whatever helps to go on.
    """)


LESSON = Lesson(
    name="memory",
    title="The hidden state is the memory",
    sentence="what can be read out of a network's state of what it has read, and what it has let go",
    minutes=3,
    tell=tell,
    uses_model=True,
)

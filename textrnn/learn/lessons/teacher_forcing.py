"""Lesson: teacher forcing against free running; exposure bias, and scheduled sampling as a remedy that may be none."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from textrnn.cells.functions import Array, log_softmax
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN
from textrnn.learn.trainer_inputs import one_hot
from textrnn.learn.trainer_optimizers import Descent
from textrnn.networks.parameters import named_arrays, with_arrays

# N sequences, T steps, X inputs, O outputs
# from an answer (N, O) to the next input (N, X), where the network reads its own
Own = Callable[[Array], Array]
# from how far training is, 0 to 1, to the share of inputs that are the network's own
Schedule = Callable[[float], float]

SEED, UNITS, BATCH, LEARNING_RATE = 1, 12, 32, 0.02
# waves of so many steps a turn, measured with so much noise
TURN, NOISE, WAVE_STEPS, WAVE_UPDATES = 20, 0.05, 30, 150
# measured on more of them, and longer; the first numbers are always true ones, from which the phase can be known
TESTED, TEST_STEPS, GIVEN = 64, 140, 10
# words of one letter; a third symbol stands for the start
WORD_STEPS, WORD_UPDATES, LETTERS, WRITTEN = 8, 100, "ab", 500


class Course(NamedTuple):
    """What is learned: fresh sequences (N, T + 1, X), their targets (N, T, ...) and how an answer becomes an input.

    given: how many steps are followed by a true input in any case.
    """

    draw: Callable[[np.random.Generator], tuple[Array, Array]]
    own: Own
    updates: int
    given: int = 0


def feed(net: SimpleRNN, truth: Array, is_own: Array, own: Own) -> tuple[Array, Array]:
    """Read step by step what is true, or, where `is_own` says so, what the network just answered.

    truth: (N, T + 1, X). is_own: (N, T), whether the input after step t is the network's. Returns what was fed,
    (N, T + 1, X), and the answers, (N, T, O).
    """
    fed, answers, state = [truth[:, 0]], [], None
    for t in range(is_own.shape[1]):
        y, state = net.run(fed[-1][:, None, :], state)
        answers.append(y[:, 0])
        fed.append(np.where(is_own[:, t, None], own(y[:, 0]), truth[:, t + 1]))
    return np.stack(fed, axis=1), np.stack(answers, axis=1)


def train(net: SimpleRNN, course: Course, share: Schedule, rng: np.random.Generator) -> None:
    """Train with a coin per step and sequence that says what is read next; at share 0, that is teacher forcing.

    What was fed counts as given: no gradient goes through the network's own answers (Bengio et al. 2015).
    """
    descent = Descent("adam", lr=LEARNING_RATE, clip=1.0)
    for update in range(course.updates):
        way = update / course.updates
        truth, targets = course.draw(rng)
        inputs = truth
        if share(way) > 0:
            coins = rng.random((len(truth), truth.shape[1] - 1)) < share(way)
            coins[:, : course.given] = False
            inputs, _ = feed(net, truth, coins, course.own)
        y = net.forward(inputs[:, :-1])
        if net.settings.loss == "squared":
            d = 2 * (y - targets)
        else:
            d = np.exp(log_softmax(np, y)) - one_hot(targets, y.shape[-1])
        gradients = named_arrays(net.backward(d / targets.size))
        moved = descent.step(named_arrays(net.parameters), gradients, 1 - way)
        net.parameters = with_arrays(net.parameters, moved)


def waves(rng: np.random.Generator, count: int, steps: int) -> tuple[Array, Array]:
    """Return sine waves of any phase as they are, (N, steps + 1, 1), and as they are measured."""
    angle = 2 * np.pi * np.arange(steps + 1) / TURN + rng.uniform(0, 2 * np.pi, (count, 1))
    clean = np.sin(angle)[..., None]
    return clean, clean + NOISE * rng.normal(size=clean.shape)


def trained_on_waves(share: Schedule) -> SimpleRNN:
    """Return a network that predicts the next number of a wave."""

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        _, measured = waves(rng, BATCH, WAVE_STEPS)
        return measured, measured[:, 1:]

    net = SimpleRNN(1, UNITS, 1, cell="gru", answers="every", seed=SEED)
    train(net, Course(draw, lambda y: y, WAVE_UPDATES, GIVEN), share, np.random.default_rng(SEED))
    return net


def errors(net: SimpleRNN, *, is_free: bool) -> list[float]:
    """Return the mean squared error of each step. is_free: after the first, given ones it reads its own answers."""
    clean, measured = waves(np.random.default_rng(1), TESTED, TEST_STEPS)
    is_own = np.zeros((TESTED, TEST_STEPS), bool)
    is_own[:, GIVEN:] = is_free
    _, answers = feed(net, measured, is_own, lambda y: y)
    return [float(error) for error in np.mean((answers - clean[:, 1:]) ** 2, axis=(0, 2))]


def trained_on_words(share: Schedule) -> SimpleRNN:
    """Return a network that writes words of which half are all a and half all b."""
    rng = np.random.default_rng(SEED)

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        targets = np.repeat(rng.integers(0, 2, (2 * BATCH, 1)), WORD_STEPS, axis=1)
        return _started(targets), targets

    net = SimpleRNN(3, UNITS, 2, cell="gru", answers="every", loss="cross-entropy", seed=SEED)
    train(net, Course(draw, _sampling(rng), WORD_UPDATES), share, rng)
    return net


def written(net: SimpleRNN, count: int, rng: np.random.Generator) -> Array:
    """Return words that the network wrote, as ids (N, T)."""
    start = _started(np.zeros((count, WORD_STEPS), int))
    fed, _ = feed(net, start, np.ones((count, WORD_STEPS), bool), _sampling(rng))
    return np.argmax(fed[:, 1:], axis=-1)


def whole(ids: Array) -> float:
    """Return the share of words that are of one letter, as all true ones are."""
    return float(np.mean(np.all(ids == ids[:, :1], axis=1)))


def _started(ids: Array) -> Array:
    """Return words as inputs, behind the symbol for the start: (N, T) -> (N, T + 1, 3)."""
    return one_hot(np.concatenate([np.full((len(ids), 1), 2), ids], axis=1), 3)


def _sampling(rng: np.random.Generator) -> Own:
    """Return what draws a letter from logits (N, 2), as an input (N, 3)."""

    def draw(logits: Array) -> Array:
        chance_of_b = np.exp(log_softmax(np, logits))[:, 1]
        return one_hot((rng.random(len(logits)) < chance_of_b).astype(int), 3)

    return draw


def tell(page: Page, model: LanguageModel | None) -> None:
    """Let a network run on its own answers, train it for that, and see where such training leads astray."""
    page.text("""
        In training, a network that predicts the next unit is given the true one after every step, whatever it
        answered: the teacher forces it back on the path. When it writes, there is no teacher. It reads its own answer,
        makes the next one from that, and is soon in places where training never took it: exposure bias.""")
    page.equations(
        "teacher forcing    y_t = net(x_1, x_2, ..., x_t)",
        "free running       y_t = net(x_1, ..., x_g, y_g, ..., y_(t-1))",
    )
    page.text(f"""
        A GRU of {UNITS} units learns the next number of a sine wave, {TURN} steps a turn, measured with a little noise.
        Then it goes on by itself after {GIVEN} true numbers, for {TEST_STEPS - GIVEN} steps.""")
    forced, sampled = trained_on_waves(lambda way: 0.0), trained_on_waves(lambda way: way)
    told, free = errors(forced, is_free=False), errors(forced, is_free=True)
    across = (f"step {GIVEN + 1}", f"step {TEST_STEPS}")
    page.curves({"truth given": told[GIVEN:], "own answers": free[GIVEN:]}, across=across, height=9, is_log=True,
                title="squared error by step, on a scale of factors")  # fmt: skip
    near, far = float(np.mean(told[GIVEN:])), float(np.mean(free[-TURN:]))
    page.text(f"""
        The same weights, the same waves. With the truth given the error stays at {near:.4f}. On its own answers it is
        {far:.3f} in the last turn, {far / near:.0f} times as much: each small error shifts what is read next, and
        nothing brings it back. The loss seen in training tells nothing of that.""")
    page.source("""Williams & Zipser 1989 (teacher forcing); Ranzato et al. 2016, Sequence level training with recurrent
        neural networks (exposure bias).""")
    page.pause()
    _tell_of_remedy(page, free, errors(sampled, is_free=False), errors(sampled, is_free=True))
    page.pause()
    _tell_of_harm(page)


def _tell_of_remedy(page: Page, before: list[float], told: list[float], free: list[float]) -> None:
    page.text("""
        Scheduled sampling: let it read its own answers while it learns, a few at first, then more. A coin a step
        decides; here the share of own answers rises in a straight line from 0 to 1.""")
    page.curves({"teacher forcing": before[GIVEN:], "scheduled sampling": free[GIVEN:]}, is_log=True, height=9,
                across=(f"step {GIVEN + 1}", f"step {TEST_STEPS}"),
                title="squared error on its own answers, by step")  # fmt: skip
    page.text(f"""
        In the last turn the error is {np.mean(free[-TURN:]):.3f} in place of {np.mean(before[-TURN:]):.3f}. With the
        truth given it is {np.mean(told[GIVEN:]):.4f}, as before. It has learned to come back after an error. From other
        starts the gain is larger or smaller, and from some there is none.""")
    page.source("Bengio, Vinyals, Jaitly & Shazeer 2015, Scheduled sampling for sequence prediction with RNNs.")


def _tell_of_harm(page: Page) -> None:
    page.text(f"""
        Is it a remedy, then? Of a wave, what comes next is certain. Take a language where it is not: words of
        {WORD_STEPS} letters, half of them all a, half all b. The first letter is a toss, the rest follows from it. A
        GRU learns that; each row was trained with another share of own letters, drawn from its own probabilities.""")
    schedules: dict[str, Schedule] = {
        "none": lambda way: 0.0, "rising to half": lambda way: way / 2, "rising to all": lambda way: way,
        "all": lambda way: 1.0,
    }  # fmt: skip
    words = {
        name: written(trained_on_words(share), WRITTEN, np.random.default_rng(0)) for name, share in schedules.items()
    }
    page.table(
        [[name, " ".join("".join(LETTERS[id] for id in word) for word in ids[:6])] for name, ids in words.items()],
        heading=["own letters", "what it writes then"],
    )
    page.bars({name: whole(ids) for name, ids in words.items()}, top=1.0,
              title="share of written words that are of one letter, as all true ones are")  # fmt: skip
    page.text("""
        The more own letters, the worse it writes. Why: it drew b, the true word was aaaaaaaa, and it is told that a
        follows. As often b follows a. So the letter before says nothing, and what it learns best is that every letter
        is a toss. Even endless data and a perfect network end there: this goal is not met by the true language.""")
    page.equations(
        "true letters    minimise -log p(x_t | x_1 ... x_(t-1))    best: the truth",
        "own letters     minimise -log p(x_t | y_1 ... y_(t-1))    best: p(x_t) alone",
    )
    page.text("""
        So it helps where there is one right way on and the trouble is to stay near it, and harms where many ways on
        are right and one must be kept to. Text is of the second kind. Here it is off unless --scheduled-sampling asks
        for it; measure before and after.""")
    page.source("""Huszar 2015, How (not) to train your generative model: scheduled sampling, likelihood, adversary?""")


LESSON = Lesson(
    name="teacher-forcing",
    title="Teacher forcing against free running",
    sentence="a network on its own answers, and a remedy that cures one case and spoils another",
    minutes=4,
    tell=tell,
)

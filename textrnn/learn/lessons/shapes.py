"""Lesson: the five shapes of sequence task, each run in miniature by the same small network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from textrnn.cells.functions import Array
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.learn.trainer import SimpleRNN
from textrnn.learn.trainer_inputs import one_hot

# stands where a network reads nothing, or has nothing to say
BLANK = "."
SHOWN = 4


class Task(NamedTuple):
    """One shape with a task of that shape.

    examples: (what is read, what is to be written), as long as each other, or one symbol long where only the last
    output counts. asked: those that the network does not see in training, or the same where there are no others.
    """

    shape: str
    picture: tuple[str, ...]
    example: str
    use: str
    hidden_size: int
    epochs: int
    examples: list[tuple[str, str]]
    asked: list[tuple[str, str]]


def one_to_one() -> Task:
    """A letter in, its kind out: no sequence at all, and no memory needed."""
    examples = [(letter, "V" if letter in "aeiou" else "C") for letter in "abcdefghijklmnopqrstuvwxyz"]
    return Task(
        "one to one", (" y", " ^", "[h]", " ^", " x"), "a letter -> vowel (V) or consonant (C)",
        "No sequence: an ordinary network. It can only know the letters it was shown.", 8, 60, examples, examples,
    )  # fmt: skip


def one_to_many() -> Task:
    """A letter in, a word out: after the first step the network reads nothing but its own state."""
    words = ("red...", "green.", "blue..", "yellow", "orange")
    examples = [(word[0] + BLANK * (len(word) - 1), word) for word in words]
    return Task(
        "one to many", ("y1  y2  y3", " ^   ^   ^", "[h]>[h]>[h]", " ^", " x"), "a first letter -> a colour",
        "A caption for a picture, a melody for a mood. Where each letter is fed back in as the next input, it is how a "
        "language model writes: textrnn generate.", 16, 150, examples, examples,
    )  # fmt: skip


def many_to_one() -> Task:
    """A text in, a verdict out."""
    texts = ["".join(signs) for signs in product("+-", repeat=7)]
    examples = [(text, "P" if text.count("+") > text.count("-") else "N") for text in texts]
    return _split(
        "many to one", ("         y", "         ^", "[h]>[h]>[h]", " ^   ^   ^", "x1  x2  x3"),
        "plus and minus signs -> which are more, P or N",
        "The sentiment of a review, the language of a text: textrnn train-classifier. On numbers a forecast: textrnn "
        "train-forecaster.",
        8, 40, examples,
    )  # fmt: skip


def in_step() -> Task:
    """A sequence in, a label for each of its parts out, at once."""
    texts = ["".join(letters) for letters in product("abc", repeat=5)]
    examples = [
        (text, "".join("=" if place and text[place - 1] == letter else BLANK for place, letter in enumerate(text)))
        for text in texts
    ]
    return _split(
        "many to many, in step", ("y1  y2  y3", " ^   ^   ^", "[h]>[h]>[h]", " ^   ^   ^", "x1  x2  x3"),
        "letters -> = at each that repeats the one before",
        "A tag for every word: textrnn train-tagger. And the language model in training, whose label for each unit is "
        "the unit after it: textrnn train-lm.", 12, 30, examples,
    )  # fmt: skip


def encoder_decoder() -> Task:
    """A sequence in, and only then another one out."""
    texts = ["".join(letters) for letters in product("abcdef", repeat=3)]
    examples = [(text + BLANK * 3, BLANK * 3 + text[::-1]) for text in texts]
    return _split(
        "many to many, encoder and decoder",
        ("            y1  y2  y3", "             ^   ^   ^", "[h]>[h]>[h]>[h]>[h]>[h]", " ^   ^   ^", "x1  x2  x3"),
        "three letters -> the same backwards, after they were read",
        "Translation: textrnn train-seq2seq. All that is read must fit into the state in the middle here. That is the "
        "narrow place that attention was invented for (Bahdanau, Cho & Bengio 2015): textrnn translate --attention "
        "draws where it looks.", 32, 50, examples,
    )  # fmt: skip


TASKS: tuple[Callable[[], Task], ...] = (one_to_one, one_to_many, many_to_one, in_step, encoder_decoder)


class Result(NamedTuple):
    """answers: what the network wrote for each that was asked. right: the share of those that are right as a whole."""

    answers: list[str]
    right: float


def run(task: Task, *, seed: int = 0) -> Result:
    """Train a small GRU on the examples of a task, and ask it those that it did not see."""
    read, written = alphabet(task, 0), alphabet(task, 1)
    is_every = len(task.examples[0][1]) == len(task.examples[0][0])
    net = SimpleRNN(
        len(read), task.hidden_size, len(written), cell="gru", answers="every" if is_every else "last",
        loss="cross-entropy", seed=seed,
    )  # fmt: skip
    pairs = [
        (one_hot(ids(x, read), len(read)), ids(y, written) if is_every else written.index(y)) for x, y in task.examples
    ]
    net.train(pairs, epochs=task.epochs, lr=0.03, batch_size=min(20, len(pairs)), clip=1.0)
    inputs = np.stack([one_hot(ids(x, read), len(read)) for x, _ in task.asked])
    best = net.forward(inputs).argmax(axis=-1).reshape(len(inputs), -1)
    answers = ["".join(written[id] for id in row) for row in best]
    right = float(np.mean([answer == wanted for answer, (_, wanted) in zip(answers, task.asked, strict=True)]))
    return Result(answers, right)


def alphabet(task: Task, side: int) -> list[str]:
    """Return the symbols of what is read (0) or written (1), in order."""
    return sorted(set("".join(example[side] for example in task.examples)))


def ids(text: str, symbols: Sequence[str]) -> Array:
    """Return the place of each symbol of `text` among `symbols`."""
    return np.array([symbols.index(symbol) for symbol in text])


def _split(
    shape: str, picture: tuple[str, ...], example: str, use: str, hidden_size: int, epochs: int,
    examples: list[tuple[str, str]],
) -> Task:  # fmt: skip
    """Return a task of which every fifth example, drawn by chance, is kept for the asking."""
    order = np.random.default_rng(0).permutation(len(examples))
    cut = len(examples) // 5
    asked, seen = ([examples[place] for place in part] for part in (order[:cut], order[cut:]))
    return Task(shape, picture, example, use, hidden_size, epochs, seen, asked)


def tell(page: Page, model: LanguageModel | None) -> None:
    """Draw each shape, train a network on a task of it, and show what it answers."""
    page.text("""
        One cell serves very different tasks: what differs is only when something is read and when something is said.
        Each box below is the same cell one step later. Every task is learned now, by a GRU of a few units, in NumPy.
    """)
    rights = {}
    for number, make in enumerate(TASKS, start=1):
        if number > 1:
            page.pause()
        task = make()
        result = run(task)
        rights[task.shape] = result.right
        _tell_task(page, f"Shape {number}: {task.shape}", task, result)
    page.pause()
    page.heading("All five")
    page.bars(rights, top=1.0, title="share of answers that are right as a whole")
    page.text("""
        The cell, its equations and its training were the same in all five. Only where the loss was taken, and what was
        fed in, changed.
    """)
    page.source("""
        The five pictures are those of Karpathy 2015, "The unreasonable effectiveness of recurrent neural networks"; the
        encoder-decoder is Cho et al. 2014 and Sutskever, Vinyals & Le 2014, who found that reversing helps.
    """)


def _tell_task(page: Page, title: str, task: Task, result: Result) -> None:
    page.heading(title)
    page.equations(*task.picture)
    page.text(f"The task: {task.example}. {task.use}")
    rows = [
        (x, answer, "right" if answer == wanted else f"wrong, it is {wanted}")
        for (x, wanted), answer in zip(task.asked, result.answers, strict=True)
    ]
    wrong = [row for row in rows if row[2] != "right"]
    # what fails is worth a line
    page.table([*rows[: SHOWN - 1], *(wrong or rows[SHOWN - 1 :])[:1]], ["reads", "says", ""])
    which = "it was trained on" if task.asked is task.examples else "it had not seen"
    page.text(f"""
        Right in {100 * result.right:.1f} % of {len(task.asked)} that {which}, after {task.epochs} epochs over
        {len(task.examples)} examples with {task.hidden_size} units.
    """)


LESSON = Lesson(
    name="shapes",
    title="The five shapes of sequence task",
    sentence="one to one, one to many, many to one, and twice many to many, each learned in a second",
    minutes=3,
    tell=tell,
)

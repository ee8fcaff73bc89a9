"""What the tests of metrics share: random lines with everything in them that makes scores go wrong."""

from __future__ import annotations

import random

import pytest

LineList = list[str]
# words with and without what tokenizers drop, scripts with and without spaces, marks, spaces of several kinds
WORDS = [
    "the",
    "The",
    "cat",
    "sat",
    "on",
    "mat",
    ".",
    ",",
    "naïve",
    "Кот",
    "кот",
    "-",
    "",
    "a-b",
    "3.14",
    "猫が",
    "ไทย",
]
SPACES = [" ", " ", " ", " ", "  ", "\t", " \t", "\u00a0", "\u2003"]
Pairs = tuple[LineList, LineList]


@pytest.fixture(scope="session")
def random_pairs() -> Pairs:
    """1,000 hypotheses and references: empty ones, equal ones, edited ones and unrelated ones."""
    rng = random.Random(0)
    references = [_line(rng) for _ in range(1000)]
    return [_hypothesis(rng, reference) for reference in references], references


def _line(rng: random.Random) -> str:
    return "".join(rng.choice(WORDS) + rng.choice(SPACES) for _ in range(rng.randrange(0, 14)))


def _hypothesis(rng: random.Random, reference: str) -> str:
    kind = rng.randrange(5)
    if kind == 0:
        return _line(rng)
    if kind == 1:
        return ""
    if kind == 2:
        return reference
    words = reference.split(" ")
    for _ in range(rng.randrange(4)):
        place = rng.randrange(len(words) + 1)
        words[place : place + rng.randrange(2)] = [rng.choice(WORDS)] * rng.randrange(2)
    return " ".join(words)

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.metrics.diversity import distinct, repetition, self_bleu


@given(st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=5), st.integers(1, 4))
def test_equal_to_counting_by_hand(sequences: list[list[int]], n: int) -> None:
    grams = [[tuple(seq[i : i + n]) for i in range(len(seq) - n + 1)] for seq in sequences]
    every = [gram for own in grams for gram in own]
    repeated = sum(count - 1 for own in grams for count in Counter(own).values())
    assert distinct(sequences, n) == (len(set(every)) / len(every) if every else None)
    assert repetition(sequences, n) == (repeated / len(every) if every else None)


def test_the_extremes() -> None:
    assert distinct([list("abcdef")], 2) == 1
    assert repetition([list("abcdef")], 2) == 0
    assert distinct([list("ab" * 50)], 2) == 2 / 99
    assert repetition([list("ab" * 50)], 2) == 97 / 99
    # the same text twice is less distinct, but neither repeats itself
    assert distinct([list("abc")] * 2, 1) == 0.5
    assert repetition([list("abc")] * 2, 1) == 0


def test_ids_in_an_array_count_as_the_numbers_they_are() -> None:
    assert distinct([np.array([1, 2, 1, 2], dtype=np.int32)], 2) == 2 / 3


def brute_self_bleu(texts: list[list[str]]) -> float:
    matched, total, length, reference_length = [0] * 4, [0] * 4, 0, 0
    for index, text in enumerate(texts):
        others = texts[:index] + texts[index + 1 :]
        length += len(text)
        reference_length += min((abs(len(other) - len(text)), len(other)) for other in others)[1]
        for n in range(1, 5):
            own = Counter(zip(*(text[i:] for i in range(n)), strict=False))
            best: Counter[tuple[str, ...]] = Counter()
            for other in others:
                best |= Counter(zip(*(other[i:] for i in range(n)), strict=False))
            matched[n - 1] += sum((own & best).values())
            total[n - 1] += sum(own.values())
    brevity = min(1.0, math.exp(1 - reference_length / length))
    return 100 * brevity * math.exp(sum(math.log(m / t) for m, t in zip(matched, total, strict=True)) / 4)


def test_self_bleu_is_bleu_against_all_others() -> None:
    texts = [
        "the cat sat on the mat and slept",
        "the cat sat on the mat today",
        "a dog sat on the mat and slept all day",
        "nothing here is like it at all",
    ]
    assert self_bleu(texts) == pytest.approx(brute_self_bleu([text.split() for text in texts]), rel=1e-9)


def test_self_bleu_extremes() -> None:
    assert self_bleu(["the cat sat on the mat"] * 3) == pytest.approx(100)
    assert self_bleu(["a b c d", "e f g h"]) == 0
    assert self_bleu(["a b c d"]) is None


def test_self_bleu_against_some_of_the_others() -> None:
    texts = [
        "one two three four five",
        "one two three four five",
        "six seven eight nine ten",
        "six seven eight nine ten",
    ]
    assert self_bleu(texts) == pytest.approx(100)
    assert self_bleu(texts, max_references=1) == pytest.approx(50, abs=1)  # two of four meet their twin

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.metrics import edits
from textrnn.metrics.edits import common_length, edit_distance

sequences = st.lists(st.integers(0, 3), max_size=20)


def by_table(a: Sequence[object], b: Sequence[object]) -> tuple[int, int]:
    """Return edit distance and common length by the tables of the textbook, a cell at a time."""
    distance, common = list(range(len(b) + 1)), [0] * (len(b) + 1)
    for i, x in enumerate(a, 1):
        next_distance, next_common = [i], [0]
        for j, y in enumerate(b, 1):
            next_distance.append(min(distance[j] + 1, next_distance[-1] + 1, distance[j - 1] + (x != y)))
            next_common.append(common[j - 1] + 1 if x == y else max(common[j], next_common[-1]))
        distance, common = next_distance, next_common
    return distance[-1], common[-1]


@given(sequences, sequences)
def test_equal_to_the_table(a: list[int], b: list[int]) -> None:
    assert (edit_distance(a, b), common_length(a, b)) == by_table(a, b)


@given(sequences, sequences, sequences)
def test_a_distance_is_symmetric_and_takes_no_detour(a: list[int], b: list[int], c: list[int]) -> None:
    assert edit_distance(a, b) == edit_distance(b, a)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert common_length(a, b) == common_length(b, a)


def test_known_values() -> None:
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == edit_distance("abc", "") == 3
    assert edit_distance("", "") == common_length("", "abc") == 0
    assert common_length("ABCBDAB", "BDCABA") == 4  # Cormen et al., Introduction to Algorithms, chapter 15.4


@pytest.mark.parametrize("length", [63, 64, 65, 127, 128, 129, 400])
def test_lengths_about_those_of_machine_words(length: int) -> None:
    rng = random.Random(length)
    a, b = ("".join(rng.choice("abc") for _ in range(length)) for _ in range(2))
    assert (edit_distance(a, b), common_length(a, b)) == by_table(a, b)


def test_masks_that_are_not_kept_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "_KEPT_BYTES", 40)
    a, b = "abcdefgh" * 9, "hgfedcba" * 9
    assert (edit_distance(a, b), common_length(a, b)) == by_table(a, b)


def test_lines_of_20000_characters_take_no_table() -> None:
    # a table would have 400 million cells; a turned text shares all but what was turned
    a = "".join(random.Random(0).choice("abcdefgh ") for _ in range(20_000))
    assert edit_distance(a, a[50:] + a[:50]) <= 100
    assert common_length(a, a[50:] + a[:50]) >= 19_950

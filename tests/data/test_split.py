"""The split by law: every row on one side, every label on both, a fair share of each, the same for the same seed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.split import stratified_split
from textrnn.errors import UserError


@given(
    sizes=st.lists(st.integers(2, 60), min_size=1, max_size=6),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**63 - 1),
)
def test_every_row_is_on_one_side_and_every_label_on_both(sizes: list[int], fraction: float, seed: int) -> None:
    labels = [f"label {number}" for number, size in enumerate(sizes) for _ in range(size)]
    labels = [labels[place] for place in np.random.default_rng(0).permutation(len(labels))]
    train, valid = stratified_split(labels, fraction, seed=seed)
    assert sorted([*train, *valid]) == list(range(len(labels)))
    assert list(train) == sorted(train) and list(valid) == sorted(valid)
    for label, size in Counter(labels).items():
        held_out = sum(labels[place] == label for place in valid)
        assert 1 <= held_out < size
        assert abs(held_out - size * fraction) < 1 or held_out in (1, size - 1)


def test_the_share_of_all_rows_is_met_where_labels_allow() -> None:
    # 0.1 of 18 labels with 25 rows each is 45, though 2.5 of each
    labels = [str(number % 18) for number in range(450)]
    train, valid = stratified_split(labels, 0.1, seed=1)
    assert (len(train), len(valid)) == (405, 45)
    assert set(Counter(labels[place] for place in valid).values()) == {2, 3}


def test_the_seed_decides_and_nothing_else() -> None:
    labels = ["a", "b", "b"] * 40
    first = stratified_split(labels, 0.2, seed=7)
    again = stratified_split(tuple(labels), 0.2, seed=7)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], stratified_split(labels, 0.2, seed=8)[1])
    # not the last rows, nor the first
    assert first[1].min() < 60 < first[1].max()


def test_a_label_with_one_row_cannot_be_on_both_sides() -> None:
    with pytest.raises(UserError, match="1 row with the label 'b' in the data: give it 2 rows at least"):
        stratified_split(["a", "a", "b"], 0.5, seed=0)

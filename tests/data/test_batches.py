"""Batches of examples: every text once an epoch, a function of (seed, k), little padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.batches import Batches


@given(st.integers(1, 200), st.integers(1, 40), st.integers(0, 2**63 - 1))
def test_an_epoch_has_every_text_once(texts: int, size: int, seed: int) -> None:
    lengths = np.random.default_rng(0).integers(1, 50, texts)
    batches = Batches(lengths.tolist(), batch_size=size, seed=seed)
    assert batches.per_epoch == -(-texts // size)
    for epoch in (0, 1):
        drawn = [batches[epoch * batches.per_epoch + place] for place in range(batches.per_epoch)]
        assert sorted(np.concatenate(drawn).tolist()) == list(range(texts))
        assert sorted(map(len, drawn))[1:] == [size] * (batches.per_epoch - 1)


def test_a_batch_is_a_function_of_seed_and_number() -> None:
    lengths = np.random.default_rng(0).integers(1, 99, 1000).tolist()
    one, other = (Batches(lengths, batch_size=16, seed=3) for _ in range(2))
    forwards = [one[step] for step in range(150)]
    for step in np.random.default_rng(1).permutation(150).tolist():
        assert np.array_equal(other[step], forwards[step])
    per_epoch = one.per_epoch
    assert any(not np.array_equal(forwards[step], forwards[step + per_epoch]) for step in range(per_epoch))
    another = Batches(lengths, batch_size=16, seed=4)
    assert any(not np.array_equal(another[step], forwards[step]) for step in range(5))


@pytest.mark.parametrize("texts", [1000, 20_000])
def test_texts_of_a_batch_are_about_as_long(texts: int) -> None:
    """Less than a twentieth is padding, where batches as they come would have half."""
    lengths = np.random.default_rng(0).integers(1, 257, texts)
    batches = Batches(lengths.tolist(), batch_size=32, seed=0)
    drawn = [lengths[batches[step]] for step in range(batches.per_epoch)]
    padded = sum(int(one.max()) * len(one) for one in drawn)
    assert lengths.sum() > 0.95 * padded


def test_the_order_of_batches_says_nothing_of_length() -> None:
    lengths = np.random.default_rng(0).integers(1, 257, 3200)
    batches = Batches(lengths.tolist(), batch_size=32, seed=0)
    means = np.array([lengths[batches[step]].mean() for step in range(100)])
    assert abs(np.corrcoef(np.arange(100), means)[0, 1]) < 0.3
    assert abs(np.corrcoef(means[1:], means[:-1])[0, 1]) < 0.3

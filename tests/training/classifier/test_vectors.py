"""Word vectors against dense matrices: neighbours by a double loop, information by its formula, NumPy's own SVD."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.training.classifier import vectors
from textrnn.training.classifier.vectors import SMOOTHING, WINDOW, word_vectors

V, FIRST = 12, 2


def texts(seed: int = 0, count: int = 30) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    # ids below FIRST stand for no word
    return [rng.integers(0, V - 1, rng.integers(0, 15)) for _ in range(count)]


def counted(given: list[np.ndarray]) -> np.ndarray:
    """How often each word was within the window of each other, (V, V)."""
    counts = np.zeros((V, V))
    for text in given:
        for place, word in enumerate(text.tolist()):
            for other in text.tolist()[place + 1 : place + 1 + WINDOW]:
                if min(word, other) >= FIRST:
                    counts[word, other] += 1
                    counts[other, word] += 1
    return counts


def information(counts: np.ndarray) -> np.ndarray:
    """PPMI with smoothed contexts: log of P(w, c) over P(w) P_a(c), nothing below zero (Levy et al. 2015, eq. 3)."""
    joint = counts / counts.sum()
    smoothed = counts.sum(axis=0) ** SMOOTHING
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(joint / np.outer(joint.sum(axis=1), smoothed / smoothed.sum()))
    return np.where(counts > 0, np.maximum(ratio, 0), 0)


@pytest.mark.parametrize("size", [2, 4, 12])
def test_they_are_the_dominant_singular_vectors(size: int) -> None:
    given = texts()
    found = word_vectors(given, V, size, first=FIRST, seed=0)
    u, s, _ = np.linalg.svd(information(counted(given)))
    expected = u[:, :size] * np.sqrt(s[:size])
    # up to a rotation of the axes: what two words have in common is the same
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=2e-5)
    assert found.shape == (V, size) and found.dtype == np.float32


def test_more_columns_than_words_are_zeros() -> None:
    found = word_vectors(texts(), V, 20, first=FIRST, seed=0)
    assert not found[:, V:].any() and found[:, : V - 2].any(axis=0).all()


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_neighbours_are_counted_once_whatever_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(vectors, "_AT_ONCE", at_once)
    given = texts(seed=3)
    pairs, counts = vectors._counted(vectors._apart(given, FIRST), V)
    assert len({*pairs.tolist()}) == len(pairs)
    found = np.zeros((V, V))
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        found[pair // V, pair % V] += count
        found[pair % V, pair // V] += count
    np.testing.assert_array_equal(found, counted(given))


def test_words_of_different_texts_are_no_neighbours() -> None:
    apart = word_vectors([np.array([2]), np.array([3]), np.array([4])], V, 3, first=FIRST, seed=0)
    assert not apart.any()
    together = word_vectors([np.array([2, 3]), np.array([4])], V, 3, first=FIRST, seed=0)
    assert together.any(axis=1).tolist() == [row in (2, 3) for row in range(V)]


def test_without_texts_there_is_nothing() -> None:
    for nothing in ([], [np.array([], np.int64)], [np.array([0, 1, 0])]):
        assert not word_vectors(nothing, V, 4, first=FIRST, seed=0).any()


def test_a_seed_is_a_result() -> None:
    one, two = (word_vectors(texts(), V, 3, first=FIRST, seed=5) for _ in range(2))
    assert np.array_equal(one, two)


def test_a_large_vocabulary_is_close_enough() -> None:
    """Where only the dominant part of the space is looked at, it is found but for a few percent."""
    rng = np.random.default_rng(0)
    topics = rng.integers(0, 8, 400)
    given = [2 + 30 * topic + rng.integers(0, 30, 40) for topic in topics.tolist()]
    found = word_vectors(given, 300, 16, first=FIRST, seed=0)
    similar = found @ found.T
    same = np.equal.outer((np.arange(2, 242) - 2) // 30, (np.arange(2, 242) - 2) // 30)
    assert similar[2:242, 2:242][same].mean() > 20 * abs(similar[2:242, 2:242][~same].mean())

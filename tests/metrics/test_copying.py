"""The copied share against a search by hand."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.metrics.copying import copied_share


def by_search(generated: list[int], training: list[int], span: int) -> float:
    """Mark every unit of every stretch that occurs, the slow way."""
    stretches = {tuple(training[i : i + span]) for i in range(len(training) - span + 1)}
    copied = set()
    for i in range(len(generated) - span + 1):
        if tuple(generated[i : i + span]) in stretches:
            copied.update(range(i, i + span))
    return len(copied) / len(generated)


@pytest.mark.parametrize("seed", range(20))
def test_equals_a_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    training = rng.integers(0, 3, 400)
    generated = rng.integers(0, 3, 120)
    place = int(rng.integers(0, 300))
    generated[20:70] = training[place : place + 50]
    share = copied_share([generated], training, span=9)
    assert share == by_search(generated.tolist(), training.tolist(), 9)
    assert share is not None
    assert share >= 50 / 120


@pytest.mark.parametrize("span", [1, 2, 3, 6, 7, 16, 31])
def test_stretches_of_any_length(span: int) -> None:
    rng = np.random.default_rng(span)
    training, generated = rng.integers(0, 2, 300), rng.integers(0, 2, 100)
    generated[20:60] = training[100:140]
    assert copied_share([generated], training, span=span) == by_search(generated.tolist(), training.tolist(), span)


def test_nothing_and_everything() -> None:
    training = np.arange(200)
    assert copied_share([np.arange(100)], training) == 1.0
    assert copied_share([np.arange(100)[::-1].copy()], training) == 0.0
    assert copied_share([np.arange(10)], training) is None
    assert copied_share([np.arange(100)], np.arange(5)) == 0.0


def test_texts_count_by_their_length() -> None:
    copied, own, short = np.arange(300), np.arange(100)[::-1].copy(), np.arange(10)
    assert copied_share([copied, own, short], np.arange(400)) == 300 / 400

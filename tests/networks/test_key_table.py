"""Keys found by their first bits are those that are found by halving, however they lie."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.networks import ngrams
from textrnn.networks.ngrams import KeyTable, known

HIGHEST = 2**32 - 1


def spread(size: int, rng: np.random.Generator) -> list[int]:
    return rng.integers(0, 2**32, size).tolist()


LISTS = {
    "spread": lambda rng: spread(5000, rng),
    "ends": lambda rng: [0, 1, HIGHEST - 1, HIGHEST, *spread(100, rng)],
    "one": lambda rng: [7],
    "the first": lambda rng: [0],
    "the last": lambda rng: [HIGHEST],
    "none": lambda rng: [],
    "pairs": lambda rng: [key + step for key in spread(300, rng) for step in (0, 1)],
    "all together": lambda rng: list(range(1000, 3000)),
    "all at the end": lambda rng: list(range(HIGHEST - 10, HIGHEST + 1)),
}


@pytest.mark.parametrize("name", LISTS)
def test_what_is_found_is_what_halving_finds(name: str) -> None:
    rng = np.random.default_rng(0)
    keys = np.unique(np.array(LISTS[name](rng), np.uint32) & np.uint32(HIGHEST))
    near = (keys[:, None].astype(np.int64) + np.arange(-2, 3)).ravel().clip(0, HIGHEST)
    asked = np.concatenate([near, rng.integers(0, 2**32, 1000), [0, HIGHEST]]).astype(np.uint32)
    rows = rng.integers(0, 50, len(asked))
    found, expected = KeyTable(keys).known(rows, asked), known(keys, rows, asked)
    assert all(map(np.array_equal, found, expected))
    assert set(keys[expected[1]].tolist()) == set(keys.tolist())
    assert all(len(part) == 0 for part in KeyTable(keys).known(rows[:0], asked[:0]))


def test_keys_that_lie_together_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of a model that was made by hand may all have the same first bits: no step for each of them then."""
    halved: list[int] = []

    def counted(keys: np.ndarray, rows: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        halved.append(len(asked))
        return known(keys, rows, asked)

    monkeypatch.setattr(ngrams, "known", counted)
    asked = np.array([5, 6, 2000], np.uint32)
    KeyTable(np.arange(1000, 3000, dtype=np.uint32)).known(np.zeros(3, np.int64), asked)
    KeyTable(np.arange(0, 2**32, 2**20, dtype=np.uint32)).known(np.zeros(3, np.int64), asked)
    assert halved == [3]

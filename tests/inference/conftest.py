"""A small world to generate in: an engine that is a table, and a tokenizer of letters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from textrnn.text.tokenizers.char import CharTokenizer
from textrnn.text.vocabulary import END


class MarkovEngine:
    """The logits after a unit are its row of a table; the state is the last id and how many units were read.

    drift: how much the rows change with that number; without it, texts of the same steps in another order are equally
    likely. `fed` keeps the shapes of what was fed, to say how the prompt came in and when samples left.
    """

    def __init__(self, table: np.ndarray, drift: float = 0.0) -> None:
        self.table, self.drift = np.asarray(table, dtype=np.float32), drift
        self.vocabulary_size = len(table)
        self.fed: list[tuple[int, int]] = []

    def start(self, samples: int = 1) -> np.ndarray:
        return np.zeros((samples, 2), dtype=np.int64)

    def feed(self, ids: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert ids.ndim == 2 and ids.shape[1] >= 1 and len(ids) == len(state)
        self.fed.append(ids.shape)
        last, read = ids[:, -1], state[:, 1] + ids.shape[1]
        return np.stack([self.row(*after) for after in zip(last, read, strict=True)]), np.stack([last, read], axis=1)

    def row(self, last: int, read: int) -> np.ndarray:
        return self.table[last] + (self.drift * np.cos(read * np.arange(self.vocabulary_size))).astype(np.float32)

    def select(self, state: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return state[rows]


@pytest.fixture
def markov() -> Callable[..., MarkovEngine]:
    """Make an engine over `size` symbols with random logits, or over the given table."""

    def make(size: int = 12, *, seed: int = 0, drift: float = 0.0, table: np.ndarray | None = None) -> MarkovEngine:
        if table is None:
            table = np.random.default_rng(seed).normal(size=(size, size)) * 1.5
            table[:, END] -= 3.0
        return MarkovEngine(table, drift)

    return make


@pytest.fixture
def letters() -> Callable[[int], CharTokenizer]:
    """Make a tokenizer whose ids from 2 on are a, b, c ...; an empty prompt is fed an a."""
    return lambda size=12: CharTokenizer(("<unk>", "<end>", *(chr(ord("a") + n) for n in range(size - 2))), 2)

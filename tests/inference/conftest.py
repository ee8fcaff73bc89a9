"""A small world to generate in: an engine that is a table, a tokenizer of letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from textrnn.text.tokenizers.char import CharTokenizer
from textrnn.text.vocabulary import END


class TableEngine:
    """The logits after a unit are its row of a table, and with `drift` depend on all that was read before.

    The state is a number that remembers this. `fed` keeps the shapes of what was fed, to say how the prompt came in and
    when samples left.
    """

    def __init__(self, table: np.ndarray, drift: float = 0.0) -> None:
        self.table, self.drift = np.asarray(table, dtype=np.float32), drift
        self.vocabulary_size = len(table)
        self.fed: list[tuple[int, int]] = []

    def start(self, samples: int = 1) -> np.ndarray:
        return np.zeros(samples, dtype=np.int64)

    def feed(self, ids: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert ids.ndim == 2 and ids.shape[1] >= 1 and len(ids) == len(state)
        self.fed.append(ids.shape)
        for column in ids.T:
            state = (7 * state + column) % 1009
        drift = self.drift * np.cos(np.outer(state, np.arange(self.vocabulary_size)))
        return self.table[ids[:, -1]] + drift.astype(np.float32), state

    def select(self, state: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return state[rows]

    def row(self, ids: Iterable[int]) -> np.ndarray:
        """The logits (V,), in float64, after a text."""
        logits, _ = TableEngine(self.table, self.drift).feed(np.array([list(ids)]), self.start())
        return logits[0].astype(np.float64)


@pytest.fixture
def tables() -> Callable[..., TableEngine]:
    """Make an engine over `size` symbols with random logits, or over the given table."""

    def make(size: int = 12, *, seed: int = 0, drift: float = 0.7, table: np.ndarray | None = None) -> TableEngine:
        if table is not None:
            return TableEngine(table)
        table = np.random.default_rng(seed).normal(size=(size, size)) * 1.5
        table[:, END] -= 3.0
        return TableEngine(table, drift)

    return make


@pytest.fixture
def letters() -> Callable[[int], CharTokenizer]:
    """Make a tokenizer whose ids from 2 on are a, b, c ...; texts start after END, and so may end."""
    return lambda size=12: CharTokenizer(("<unk>", "<end>", *(chr(ord("a") + n) for n in range(size - 2))), END)

"""A small world to generate in: an engine that is a table, a tokenizer of letters. And a classifier of noise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from textrnn.baselines.bag_of_words import BagOfWords
from textrnn.baselines.majority import Majority
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.inference.classifier import TextClassifier
from textrnn.inference.making import run_config
from textrnn.networks.classifier import build
from textrnn.networks.ngrams import NgramParameters
from textrnn.text.corpus import corpus_from_text
from textrnn.text.ngrams import NgramReader
from textrnn.text.tokenizer import fit_tokenizer
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


FILMS = (
    "a lovely film", "lovely, lovely acting and a warm heart", "I loved every minute of it", "warm and witty",
    "a dull film", "dull, dull acting and no heart at all", "I hated every minute of it", "cold and witless",
)  # fmt: skip


def random_classifier(
    texts: Sequence[str] = FILMS, labels: Sequence[str] = ("neg", "pos"), *, seed: int = 0, **settings: Any
) -> TextClassifier:
    """Return a classifier whose every weight is noise, with n-grams of `texts` unless ngrams=False."""
    checked = TrainClassifierSettings.check({"hidden_size": 6, "embed_size": 5, "seed": seed, **settings}).settled()
    corpus = corpus_from_text(list(texts))
    tokenizer = fit_tokenizer(
        checked.tokenizer, corpus.part(0, corpus.characters), lowercase=checked.lowercase,
        min_count=None if checked.tokenizer in ("byte", "bpe") else 1,
    )  # fmt: skip
    rng = np.random.default_rng(seed)

    def make(_role: str, shape: tuple[int, ...]) -> np.ndarray:
        return (0.5 * rng.standard_normal(shape)).astype(np.float32)

    columns = 1 if len(labels) == 2 else len(labels)
    keys = np.unique(NgramReader(words=(1, 2), characters=(2, 3)).read(texts)[1])
    ids = np.arange(len(texts)) % len(labels)
    made = run_config(checked, {"name": "films", "sha256": corpus.sha256}, plan={}, validation=None, command=None)
    kinds = (Majority, BagOfWords)
    return TextClassifier(
        name="tiny",
        tokenizer=tokenizer,
        labels=labels,
        settings=checked,
        parameters=build(checked, len(tokenizer.symbols), len(labels), make),
        ngrams=NgramParameters(keys, make("", (len(keys), columns)), make("", (columns,))) if checked.ngrams else None,
        config={
            **made,
            "prior": [1 / len(labels)] * (len(labels) - 2) + [0.5 / len(labels), 1.5 / len(labels)],
            "mixing": {"network": 0.75, "ngrams": 0.5},
            "calibration": None,
            "ngrams": {"words": [1, 2], "characters": [2, 3]},
        },
        baseline_arrays={
            name: array for kind in kinds for name, array in kind.fit(texts, ids, len(labels)).to_arrays().items()
        },
    )


@pytest.fixture
def make_classifier() -> Callable[..., TextClassifier]:
    return random_classifier

"""What tests of training share: small corpora, small settings, and a training run to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.text_data import TextData, prepare_text
from textrnn.networks.language_model import initial_parameters
from textrnn.networks.parameters import map_arrays
from textrnn.text.corpus import Corpus, corpus_from_text
from textrnn.training import division
from textrnn.training.language_model.training import LanguageModelTraining
from textrnn.training.start import Start

LINE = "To be, or not to be, that is the question.\n"
TINY: dict[str, Any] = {
    "hidden_size": 16, "embed_size": 8, "seq_length": 8, "batch_size": 4, "seed": 1, "steps": 12,
}  # fmt: skip


def words(count: int, seed: int = 0) -> str:
    """Return text of `count` words in an order that cannot be guessed."""
    chosen = np.random.default_rng(seed).choice(LINE.split(), count)
    return " ".join(chosen.tolist()) + "\n"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    division.set_num_threads(None)


@pytest.fixture
def corpus() -> Corpus:
    return corpus_from_text(words(400), "verse.txt")


@pytest.fixture
def make_training() -> Callable[..., LanguageModelTraining]:
    """Make a training at tiny size; settings given as None are left to their default."""

    def make(
        source: Corpus | str, *, folder: Path | None = None, resume: bool = False, overwrite: bool = False,
        init_from: Any = None, valid: Corpus | None = None, started_at: float | None = None,
        command: str | None = None, **settings: Any,
    ) -> LanguageModelTraining:  # fmt: skip
        given = {name: value for name, value in {**TINY, **settings}.items() if value is not None}
        return LanguageModelTraining(
            corpus_from_text(source, "verse.txt") if isinstance(source, str) else source,
            TrainLanguageModelSettings.check(given),
            Start(
                folder=folder, resume=resume, overwrite=overwrite, init_from=init_from, command=command,
                started_at=time.monotonic() if started_at is None else started_at,
            ),
            valid=valid,
        )  # fmt: skip

    return make


@pytest.fixture
def trained(make_training: Callable[..., LanguageModelTraining]) -> Callable[..., LanguageModelTraining]:
    """Make a training and run it to its end."""

    def train(*args: Any, **options: Any) -> LanguageModelTraining:
        training = make_training(*args, **options)
        for _ in training.records():
            pass
        return training

    return train


@pytest.fixture
def make_data(corpus: Corpus) -> Callable[..., tuple[TextData, TrainLanguageModelSettings]]:
    """Make ids to train on, under tiny settings."""

    def make(source: Corpus | None = None, **settings: Any) -> tuple[TextData, TrainLanguageModelSettings]:
        checked = TrainLanguageModelSettings.check({**TINY, **settings}).settled()
        return prepare_text(source or corpus, checked), checked

    return make


@pytest.fixture
def noisy() -> Callable[..., Any]:
    """Make float64 tensors for a network, with noise on every array."""

    def make(settings: TrainLanguageModelSettings, vocabulary_size: int, *, seed: int = 0) -> Any:
        rng = np.random.default_rng(seed)
        fresh = initial_parameters(settings, vocabulary_size, rng)
        return map_arrays(
            lambda _, array: torch.from_numpy(array + rng.normal(0, 0.3, array.shape)).requires_grad_(True), fresh
        )

    return make

"""What holds for every test: one thread, for small products gain nothing from more, and tests run side by side.

And what tests of several folders use: a language model with random weights, made without training.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from textrnn.inference.language_model import LanguageModel

# a job in the background of a script ignores Ctrl-C, one under nohup the end of its terminal, and so would every
# process that a test starts
for _signal, _default in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    if hasattr(signal, _signal) and signal.getsignal(getattr(signal, _signal)) is signal.SIG_IGN:
        signal.signal(getattr(signal, _signal), _default)

# before NumPy or torch is imported, and for the processes that tests start
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

# How long an example takes says more about the machine than about the code.
settings.register_profile("textrnn", deadline=None)
settings.load_profile("textrnn")

VERSE = "To be, or not to be, that is the question:\nWhether 'tis nobler in the mind to suffer\n"


def random_model(
    text: str = VERSE, *, kind: str = "char", seed: int = 0, spread: float = 0.3, name: str = "tiny", **settings: Any
) -> LanguageModel:
    """Return a model over the symbols of `text` whose every weight, the output's included, is noise."""
    import numpy as np

    from textrnn.config.language_model import TrainLanguageModelSettings
    from textrnn.inference.language_model import LanguageModel
    from textrnn.inference.making import run_config
    from textrnn.networks.initial import initial_parameters
    from textrnn.networks.parameters import map_arrays
    from textrnn.text.corpus import corpus_from_text
    from textrnn.text.tokenizer import fit_tokenizer

    corpus = corpus_from_text(text)
    tokenizer = fit_tokenizer(kind, corpus.part(0, corpus.characters), min_count=None if kind == "byte" else 1)
    given = {"hidden_size": 12, "seed": seed, "tokenizer": kind, **settings}
    checked = TrainLanguageModelSettings.check(given).settled()
    rng = np.random.default_rng(seed)
    fresh = initial_parameters(checked, len(tokenizer.symbols), rng)
    facts = {"name": "verse", "sha256": corpus.sha256, "characters": corpus.characters}
    return LanguageModel(
        name=name,
        tokenizer=tokenizer,
        settings=checked,
        parameters=map_arrays(lambda _, array: (array + rng.normal(0, spread, array.shape)).astype(np.float32), fresh),
        config=run_config(checked, facts, plan={}, validation=None, command=None),
    )


@pytest.fixture
def make_model() -> Callable[..., LanguageModel]:
    return random_model

"""What generation asks of an engine, and what measuring asks of a model: whoever offers this can be used for it.

Shapes: B rows of a batch, T units, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from textrnn.baselines.ngram import NgramModel
from textrnn.data.conditions import Conditions
from textrnn.inference.language_model.sampling import Ids
from textrnn.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from textrnn.inference.language_model.compiled_engine import Stream

State = Any
Logits = npt.NDArray[np.floating]


class Stepper(Protocol):
    """A language model at work: state in, state out, each row of the batch for itself."""

    @property
    def vocabulary_size(self) -> int:
        """V."""
        ...

    def start(self, samples: int = 1) -> State:
        """Return the state before any text, for `samples` rows."""
        ...

    def feed(self, ids: Ids, state: State) -> tuple[Logits, State]:
        """Read ids (B, T); return the logits after the last unit, (B, V), and the new state."""
        ...

    def select(self, state: State, rows: Ids) -> State:
        """Return the state of these `rows`, in this order; a row may come more than once."""
        ...


@runtime_checkable
class Streamer(Stepper, Protocol):
    """An engine that draws and feeds many units in one call."""

    @property
    def name(self) -> str:
        """What it is called in a result."""
        ...

    def stream(self, *given: Any, **values: Any) -> Stream:
        """Return texts side by side, of which as many units at a time may be asked for as one likes."""
        ...


class Reader(Protocol):
    """What says how likely given units are, in float64."""

    def start_exact(self, rows: int) -> State:
        """Return the state before any text, for `nats`."""
        ...

    def nats(self, inputs: Ids, targets: Ids, state: State) -> tuple[npt.NDArray[np.float64], State]:
        """Return −log p of every target given the units before it, (B, T), and the new state."""
        ...


class Scorer(Stepper, Reader, Protocol):
    """An engine that also reads."""


class Measurable(Protocol):
    """A language model with the facts that travel with its figures."""

    @property
    def name(self) -> str:
        """The run's name."""
        ...

    @property
    def tokenizer(self) -> Tokenizer:
        """Text to ids and back."""
        ...

    @property
    def conditions(self) -> Conditions:
        """Those under which it reads; none where it was trained without."""
        ...

    @property
    def engine(self) -> Scorer:
        """The network at work."""
        ...

    @property
    def baseline(self) -> NgramModel | None:
        """An n-gram model of the same training text."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """What the run says of its making."""
        ...

    @property
    def model_sha256(self) -> str | None:
        """The digest of the weights' file."""
        ...

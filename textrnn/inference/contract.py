"""What generation asks of an engine; whoever offers these three functions can be generated from.

Shapes: B rows of a batch, T units, V vocabulary.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from textrnn.inference.sampling import Ids

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

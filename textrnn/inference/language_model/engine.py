"""The engine: a language model's network on NumPy.

In: parameters and ids. Out: logits, or nats of given targets, and a new state. Knows neither text nor sampling.
Shapes: B rows, T steps, V vocabulary, H units.
"""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from textrnn.cells.cell import Cell
from textrnn.cells.functions import Array, negative_log_likelihood
from textrnn.cells.plain import plain
from textrnn.config.generation import Precision
from textrnn.inference.language_model.rounding import rounded
from textrnn.networks.language_model import LOOKED_UP, Batch, LanguageModelParameters, predict, read, with_table
from textrnn.networks.parameters import map_arrays
from textrnn.networks.recurrent import StackState, start_stack

# above this the table of input products no longer stays in the caches, and the product is made step by step
TABLE_LIMIT = 4 * 2**20
# logits held at once when a text is measured: memory, not results, depends on it
LOGITS_LIMIT = 4 * 2**20


class Engine:
    """Feeds ids to a language model. The state is a value: passed in, handed back."""

    def __init__(
        self,
        parameters: LanguageModelParameters,
        cell: Cell,
        precision: Precision = "fp32",
        ends: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """precision: int8 rounds the matrices to what int8 can say of them, and computes with these.

        ends: (V,) which units end a passage, for slow layers.
        """
        self.ends = ends
        self.parameters = map_arrays(lambda _, array: np.asarray(array, np.float32), parameters)
        self.vocabulary_size: int = parameters.embedding.shape[0]
        self.cell, self.precision, self._loop = cell, precision, partial(plain, cell)
        table_bytes = self.vocabulary_size * parameters.layers[0].cell.weight_hh.shape[0] * 4
        running = with_table(self.parameters) if table_bytes <= TABLE_LIMIT else self.parameters
        self._has_table = running is not self.parameters
        # of the same function, as a step computes with them
        self.running = map_arrays(_laid_out, running if precision == "fp32" else rounded(running))

    @property
    def name(self) -> str:
        """What computes, and in which precision unless it is the usual one."""
        return "numpy" if self.precision == "fp32" else f"numpy-{self.precision}"

    def start(self, samples: int = 1) -> StackState:
        """Return the zero state of `samples` independent rows."""
        # an axis of one keeps every row a matrix product of its own: the BLAS rounds a row differently in every size
        # of batch, and a sample must not depend on how many others are drawn
        return start_stack(self.cell, self.running.layers, (samples, 1))

    def feed(self, ids: npt.NDArray[np.integer], state: StackState) -> tuple[npt.NDArray[np.float32], StackState]:
        """Return the logits after the last unit of each row, (B, T) -> (B, V), and the new state. T >= 1."""
        hidden, state = read(self.running, self.batch(ids[:, None, :]), state, self._loop)
        return predict(self.running, hidden[:, 0, -1:, :])[:, 0, :], state

    def batch(self, ids: npt.NDArray[np.integer]) -> Batch:
        """Return ids (..., T) as the network reads them; a unit ends a passage under any condition."""
        return Batch(ids, ends=None if self.ends is None else self.ends[ids % len(self.ends)])

    def select(self, state: StackState, rows: npt.NDArray[np.integer]) -> StackState:
        """Return the state of the given rows, which may repeat."""
        return tuple(tuple(part[rows] for part in layer) for layer in state)

    @cached_property
    def _exact(self) -> LanguageModelParameters:
        if self.precision == "int8":
            return map_arrays(lambda _, array: array.astype(np.float64), self.running)
        exact = map_arrays(lambda _, array: array.astype(np.float64), self.parameters)
        # multiplied in float64: the table of `running` holds products rounded to float32
        return with_table(exact) if self._has_table else exact

    def start_exact(self, rows: int) -> StackState:
        """Return the zero state for `nats`."""
        return start_stack(self.cell, self._exact.layers, (rows,))

    def nats(
        self, inputs: npt.NDArray[np.integer], targets: npt.NDArray[np.integer], state: StackState
    ) -> tuple[npt.NDArray[np.float64], StackState]:
        """Return −log p of every target given the units before it, (B, T), and the new state; in float64.

        Float64 makes the sum the same whatever the rows and windows it is computed in.
        """
        hidden, state = read(self._exact, self.batch(inputs), state, self._loop)
        flat_hidden, flat = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)  # (B, T) -> (B*T,)
        at_once = max(1, LOGITS_LIMIT // self.vocabulary_size)
        nats = [
            negative_log_likelihood(np, predict(self._exact, flat_hidden[i : i + at_once]), flat[i : i + at_once])
            for i in range(0, len(flat), at_once)
        ]
        return np.concatenate(nats).reshape(targets.shape), state


def _laid_out(name: str, array: Array) -> Array:
    """Return a weight column by column in memory: NumPy is faster at multiplying single rows by its transpose."""
    return array if name in LOOKED_UP or array.ndim < 2 else np.asfortranarray(array)

"""One direction of a recurrent layer unrolled over the steps of a batch: what its forms have in common.

In and out: NumPy's arrays, which cost a short batch less than a library's tensors do: a layer's weights, its inputs and
its first state; its states, then its gradients. Rows are for the caller to divide, and no number depends on how they
are divided. Knows no network.
Shapes: B rows, T time, X inputs, H units, G gates; time leads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from textrnn.cells.cell import Cell
from textrnn.training.fused.kernels import KERNELS, Buffer

# handed the first and the last of the rows that are meant
Work = Callable[[int, int], None]


class Gradients(NamedTuple):
    """weights: by weight_ih, weight_hh, bias_ih and bias_hh.

    inputs: by the inputs, (T, B or more, X or more), or by their projection where there is no weight_ih; what stands in
    further rows and columns means nothing.
    """

    weights: tuple[Buffer | None, Buffer, Buffer | None, Buffer]
    inputs: Buffer


class Unrolled(ABC):
    """h: (T + 1, B, H), the state before each step and after the last; kept: likewise what else the way back wants.

    `forwards`, then `go_back` and `backwards`, then `products`, each over all rows, then what they gave. rows and
    product_rows: how many these are; each call takes a multiple of `together`, or what is left.
    """

    together: ClassVar[int]
    rows: int
    product_rows: int
    forwards: Work
    backwards: Work

    def __init__(self, cell: Cell, steps: int, state: Sequence[Buffer]) -> None:
        """state: (B, H) each."""
        first, *parts = state
        self._cell, self._parts = cell, len(parts)
        self.h = np.empty((steps + 1, *first.shape), first.dtype)
        self.h[0] = first
        self.kept = np.empty_like(self.h) if KERNELS[cell].keeps else np.empty((0, 0, 0), first.dtype)
        for part in parts:
            self.kept[0] = part

    @abstractmethod
    def go_back(self, weight_ih: Buffer | None, weight_hh: Buffer, dy: Buffer, d_parts: Sequence[Buffer]) -> None:
        """Make ready for the way back, which there is once: gates become their own gradients.

        dy: (T, B, H), contiguous, what stands there when a row is gone over. d_parts: by what the last state has beside
        the last output, none for zeros.
        """

    @abstractmethod
    def products(self, first: int, last: int) -> None:
        """Multiply some rows of what `gradients` returns."""

    @abstractmethod
    def gradients(self) -> Gradients:
        """Return what all rows gave."""

    def first_gradients(self) -> tuple[Buffer, ...]:
        """Return the gradients by the parts of the first state, (B, H) each."""
        d_h, d_kept, back = self._d_state
        return (d_h + back[: d_h.shape[0], : d_h.shape[1]], *([d_kept] * self._parts))

    def _begin_back(self, width: int, d_parts: Sequence[Buffer]) -> tuple[Buffer, Buffer, Buffer]:
        """Return room for the gradients by the state, which begin as those by the last one, and end as by the first.

        Output and other part, (B, H) each; and the first through the product of the step after, `width` wide.
        """
        d_h = np.zeros_like(self.h[0])
        d_kept = np.array(d_parts[0], order="C") if d_parts else np.zeros_like(d_h)
        self._d_state = d_h, d_kept, np.zeros((self.rows, width), d_h.dtype)
        return self._d_state

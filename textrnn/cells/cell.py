"""What a recurrent cell is: its name, its gates, its state, its step, and the way back through a step.

Shapes here and in the cells: ... any leading axes, X inputs, H units, G gates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from textrnn.cells.functions import Array, Namespace, namespace

# the parts of a cell's state, each (..., H); the first is the layer's output
State = tuple[Array, ...]
# what the way back needs of a step: arrays (..., H) that only the cell knows the meaning of
Saved = tuple[Array, ...]


class CellParameters(NamedTuple):
    """Weights of one cell, gates stacked along the first axis as torch.nn has them.

    weight_ih: (G*H, X), None when the inputs come already multiplied. weight_hh: (G*H, H). bias_ih, bias_hh: (G*H,).
    """

    weight_ih: Array | None
    weight_hh: Array
    bias_ih: Array | None
    bias_hh: Array


class StepGradients(NamedTuple):
    """Gradients by a step's projected input (..., G*H), by its recurrent products (..., G*H), by the state before it.

    The recurrent products are what the hidden state adds to the gates, W_hh h + b_hh.
    """

    projected: Array
    recurrent: Array
    state: State


Step = Callable[[Namespace, CellParameters, Array, State], State]
Recall = Callable[[Namespace, CellParameters, Array, State], Saved]
Backward = Callable[[Namespace, CellParameters, State, Saved, State], StepGradients]
Factors = Callable[[Array, State, Saved], tuple[tuple[Array, Array], ...]]


def reads_output(d_recurrent: Array, state: State, saved: Saved) -> tuple[tuple[Array, Array], ...]:
    """The factors of the recurrent weights' gradient in a cell whose every gate reads the output before: W_hh h."""
    return ((d_recurrent, state[0]),)


class Cell(NamedTuple):
    """One kind of recurrent cell.

    gates: names of the blocks in the weights, in order. parts: names of the parts of the state, the output first.
    step: (namespace, parameters, projected input (..., G*H), state) -> state.
    recall: of the same arguments, what the way back needs; for one step, or at once for all steps of a sequence.
    backward: (namespace, parameters, state before, recalled, gradient by the state after) -> gradients.
    factors: (gradient by the recurrent products, states before, recalled) -> for each run of gates, in order, its
    gradient and what its weights were multiplied by; the recurrent weights' gradient is their product over all steps.
    """

    name: str
    gates: tuple[str, ...]
    parts: tuple[str, ...]
    step: Step
    recall: Recall
    backward: Backward
    factors: Factors = reads_output

    def start(self, like: Array, shape: tuple[int, ...]) -> State:
        """Return the zero state of `shape` (..., H), with dtype and device of `like`."""
        xp = namespace(like)
        return tuple(xp.zeros(shape, dtype=like.dtype, device=like.device) for _ in self.parts)


def project(p: CellParameters, x: Array) -> Array:
    """The input's share of the gates for all steps at once: (..., T, X) -> (..., T, G*H)."""
    projected = x if p.weight_ih is None else namespace(x).matmul(x, p.weight_ih.T)
    return projected if p.bias_ih is None else projected + p.bias_ih

"""The loop over time in its plain form: the definition that every other form is held equal to.

In: a cell, its parameters, inputs (..., T, X) and a state. Out: outputs (..., T, H) and the state after the last step.
Knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Callable

from textrnn.cells.cell import Cell, CellParameters, State, project
from textrnn.cells.functions import Array, namespace

# a form of the loop; forms differ in speed alone
Form = Callable[[Cell, CellParameters, Array, State], tuple[Array, State]]


def plain(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """Run `cell` over the time axis of `x`, the last but one: (..., T, X) -> (..., T, H), final state. T >= 1."""
    xp = namespace(x)
    projected = project(p, x)
    outputs = []
    for t in range(x.shape[-2]):
        state = cell.step(xp, p, projected[..., t, :], state)
        outputs.append(state[0][..., None, :])
    return (outputs[0] if len(outputs) == 1 else xp.concat(outputs, axis=-2)), state

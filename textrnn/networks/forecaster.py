"""The forecaster: a recurrent stack over a window of numbers, its last output to all steps ahead at once.

In: inputs (B, T, C). Out: (B, H*C), in the scale of the series' own deviations. Beside the stack a linear forecast of
the same window may be added (Lai et al. 2018, LSTNet), for a stack alone is slow to learn a straight line. NumPy runs
it, torch trains it.
Shapes: B windows, T time, C columns, U units, H steps ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from textrnn.cells.cell import Cell
from textrnn.cells.functions import Array, namespace
from textrnn.config.forecaster import ForecasterSettings
from textrnn.networks.build import DenseParameters, Make, dense, recurrent_layers
from textrnn.networks.initial import READER_SPREAD, empty, maker, shapes_of
from textrnn.networks.recurrent import LayerParameters, Loop, run_stack, start_stack


class ForecasterParameters(NamedTuple):
    """linear: (H*C, T*C), or None. output: (H*C, U), or of the head."""

    layers: tuple[LayerParameters, ...]
    linear: Array | None
    head: DenseParameters | None
    output: DenseParameters


class Batch(NamedTuple):
    """inputs: (B, T, C). masks: dropout factors for each layer's outputs, (B, 1, U), None where nothing is dropped."""

    inputs: Array
    masks: Sequence[Array] | None = None


def forward(cell: Cell, p: ForecasterParameters, batch: Batch, loop: Loop) -> Array:
    """Return what is said of every step ahead and column, (B, H*C)."""
    rows = batch.inputs.shape[0]
    y, _ = run_stack(p.layers, batch.inputs, start_stack(cell, p.layers, (rows,)), loop, batch.masks)
    last = y[:, -1, :]  # (B, T, U) -> (B, U)
    xp = namespace(last)
    if p.head is not None and p.head.weight is not None:
        last = xp.tanh(last @ p.head.weight.T + p.head.bias)
    assert p.output.weight is not None
    said = last @ p.output.weight.T + p.output.bias
    if p.linear is not None:
        said = said + xp.reshape(batch.inputs, (rows, -1)) @ p.linear.T
    return said


def build(settings: ForecasterSettings, steps: int, columns: int, make: Make) -> ForecasterParameters:
    """Return parameters whose every array comes from `make(role, shape)`. steps: that the network reads."""
    outputs = settings.horizon * columns
    return ForecasterParameters(
        layers=recurrent_layers(settings, 1, make, inputs=columns),
        linear=make("output", (outputs, steps * columns)) if settings.linear else None,
        head=None if settings.head_size is None else dense("head", settings.head_size, settings.hidden_size, make),
        output=dense("output", outputs, settings.head_size or settings.hidden_size, make),
    )


def initial_forecaster(
    settings: ForecasterSettings, steps: int, columns: int, rng: np.random.Generator
) -> ForecasterParameters:
    """Return fresh float32 parameters of a forecaster; the same for the same generator state."""
    return build(settings, steps, columns, maker(settings, rng, embedding_spread=READER_SPREAD))


def forecaster_shapes(settings: ForecasterSettings, steps: int, columns: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a forecaster by name, allocating nothing."""
    return shapes_of(build(settings, steps, columns, empty))

"""A look into a trained language model while it reads a text that it wrote itself.

In: a model. Out: the units it read, and what its layers held after each of them. Knows no lesson.
Shapes: T time, H units of a layer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from textrnn.cells.cell import Cell
from textrnn.cells.functions import Array
from textrnn.inference.language_model.model import LanguageModel
from textrnn.networks.backward import Recorder
from textrnn.networks.language_model import Batch, read
from textrnn.networks.recurrent import start_stack
from textrnn.text.display import printable

_LONGEST_LABEL = 6


class Reading(NamedTuple):
    """units: what was read, as it may stand above a column. ids: (T,). outputs: of the last layer, (T, H).

    gates: of the first layer, by name, each (T, H). hidden: its output, (T, H). before: its state before each step.
    """

    units: tuple[str, ...]
    ids: Array
    gates: dict[str, Array]
    hidden: Array
    before: tuple[Array, ...]
    outputs: Array


def read_own_text(model: LanguageModel, length: int, *, seed: int) -> Reading:
    """Let `model` write `length` units and read them, from an empty state."""
    written = model.tokenizer.encode(model.generate(length=length, seed=seed))
    # where it wrote nothing at all, there is still what every text starts after
    ids = np.asarray(written if len(written) else [model.tokenizer.start_id])
    parameters, recorder = model.engine.parameters, Recorder(model.engine.cell)
    outputs, _ = read(parameters, Batch(ids), start_stack(recorder.cell, parameters.layers, ()), recorder)
    tape, hidden = recorder.tapes[0]
    saved = recorder.cell.recall(np, parameters.layers[0].cell, tape.projected, tape.before)
    units = tuple(printable(model.tokenizer.symbols[id])[:_LONGEST_LABEL] for id in ids)
    return Reading(units, ids, dict(zip(recorder.cell.gates, saved, strict=False)), hidden, tape.before, outputs)


def quoted(unit: str) -> str:
    """Return a unit of a reading in quotes; what does not print is spelled out in it already."""
    return f'"{unit}"' if "'" in unit else f"'{unit}'"


def keeping_gate(cell: Cell) -> str | None:
    """Return the gate that says how much of the old state stays: f of the LSTM, z of the GRU; the RNN has none."""
    return {"lstm": "f", "gru": "z"}.get(cell.name)

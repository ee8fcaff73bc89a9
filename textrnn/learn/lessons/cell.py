"""Lesson: a cell, step by step, with the numbers in every gate; the vanilla RNN, the LSTM and the GRU."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array
from textrnn.cells.gru import GRU
from textrnn.cells.lstm import LSTM
from textrnn.cells.rnn import TANH
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.looking import Reading, keeping_gate, quoted, read_own_text
from textrnn.learn.page import Page

# one thing happens, and then nothing
EVENT = (1.0, 0.0, 0.0, 0.0)
STEPS = 20
# above 1, so that the plain cell does not let go
LATCH = 1.5
READ = 300
SHOWN = 24


class Gate(NamedTuple):
    """What one gate of a cell with a single unit has learned: weight of the input, of the state before, bias."""

    w: float
    u: float
    b: float


# chosen by hand, for one unit that notes the event and keeps it where it can
WEIGHTS: dict[str, dict[str, Gate]] = {
    "rnn": {"h": Gate(1.5, 0.8, 0.0)},
    "lstm": {"i": Gate(6, 0.5, -3), "f": Gate(0, 0.5, 4), "g": Gate(3, 0.2, 0), "o": Gate(0, 0.5, 2)},
    "gru": {"r": Gate(0, 0.5, 2), "z": Gate(-7, 0.5, 3.5), "n": Gate(3, 0.5, 0)},
}


class Step(NamedTuple):
    """One step of a cell with one unit: what it read, its gates by name, its state before and after."""

    x: float
    gates: dict[str, float]
    before: State
    after: State


def parameters(gates: dict[str, Gate]) -> CellParameters:
    """Return the gates as the arrays that every cell computes with; of the two biases, the second is 0."""
    w, u, b = (np.array(column, np.float64) for column in zip(*gates.values(), strict=True))
    return CellParameters(w[:, None], u[:, None], b, np.zeros_like(b))


def run(cell: Cell, p: CellParameters, inputs: Array) -> list[Step]:
    """Read `inputs` one after another, and note all that happens inside."""
    assert p.weight_ih is not None
    state = cell.start(p.weight_hh, (1,))
    steps = []
    for x in inputs:
        projected = np.array([x]) @ p.weight_ih.T + p.bias_ih
        gates = cell.recall(np, p, projected, state)
        after = cell.step(np, p, projected, state)
        # what comes behind the gates is a help for the way back
        named = {name: float(gate[0]) for name, gate in zip(cell.gates, gates, strict=False)}
        steps.append(Step(x, named, state, after))
        state = after
    return steps


def latched(first: float) -> float:
    """Return h of the plain cell with a recurrent weight above 1, after an input of `first` and silence."""
    p = parameters({"h": WEIGHTS["rnn"]["h"]._replace(u=LATCH)})
    return float(run(TANH, p, np.array([first] + [0.0] * (STEPS - 1)))[-1].after[0][0])


def tell(page: Page, model: LanguageModel | None) -> None:
    """Show each cell at work on one event and the silence after it; then the gates of a trained model."""
    page.text("""
        A recurrent network reads one thing at a time and keeps notes: a few numbers, its hidden state h. What it makes
        of the next thing depends on the thing and on the notes. Here are the three cells that are in use, with a single
        unit each, so that you can check every number with a pocket calculator. The input is 1 once, and 0 from then on.
    """)
    _tell_rnn(page)
    page.pause()
    _tell_lstm(page)
    page.pause()
    _tell_gru(page)
    page.pause()
    silence = np.array([1.0] + [0.0] * (STEPS - 1))
    courses = {
        cell.name: [float(step.after[0][0]) for step in run(cell, parameters(WEIGHTS[cell.name]), silence)]
        for cell in (TANH, LSTM, GRU)
    }
    page.curves(courses, across=("step 1", f"step {STEPS}"), title="h, after an input of 1 at step 1 and 0 since")
    last = {name: course[-1] for name, course in courses.items()}
    page.text(f"""
        After {STEPS} steps the plain cell has {last["rnn"]:.3f} left of {courses["rnn"][0]:.3f}; the LSTM still has
        {last["lstm"]:.3f} of {courses["lstm"][0]:.3f}, the GRU {last["gru"]:.3f} of {courses["gru"][0]:.3f}. Each kept
        it with numbers that training can find: that is all that a gate is.
    """)
    if model is not None:
        page.pause()
        _tell_model(page, model, read_own_text(model, READ, seed=1))
    page.source("""
        Elman 1990 (the plain cell); Hochreiter & Schmidhuber 1997 and Gers, Schmidhuber & Cummins 2000 (LSTM with its
        forget gate); Cho et al. 2014 (GRU). The code: textrnn/cells/rnn.py, lstm.py, gru.py.
    """)


def _tell_rnn(page: Page) -> None:
    page.heading("The plain cell: one equation")
    page.equations("h' = tanh(W_ih x + W_hh h + b)      h: before the step, h': after it")
    steps = run(TANH, parameters(WEIGHTS["rnn"]), np.array(EVENT))
    page.equations(*(spelled(step, "rnn", "h", "tanh", float(step.after[0][0])) for step in steps[:3]))
    page.text("""
        tanh squashes any number into the range from -1 to 1. The 0.8 is what the cell keeps of its notes at every step:
        after a few steps little is left.
    """)
    large, small = (latched(first) for first in (1.0, 0.1))
    page.text(f"""
        A larger weight can keep a note: with {LATCH:g} in place of 0.8 there is {large:.3f} after {STEPS} steps. But
        the same weight is at work at every step: an input of 0.1 at step 1 ends at {small:.3f} too, and how much it was
        is lost. To keep one note as it is and to let another go are two demands, and there is one weight for both.
    """)


def _tell_lstm(page: Page) -> None:
    page.heading("The LSTM: three gates and a cell that carries")
    page.equations(
        "i, f, o = sigmoid(W_ih x + W_hh h + b)    gates: 0 is shut, 1 is open",
        "g       = tanh(W_ih x + W_hh h + b)       what there is to note",
        "c'      = f * c + i * g                   keep of the old, add the new",
        "h'      = o * tanh(c')                    show some of it",
    )
    steps = run(LSTM, parameters(WEIGHTS["lstm"]), np.array(EVENT))
    first = steps[0]
    page.equations(
        *(spelled(first, "lstm", name, "tanh" if name == "g" else "sigmoid", first.gates[name]) for name in LSTM.gates),
        "c' = {f:.3f} * {c:.3f} + {i:.3f} * {g:.3f} = {after:.3f}".format(
            **first.gates, c=float(first.before[1][0]), after=float(first.after[1][0])
        ),
        f"h' = {first.gates['o']:.3f} * tanh({float(first.after[1][0]):.3f}) = {float(first.after[0][0]):.3f}",
    )
    page.pause()
    _table(page, steps, ("h'", "c'"))
    page.text("""
        At step 1 the input gate i is open, and the event is written into c. From then on i is nearly shut and the
        forget gate f nearly open: c is handed on almost as it is.
    """)


def _tell_gru(page: Page) -> None:
    page.heading("The GRU: two gates, no second state")
    page.equations(
        "r, z = sigmoid(W_ih x + W_hh h + b)",
        "n    = tanh(W_in x + b_in + r * (W_hn h + b_hn))    r: is h heard?",
        "h'   = (1 - z) * n + z * h                          z: does h stay?",
    )
    steps = run(GRU, parameters(WEIGHTS["gru"]), np.array(EVENT))
    first = steps[0]
    page.equations(
        *(spelled(first, "gru", name, "sigmoid", first.gates[name]) for name in ("r", "z")),
        spelled(first, "gru", "n", "tanh", first.gates["n"], heard=first.gates["r"]),
        "h' = (1 - {z:.3f}) * {n:.3f} + {z:.3f} * {h:.3f} = {after:.3f}".format(
            **first.gates, h=float(first.before[0][0]), after=float(first.after[0][0])
        ),
    )
    _table(page, steps, ("h'",))
    page.text("""
        z does both jobs: near 0 the new takes the place of the old, near 1 the old stays. A warning for readers of
        other books: some write z and 1 - z the other way round.
    """)


def spelled(step: Step, kind: str, name: str, squash: str, value: float, *, heard: float | None = None) -> str:
    """Return the equation of a gate of a cell with its numbers put in, up to the value that the cell came to.

    heard: how much of the state before is heard, for the n of the GRU.
    """
    gate = WEIGHTS[kind][name]
    h = float(step.before[0][0])
    total = gate.w * step.x + (1.0 if heard is None else heard) * gate.u * h + gate.b
    share = "" if heard is None else f"{heard:.3f} * "
    bias = f" {'-' if gate.b < 0 else '+'} {abs(gate.b):g}" if gate.b else ""
    terms = f"{gate.w:g} * {step.x:g} + {share}{gate.u:g} * {h:.3f}{bias}"
    return f"{name}{chr(39) if name == 'h' else ' '} = {squash}({terms}) = {squash}({total:.3f}) = {value:.3f}"


def _table(page: Page, steps: list[Step], parts: tuple[str, ...]) -> None:
    rows: list[list[str | float]] = [
        [str(number), step.x, *step.gates.values(), *(float(part[0]) for part in step.after)]
        for number, step in enumerate(steps, start=1)
    ]
    page.table(rows, ["step", "x", *steps[0].gates, *parts])


def _tell_model(page: Page, model: LanguageModel, reading: Reading) -> None:
    """Show the units of the first layer whose gate moves most while the model reads a text of its own."""
    cell = model.engine.cell
    page.heading(f"The same in a trained model: {model.name}")
    name = keeping_gate(cell)
    values = reading.hidden if name is None else reading.gates[name]
    chosen = np.argsort(-values.std(axis=0))[:3]
    what = "hidden state h" if name is None else {"f": "forget gate f", "z": "update gate z"}[name]
    page.text(f"""
        Its first layer has {values.shape[1]:,} units of the kind {cell.name.upper()}. It reads a text that it wrote
        itself. Below, the {what} of the three units in which it moves most.
    """)
    rows = {f"unit {unit}": values[:SHOWN, unit].tolist() for unit in chosen}
    limit = max(1.0, float(np.abs(values[:SHOWN, chosen]).max()))
    page.heat(reading.units[:SHOWN], rows, limit=limit, title=f"{what} of three units")
    if name is None:
        return
    unit = int(chosen[0])
    lets_go = _means(reading.units, values[:, unit])
    page.text(f"""
        Nobody chose these weights. Unit {unit} forgets most on reading {_listed(lets_go[:3])}, and
        keeps most on {_listed(lets_go[:-4:-1])}: in brackets, the mean of {name} there.
    """)


def _means(units: tuple[str, ...], values: Array) -> list[tuple[str, float]]:
    """Return the mean for each unit of the text, the lowest first; those met only once say little and are left out."""
    places: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        places.setdefault(unit, []).append(place)
    means = [(unit, float(values[where].mean())) for unit, where in places.items() if len(where) > 1]
    return sorted(means, key=lambda pair: pair[1])


def _listed(means: list[tuple[str, float]]) -> str:
    return ", ".join(f"{quoted(unit)} ({mean:.2f})" for unit, mean in means)


LESSON = Lesson(
    name="cell",
    title="A cell, step by step",
    sentence="every number in every gate of an RNN, an LSTM and a GRU, for one event and the silence after it",
    minutes=3,
    tell=tell,
    uses_model=True,
)

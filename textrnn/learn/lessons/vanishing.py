"""Lesson: how the gradient through 1 to 50 steps vanishes or explodes."""

from __future__ import annotations

import math

import numpy as np

from textrnn.cells import bptt
from textrnn.cells.bptt import Tape
from textrnn.cells.cell import Cell, CellParameters
from textrnn.cells.functions import Array
from textrnn.cells.gru import GRU
from textrnn.cells.lstm import LSTM
from textrnn.cells.rnn import TANH
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lesson import Lesson
from textrnn.learn.looking import keeping_gate
from textrnn.learn.page import Page
from textrnn.networks.backward import Recorder
from textrnn.networks.initial import orthogonal
from textrnn.networks.language_model import Batch, read
from textrnn.networks.recurrent import start_stack

# T steps, X inputs, H units, D directions in which the last output is nudged
STEPS, UNITS = 50, 32
# quiet inputs, so that squashing hides little of what the weights do
LOUDNESS = 0.1
# of the gate that keeps what was
BIASES = (0.0, 1.0, 3.0, 5.0)
# of how many directions the mean is taken in a trained model, which may have thousands of units
MOST_DIRECTIONS = 16
# how many units it writes and reads, and how far apart the places lie that are looked back from
READ, SPACING = 300, 50


def lengths_back(cell: Cell, p: CellParameters, tape: Tape, directions: Array, stop: int, steps: int) -> list[float]:
    """Return how long the gradient of the output after `stop` steps is by the state 0, 1, ... `steps` before.

    Row by row of `directions`, (D, H), it is sent back through one step after another: d h_T / d s_(T-k). The length
    is the root of the mean square over rows; with the identity for directions that is |Jacobian| / sqrt(H), 1 at k = 0.
    """
    projected, *states = (part[stop - steps : stop] for part in (tape.projected, *tape.before))
    saved = cell.recall(np, p, projected, tuple(states))
    d_state = (directions, *(np.zeros_like(directions) for _ in cell.parts[1:]))
    lengths = [length(d_state)]
    for t in reversed(range(steps)):
        before, recalled = (tuple(part[t] for part in parts) for parts in (states, saved))
        d_state = cell.backward(np, p, before, recalled, d_state).state
        lengths.append(length(d_state))
    return lengths


def length(d_state: tuple[Array, ...]) -> float:
    """Return the length of a gradient by all parts of the state, as the root of the mean square over rows."""
    return float(np.sqrt(np.mean(sum(np.sum(part * part, axis=-1) for part in d_state))))


def chosen_weights(cell: Cell, rng: np.random.Generator, *, radius: float, keep: float = 0.0) -> CellParameters:
    """Return weights of our choice: every gate's recurrent matrix `radius` times a rotation, no biases but one.

    All eigenvalues of such a matrix have the absolute value `radius`. keep: the bias of the gate that keeps what was.
    """
    gates = len(cell.gates)
    bias = np.zeros((gates, UNITS))
    if gate := keeping_gate(cell):
        bias[cell.gates.index(gate)] = keep
    return CellParameters(
        weight_ih=rng.normal(size=(gates * UNITS, UNITS)) / math.sqrt(UNITS),
        weight_hh=np.concatenate([radius * orthogonal(rng, UNITS) for _ in cell.gates]),
        bias_ih=np.zeros(gates * UNITS),
        bias_hh=bias.ravel(),
    )


def at_chosen_weights(cell: Cell, *, radius: float, keep: float = 0.0) -> list[float]:
    """Return `lengths_back` of 50 steps of quiet noise."""
    rng = np.random.default_rng(0)
    p = chosen_weights(cell, rng, radius=radius, keep=keep)
    x = LOUDNESS * rng.normal(size=(STEPS, UNITS))
    _, _, tape = bptt.forward(cell, p, x, cell.start(x, (UNITS,)))
    return lengths_back(cell, p, tape, np.eye(UNITS), STEPS, STEPS)


def of_model(model: LanguageModel, ids: Array) -> list[list[float]]:
    """Return the mean of `lengths_back` over places in `ids`, (T,), for each layer of a model, for at most 50 steps."""
    parameters, recorder = model.engine.parameters, Recorder(model.engine.cell)
    _, state = read(parameters, Batch(ids), start_stack(recorder.cell, parameters.layers, ()), recorder)
    units = state[0][0].shape[-1]
    directions = np.eye(units, dtype=np.float32)
    if units > MOST_DIRECTIONS:
        drawn = np.random.default_rng(0).normal(size=(MOST_DIRECTIONS, units)).astype(np.float32)
        directions = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
    steps = min(STEPS, len(ids))
    means = []
    for p, (tape, _) in zip(parameters.layers, recorder.tapes, strict=True):
        stops = range(len(ids), steps - 1, -SPACING)
        lengths = [lengths_back(recorder.cell, p.cell, tape, directions, stop, steps) for stop in stops]
        means.append([float(mean) for mean in np.mean(lengths, axis=0)])
    return means


def tell(page: Page, model: LanguageModel | None) -> None:
    """An RNN at four radii, an LSTM and a GRU at four biases, and a trained model where there is one."""
    _tell_of_rnn(page)
    page.pause()
    _tell_of_lstm(page)
    page.pause()
    _tell_of_gru(page)
    if model is not None:
        page.pause()
        _tell_of_model(page, model)


def _tell_of_rnn(page: Page) -> None:
    page.text("""
        To learn from what it read long ago, a network needs a gradient from then: how much would the last hidden
        state change, had the state k steps before been a little different? On the way back, every step multiplies
        by one more matrix.""")
    page.equations("d h_T / d h_(T-k) = J_T J_(T-1) ... J_(T-k+1)", "J_t = diag(1 - h_t^2) W_hh    for the tanh RNN")
    page.text("""
        Fifty factors below 1 are nearly nothing, fifty above 1 are huge. Here is the length of that product for RNNs
        whose W_hh is a rotation times r, so that r is its spectral radius. Mind the axis: equal heights are equal
        factors.""")
    radii = {"a: r = 0.5": 0.5, "b: r = 0.9": 0.9, "c: r = 1": 1.0, "d: r = 3": 3.0}
    rnn = {name: at_chosen_weights(TANH, radius=r) for name, r in radii.items()}
    _show(page, rnn, "the tanh RNN")
    small, large = rnn["a: r = 0.5"][-1], rnn["d: r = 3"][-1]
    page.text(f"""
        With r = 0.5 the state 50 steps ago counts {small:.0e} times as much as the last one: no error will ever be
        felt there. It is at most r^k, {0.5**STEPS:.0e}, as tanh only shrinks. With r = 3 the gradient explodes to
        {large:.0e} although tanh holds it down; 3^50 is {3.0**STEPS:.0e}. Even at r = 1 tanh takes its share. No radius
        is right for all steps: the line between the two ends is thin.""")
    page.source("""Hochreiter 1991 (diploma thesis); Bengio, Simard & Frasconi 1994, Learning long-term dependencies
        with gradient descent is difficult; Pascanu, Mikolov & Bengio 2013, On the difficulty of training RNNs.""")


def _tell_of_lstm(page: Page) -> None:
    page.text("""
        The LSTM has a second way back, along its cell state c, and there a step's only factor is the forget gate. The
        first way, over h and W_hh through the gates, is still there, and adds what comes back on it. A bias on the
        forget gate opens it: f is about sigmoid(bias). Here are biases of 0, 1, 3 and 5, for W_hh with r = 0.5,
        which was hopeless above.""")
    page.equations("c_t = f_t * c_(t-1) + i_t * g_t", "d c_t / d c_(t-1) = f_t    along this way",
                   "d h_T / d c_T = o_T * (1 - tanh(c_T)^2)    the first factor, once")  # fmt: skip
    lstm = {_opening(b, "f"): at_chosen_weights(LSTM, radius=0.5, keep=b) for b in BIASES}
    _show(page, lstm, "the LSTM")
    closed, usual = (lstm[_opening(b, "f")][-1] for b in (0.0, 1.0))
    without = at_chosen_weights(LSTM, radius=0.0, keep=5.0)[-1]
    page.text(f"""
        A bias of 1, the usual start, leaves {usual / closed:.0e} times as much after 50 steps as a bias of 0. With 3
        and 5 the gradient of 50 steps ago is no shorter than that of one step ago: it remains for the network to learn
        when to close the gate.""")
    page.text(f"""
        Two things in the curves are not the forget gate's. The first step falls to about
        {lstm[_opening(5.0, "f")][1]:.1f} for b = 5, as h shows only o * tanh(c) of c; that factor comes once. And where
        f is near 1 the length grows in the end: what comes back over h and W_hh is added at every step and no longer
        fades. Without W_hh (r = 0) the same LSTM ends at {without:.1f}, shorter than it began.""")


def _tell_of_gru(page: Page) -> None:
    page.text("The GRU does it with one state: where z is near 1, the old h is passed on as it is.")
    page.equations("h_t = (1 - z_t) * n_t + z_t * h_(t-1)", "d h_t / d h_(t-1) = z_t    along this way")
    gru = {_opening(b, "z"): at_chosen_weights(GRU, radius=0.5, keep=b) for b in BIASES}
    _show(page, gru, "the GRU")
    page.text("Gates do not abolish the product. They let the network choose its factors, unit by unit, step by step.")
    page.source("""Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000 (forget gate); Cho et al. 2014 (GRU);
        Jozefowicz, Zaremba & Sutskever 2015 (a forget bias of 1).""")


def _tell_of_model(page: Page, model: LanguageModel) -> None:
    written = model.tokenizer.encode(model.generate(length=READ, seed=0))
    # where it wrote nothing at all, there is still what every text starts after
    ids = np.asarray(written if len(written) else [model.tokenizer.start_id])
    layers = of_model(model, ids)
    page.heading(f"The same for a trained model: {model.name}")
    page.text(f"""
        Its cell is {model.settings.cell}, with {model.settings.hidden_size} units a layer. With the weights that
        training gave it, it reads {len(ids)} {model.tokenizer.unit}s that it wrote itself. How long is the gradient of
        an output by the state k steps before, on average?""")
    _show(page, {f"{depth} layer": lengths for depth, lengths in enumerate(layers, start=1)}, model.name)
    last = layers[-1]
    # written so that a length of nothing, or beyond all numbers, counts as lost
    lost = (k for k in range(1, len(last)) if not last[k] >= 0.5 * last[1] > 0)
    first_lost = next(lost, None)
    if first_lost is None:
        reach = "the gradient stays at least half as long as it is 1 step back, all the way"
    elif first_lost == 1:
        reach = "no gradient that could be measured comes back even 1 step"
    else:
        reach = f"the gradient is less than half as long {first_lost} steps back as it is 1 step back"
    page.text(f"In the last layer {reach}. Training chose these factors; nobody set them.")


def _opening(bias: float, gate: str) -> str:
    return f"{bias:g}: {gate} = {1 / (1 + math.exp(-bias)):.2f}"


def _show(page: Page, series: dict[str, list[float]], whose: str) -> None:
    last = len(next(iter(series.values()))) - 1
    title = f"length of the gradient k steps back: {whose}"
    page.curves(series, across=("k = 0", f"k = {last}"), title=title, height=10, is_log=True)
    shown = [k for k in (1, 2, 5, 10, 20, 30, 50) if k <= last]
    page.table([[name, *(f"{values[k]:.0e}" for k in shown)] for name, values in series.items()],
               heading=["steps back", *map(str, shown)])  # fmt: skip


LESSON = Lesson(
    name="vanishing",
    title="Gradients that vanish and explode",
    sentence="what is left of a gradient after 50 steps back, in an RNN, an LSTM and a GRU",
    minutes=4,
    tell=tell,
    uses_model=True,
)

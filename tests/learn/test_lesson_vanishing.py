"""The lesson on vanishing gradients: its lengths are those of torch's Jacobians, and the textbook's where known."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells import bptt
from textrnn.cells.cell import Cell, CellParameters
from textrnn.cells.gru import GRU
from textrnn.cells.lstm import LSTM
from textrnn.cells.rnn import TANH
from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.lessons import vanishing
from textrnn.learn.lessons.vanishing import STEPS, UNITS, at_chosen_weights, chosen_weights, lengths_back, of_model
from textrnn.learn.page import Page
from textrnn.networks.parameters import map_arrays

BACK = (0, 1, 2, 7, 50)


def torch_layer(cell: Cell, p: CellParameters) -> Any:
    """Return torch's layer of the same weights."""
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell.name]
    layer = kind(p.weight_ih.shape[1], p.weight_hh.shape[1]).double()
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(layer, f"{name}_l0").data = torch.tensor(np.asarray(getattr(p, name)), dtype=torch.float64)
    return layer


def torch_lengths(cell: Cell, p: CellParameters, x: Any, back: tuple[int, ...] = BACK) -> list[float]:
    """Return |d h_T / d s_(T-k)| / sqrt(H) for every k, by autograd."""
    layer, inputs = torch_layer(cell, p), torch.tensor(np.asarray(x), dtype=torch.float64)
    size, lengths = p.weight_hh.shape[1], []

    def run(x: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """Return the state after `x`, its parts stacked as in the one before: (parts, 1, H)."""
        _, after = layer(x, state[0] if len(state) == 1 else tuple(state))
        return torch.stack(after if isinstance(after, tuple) else (after,))

    for k in back:
        first = len(x) - k
        state = torch.zeros(len(cell.parts), 1, size, dtype=torch.float64)
        state = run(inputs[:first], state).detach() if first else state
        jacobian = torch.autograd.functional.jacobian(
            lambda state, first=first: (run(inputs[first:], state) if first < len(x) else state)[0], state
        )
        lengths.append(float(jacobian.norm()) / math.sqrt(size))
    return lengths


@pytest.mark.parametrize("cell", [TANH, LSTM, GRU], ids=lambda cell: cell.name)
def test_lengths_are_those_of_torchs_jacobians(cell: Cell) -> None:
    rng = np.random.default_rng(0)
    p = chosen_weights(cell, rng, radius=0.9, keep=1.0)
    x = vanishing.LOUDNESS * rng.normal(size=(STEPS, UNITS))
    _, _, tape = bptt.forward(cell, p, x, cell.start(x, (UNITS,)))
    lengths = lengths_back(cell, p, tape, np.eye(UNITS), STEPS, STEPS)
    assert [lengths[k] for k in BACK] == pytest.approx(torch_lengths(cell, p, x), rel=1e-9)
    assert lengths == pytest.approx(at_chosen_weights(cell, radius=0.9, keep=1.0))


def test_what_the_textbook_says_of_single_factors() -> None:
    """A rotation times r at rest has r for every factor; an LSTM or GRU without W_hh, its gate."""
    rest = np.zeros((STEPS, UNITS))
    for cell, keep, radius, factor in (
        (TANH, 0.0, 0.7, 0.7), (TANH, 0.0, 1.3, 1.3),
        (GRU, 2.0, 0.0, 1 / (1 + math.exp(-2))), (LSTM, 2.0, 0.0, 1 / (1 + math.exp(-2))),
    ):  # fmt: skip
        p = chosen_weights(cell, np.random.default_rng(0), radius=radius, keep=keep)
        _, _, tape = bptt.forward(cell, p, rest, cell.start(rest, (UNITS,)))
        lengths = lengths_back(cell, p, tape, np.eye(UNITS), STEPS, STEPS)
        # the last output of an LSTM is o * tanh(c), o being 1/2 and tanh's slope at rest 1
        expected = [(0.5 if cell is LSTM else 1) * factor**k for k in range(1, STEPS + 1)]
        assert lengths == pytest.approx([1.0, *expected])


def test_chosen_weights_have_the_radius() -> None:
    p = chosen_weights(LSTM, np.random.default_rng(0), radius=0.5, keep=3.0)
    for gate in np.split(p.weight_hh, 4):
        assert np.abs(np.linalg.eigvals(gate)) == pytest.approx(np.full(UNITS, 0.5))
    assert [float(gate[0]) for gate in np.split(p.bias_hh, 4)] == [0, 3, 0, 0]


def test_what_the_lesson_says() -> None:
    """Small radii and closed gates lose the gradient, large radii blow it up, open gates keep it."""
    assert at_chosen_weights(TANH, radius=0.5)[-1] <= 0.5**STEPS
    assert at_chosen_weights(TANH, radius=3.0)[-1] > 1e5
    for cell in (LSTM, GRU):
        lengths = [at_chosen_weights(cell, radius=0.5, keep=keep) for keep in vanishing.BIASES]
        assert [values[-1] for values in lengths] == sorted(values[-1] for values in lengths)
        assert lengths[0][-1] < 1e-9 < 0.5 * lengths[-1][1] < lengths[-1][-1]


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_models_own_weights(make_model: Callable[..., LanguageModel], cell: str) -> None:
    """Two layers of random weights, against torch; where there is little to read, no further back than that."""
    model = make_model(cell=cell, num_layers=2)
    ids = model.tokenizer.encode("To be, or not")
    by_layer = of_model(model, ids)
    p = model.engine.parameters
    x = p.embedding[ids]
    for depth, lengths in enumerate(by_layer):
        own, layer = model.engine.cell, p.layers[depth].cell
        assert len(lengths) == len(ids) + 1
        assert [lengths[k] for k in (0, 1, 2, 7, 13)] == pytest.approx(
            torch_lengths(own, layer, x, (0, 1, 2, 7, 13)), rel=1e-3, abs=1e-9
        )
        x = torch_layer(own, layer)(torch.tensor(x, dtype=torch.float64))[0].detach().numpy()


def test_many_units_are_seen_in_a_few_directions(make_model: Callable[..., LanguageModel]) -> None:
    """The mean over random directions is near that over all of them."""
    model = make_model(cell="gru", hidden_size=64)
    ids = model.tokenizer.encode("To be, or not to be")
    exact = torch_lengths(
        model.engine.cell, model.engine.parameters.layers[0].cell, model.engine.parameters.embedding[ids], (1, 5)
    )
    (lengths,) = of_model(model, ids)
    assert [lengths[1], lengths[5]] == pytest.approx(exact, rel=0.3)


def test_it_is_told_of_a_model_and_without_one(make_model: Callable[..., LanguageModel]) -> None:
    with_model, without = io.StringIO(), io.StringIO()
    vanishing.LESSON.tell(Page(with_model), make_model(name="mine"))
    vanishing.LESSON.tell(Page(without), None)
    assert with_model.getvalue().startswith(without.getvalue())
    assert re.search(r"less than half as long [2-9] steps back as it is 1 step back", with_model.getvalue())
    ends = at_chosen_weights(LSTM, radius=0.0, keep=5.0)[-1], at_chosen_weights(LSTM, radius=0.5, keep=5.0)[-1]
    assert ends[0] < 0.44 < 1 < ends[1] and f"(r = 0) the same LSTM ends at {ends[0]:.1f}" in without.getvalue()
    assert "a trained model: mine" in with_model.getvalue()
    assert f"{at_chosen_weights(TANH, radius=3.0)[-1]:.0e}" in without.getvalue()


def test_a_model_through_which_nothing_comes_back(make_model: Callable[..., LanguageModel]) -> None:
    """Units of relu that never open: their gradient is 0, which has no logarithm and no half."""
    model = make_model(cell="rnn", activation="relu", name="closed")
    arrays = map_arrays(lambda name, a: a - 100 if name.endswith("bias_ih") else a, model.engine.parameters)
    closed = LanguageModel(
        name="closed", tokenizer=model.tokenizer, settings=model.settings, parameters=arrays, config={}
    )
    stream = io.StringIO()
    vanishing.LESSON.tell(Page(stream), closed)
    assert "no gradient that could be measured comes back even 1 step" in stream.getvalue()

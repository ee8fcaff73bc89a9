"""Every cell is the textbook's, and torch's: outputs and final states equal to 1e-12 in float64.

50 random configurations a cell by default; the environment variable TEXTRNN_CONFIGS says another number (1000 for the
whole proof).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from textrnn.cells.cell import Cell, CellParameters, State, project
from textrnn.cells.plain import plain
from textrnn.cells.table import CELLS

CONFIGS = int(os.environ.get("TEXTRNN_CONFIGS", "50"))
LAYERS: dict[tuple[str, str], Any] = {
    ("rnn", "tanh"): lambda inputs, units: torch.nn.RNN(inputs, units, nonlinearity="tanh", batch_first=True),
    ("rnn", "relu"): lambda inputs, units: torch.nn.RNN(inputs, units, nonlinearity="relu", batch_first=True),
    ("lstm", "tanh"): lambda inputs, units: torch.nn.LSTM(inputs, units, batch_first=True),
    ("gru", "tanh"): lambda inputs, units: torch.nn.GRU(inputs, units, batch_first=True),
}
EXACT = {"rtol": 1e-12, "atol": 1e-12}
kinds = pytest.mark.parametrize("kind", CELLS, ids="-".join)


class Case(NamedTuple):
    p: CellParameters
    x: np.ndarray
    state: State


def cases(cell: Cell, count: int) -> Iterator[Case]:
    rng = np.random.default_rng(1997)
    for _ in range(count):
        rows, steps, inputs, units = rng.integers(1, 9, 4)
        gates, spread = len(cell.gates), rng.choice([0.1, 0.5, 2.0])
        p = CellParameters(
            weight_ih=rng.normal(0, spread, (gates * units, inputs)),
            weight_hh=rng.normal(0, spread, (gates * units, units)),
            bias_ih=rng.normal(0, spread, gates * units),
            bias_hh=rng.normal(0, spread, gates * units),
        )
        state = tuple(rng.normal(0, 1, (rows, units)) for _ in cell.parts)
        yield Case(p, rng.normal(0, 1, (rows, steps, inputs)), state)


def by_torch(kind: tuple[str, str], case: Case) -> tuple[np.ndarray, State]:
    layer = LAYERS[kind](case.x.shape[-1], case.p.weight_hh.shape[-1]).double()
    with torch.no_grad():
        for name, array in case.p._asdict().items():
            getattr(layer, f"{name}_l0").copy_(torch.from_numpy(array))
        parts = tuple(torch.from_numpy(part)[None] for part in case.state)
        outputs, after = layer(torch.from_numpy(case.x), parts if len(parts) > 1 else parts[0])
    after = after if isinstance(after, tuple) else (after,)
    return outputs.numpy(), tuple(part[0].numpy() for part in after)


def is_close(case: Case, cell: Cell, expected: tuple[np.ndarray, State]) -> bool:
    outputs, state = plain(cell, case.p, case.x, case.state)
    pairs = [(outputs, expected[0]), *zip(state, expected[1], strict=True)]
    # unbounded states of the relu cell can grow large
    return all(np.allclose(ours, theirs, **EXACT) for ours, theirs in pairs)


@kinds
def test_a_sequence_is_what_torch_makes_of_it(kind: tuple[str, str]) -> None:
    for case in cases(CELLS[kind], CONFIGS):
        outputs, state = plain(CELLS[kind], case.p, case.x, case.state)
        expected, expected_state = by_torch(kind, case)
        np.testing.assert_allclose(outputs, expected, **EXACT)
        for part, expected_part in zip(state, expected_state, strict=True):
            np.testing.assert_allclose(part, expected_part, **EXACT)


@kinds
def test_a_step_is_what_torch_makes_of_it(kind: tuple[str, str]) -> None:
    cell = CELLS[kind]
    for case in cases(cell, CONFIGS):
        first = case._replace(x=case.x[:, :1])
        state = cell.step(np, case.p, project(case.p, first.x)[:, 0], case.state)
        expected, expected_state = by_torch(kind, first)
        np.testing.assert_allclose(state[0], expected[:, 0], **EXACT)
        for part, expected_part in zip(state, expected_state, strict=True):
            np.testing.assert_allclose(part, expected_part, **EXACT)


@kinds
def test_torch_tensors_give_what_numpy_gives(kind: tuple[str, str]) -> None:
    cell = CELLS[kind]
    for case in cases(cell, min(CONFIGS, 50)):
        outputs, state = plain(cell, case.p, case.x, case.state)
        tensors = CellParameters(*map(torch.from_numpy, case.p))
        theirs, their_state = plain(cell, tensors, torch.from_numpy(case.x), tuple(map(torch.from_numpy, case.state)))
        np.testing.assert_allclose(theirs.numpy(), outputs, **EXACT)
        for part, expected in zip(their_state, state, strict=True):
            np.testing.assert_allclose(part.numpy(), expected, **EXACT)


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        (("lstm", "tanh"), (1, 0, 2, 3)),
        (("lstm", "tanh"), (0, 2, 1, 3)),
        (("lstm", "tanh"), (0, 1, 3, 2)),
        (("gru", "tanh"), (1, 0, 2)),
        (("gru", "tanh"), (0, 2, 1)),
    ],
)
def test_swapped_gates_are_seen(kind: tuple[str, str], order: tuple[int, ...]) -> None:
    """The comparison has the power to see two gates in the other order, in every single configuration."""
    cell = CELLS[kind]
    for case in cases(cell, 20):
        swapped = [np.concatenate([np.split(array, len(order))[gate] for gate in order]) for array in case.p]
        expected = by_torch(kind, case)
        assert is_close(case, cell, expected)
        assert not is_close(case._replace(p=CellParameters(*swapped)), cell, expected)


def test_a_relu_is_not_a_tanh() -> None:
    (case,) = cases(CELLS["rnn", "tanh"], 1)
    assert not is_close(case, CELLS["rnn", "relu"], by_torch(("rnn", "tanh"), case))


@kinds
def test_nan_is_never_hidden(kind: tuple[str, str]) -> None:
    """A damaged weight or input shows in the outputs, as in torch, and is not clipped to a number."""
    cell = CELLS[kind]
    for case in cases(cell, 10):
        case.x[0, -1, 0] = np.nan
        outputs, state = plain(cell, case.p, case.x, case.state)
        assert np.isnan(outputs[0, -1]).all()
        assert np.isnan(state[0][0]).all()


@kinds
def test_inputs_that_come_multiplied_give_the_same(kind: tuple[str, str]) -> None:
    cell = CELLS[kind]
    for case in cases(cell, 10):
        fused = case.p._replace(weight_ih=None, bias_ih=None)
        outputs, state = plain(cell, fused, project(case.p, case.x), case.state)
        expected, expected_state = plain(cell, case.p, case.x, case.state)
        assert np.array_equal(outputs, expected)
        assert all(np.array_equal(*pair) for pair in zip(state, expected_state, strict=True))


@kinds
def test_leading_axes_are_rows(kind: tuple[str, str]) -> None:
    """No axis, one or two before time: every row is computed as if alone."""
    cell = CELLS[kind]
    for case in cases(cell, 10):
        outputs, state = plain(cell, case.p, case.x, case.state)
        for row in range(len(case.x)):
            alone, _ = plain(cell, case.p, case.x[row], tuple(part[row] for part in case.state))
            np.testing.assert_allclose(alone, outputs[row], **EXACT)
        nested, nested_state = plain(cell, case.p, case.x[:, None], tuple(part[:, None] for part in case.state))
        np.testing.assert_allclose(nested[:, 0], outputs, **EXACT)
        np.testing.assert_allclose(nested_state[0][:, 0], state[0], **EXACT)


@kinds
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_zero_state_and_the_outputs_keep_the_type(kind: tuple[str, str], dtype: type) -> None:
    cell = CELLS[kind]
    (case,) = cases(cell, 1)
    p = CellParameters(*(array.astype(dtype) for array in case.p))
    rows, units = case.state[0].shape
    state = cell.start(p.weight_hh, (rows, units))
    assert [part.shape for part in state] == [(rows, units)] * len(cell.parts)
    assert all(part.dtype == dtype and not part.any() for part in state)
    outputs, state = plain(cell, p, case.x.astype(dtype), state)
    assert outputs.dtype == dtype
    assert all(part.dtype == dtype for part in state)
    tensor_state = cell.start(torch.from_numpy(p.weight_hh), (rows, units))
    assert all(part.dtype == torch.from_numpy(p.weight_hh).dtype and not part.any() for part in tensor_state)


@kinds
def test_float32_is_near_float64(kind: tuple[str, str]) -> None:
    cell = CELLS[kind]
    for case in cases(cell, 20):
        if cell is CELLS["rnn", "relu"]:
            case = case._replace(p=CellParameters(*(0.3 * array for array in case.p)))
        exact, _ = plain(cell, case.p, case.x, case.state)
        rounded = CellParameters(*(array.astype(np.float32) for array in case.p))
        outputs, _ = plain(cell, rounded, case.x.astype(np.float32), tuple(s.astype(np.float32) for s in case.state))
        # the inputs are rounded too, and spread 2 weights amplify that
        np.testing.assert_allclose(outputs, exact, rtol=2e-4, atol=2e-4)

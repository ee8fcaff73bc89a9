"""The way back by hand is torch's autograd of the way forwards: outputs to 1e-12, gradients to 1e-10, in float64.

50 random configurations a cell by default; the whole proof is

    TEXTRNN_CONFIGS=1000 pytest tests/cells
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from textrnn.cells.bptt import backward, forward
from textrnn.cells.cell import Cell, CellParameters, State, project
from textrnn.cells.gru_reset_before import GRU_RESET_BEFORE
from textrnn.cells.plain import plain
from textrnn.cells.table import CELLS

CONFIGS = int(os.environ.get("TEXTRNN_CONFIGS", "50"))
KINDS: dict[str, Cell] = {**{"-".join(kind): cell for kind, cell in CELLS.items()}, "reset-before": GRU_RESET_BEFORE}
cells = pytest.mark.parametrize("cell", KINDS.values(), ids=KINDS)


class Case(NamedTuple):
    """Parameters, inputs, first state; and the gradient of a loss by the outputs and by the final state."""

    p: CellParameters
    x: np.ndarray
    state: State
    dy: np.ndarray
    d_state: State


def cases(cell: Cell, count: int) -> Iterator[Case]:
    rng = np.random.default_rng(1986)
    for _ in range(count):
        rows, steps, inputs, units = (int(size) for size in rng.integers(1, 9, 4))
        gates = len(cell.gates) * units
        # a relu with large weights grows by powers, and its gradients with it
        spread = rng.choice([0.1, 0.3, 0.5] if cell is CELLS["rnn", "relu"] else [0.1, 0.5, 1.0])
        sizes = {"weight_ih": (gates, inputs), "weight_hh": (gates, units), "bias_ih": (gates,), "bias_hh": (gates,)}
        yield Case(
            CellParameters(**{name: rng.normal(0, spread, shape) for name, shape in sizes.items()}),
            rng.normal(0, 1, (rows, steps, inputs)),
            tuple(rng.normal(0, 1, (rows, units)) for _ in cell.parts),
            rng.normal(0, 1, (rows, steps, units)),
            tuple(rng.normal(0, 1, (rows, units)) for _ in cell.parts),
        )


def by_hand(cell: Cell, case: Case, **how: Any) -> list[np.ndarray]:
    """Gradients by the parameters, the inputs and the first state."""
    _, _, tape = forward(cell, case.p, case.x, case.state)
    gradients, dx, d_state = backward(cell, case.p, tape, case.dy, case.d_state, **how)
    return [*gradients, dx, *d_state]


def leaves(case: Case) -> tuple[CellParameters, torch.Tensor, State]:
    def leaf(array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array, requires_grad=True)

    return CellParameters(*map(leaf, case.p)), leaf(case.x), tuple(map(leaf, case.state))


def loss(case: Case, y: torch.Tensor, state: State) -> Any:
    """The loss whose gradients by outputs and final state are those of the case."""
    pairs = zip([y, *state], [case.dy, *case.d_state], strict=True)
    return sum((ours * torch.tensor(weight)).sum() for ours, weight in pairs)


def by_autograd(cell: Cell, case: Case) -> list[np.ndarray]:
    p, x, state = leaves(case)
    total = loss(case, *plain(cell, p, x, state))
    return [found.numpy() for found in torch.autograd.grad(total, [*p, x, *state])]


def close(found: list[np.ndarray], expected: list[np.ndarray], tolerance: float = 1e-10) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@cells
def test_gradients_are_those_of_autograd(cell: Cell) -> None:
    for case in cases(cell, CONFIGS):
        close(by_hand(cell, case), by_autograd(cell, case))


LAYERS: dict[str, Any] = {
    "rnn-tanh": lambda inputs, units: torch.nn.RNN(inputs, units, nonlinearity="tanh", batch_first=True),
    "rnn-relu": lambda inputs, units: torch.nn.RNN(inputs, units, nonlinearity="relu", batch_first=True),
    "lstm-tanh": lambda inputs, units: torch.nn.LSTM(inputs, units, batch_first=True),
    "gru-tanh": lambda inputs, units: torch.nn.GRU(inputs, units, batch_first=True),
}


@pytest.mark.parametrize("kind", CELLS, ids="-".join)
def test_gradients_are_those_of_torchs_own_layers(kind: tuple[str, str]) -> None:
    """Layers that know nothing of our equations: a mistake in the way forwards could not hide."""
    cell = CELLS[kind]
    for case in cases(cell, CONFIGS):
        layer = LAYERS["-".join(kind)](case.x.shape[-1], case.p.weight_hh.shape[-1]).double()
        layer.load_state_dict({f"{name}_l0": torch.tensor(array) for name, array in case.p._asdict().items()})
        _, x, state = leaves(case)
        parts = tuple(part[None] for part in state)
        y, after = layer(x, parts if len(parts) > 1 else parts[0])
        after = tuple(part[0] for part in (after if isinstance(after, tuple) else (after,)))
        named = dict(layer.named_parameters())
        weights = [named[f"{name}_l0"] for name in case.p._fields]
        expected = torch.autograd.grad(loss(case, y, after), [*weights, x, *state])
        close(by_hand(cell, case), [found.numpy() for found in expected])


@cells
def test_the_way_forwards_is_the_definition(cell: Cell) -> None:
    for case in cases(cell, CONFIGS):
        y, after, tape = forward(cell, case.p, case.x, case.state)
        expected, expected_after = plain(cell, case.p, case.x, case.state)
        close([y, *after], [expected, *expected_after], 1e-12)
        close([tape.before[0][..., 1:, :]], [y[..., :-1, :]], 0)


@cells
def test_gradients_are_differences(cell: Cell) -> None:
    """The check that every course teaches, in NumPy alone: central differences by every single number."""
    for case in cases(cell, 3):
        flat = [*case.p, case.x, *case.state]

        def value(cell: Cell = cell, case: Case = case) -> float:
            y, after = plain(cell, case.p, case.x, case.state)
            weighted = zip([y, *after], [case.dy, *case.d_state], strict=True)
            return sum(float((ours * weight).sum()) for ours, weight in weighted)

        for array, gradient in zip(flat, by_hand(cell, case), strict=True):
            for place in np.ndindex(array.shape):
                kept, values = array[place], []
                for by in (1e-6, -1e-6):
                    array[place] = kept + by
                    values.append(value())
                array[place] = kept
                assert gradient[place] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5, abs=1e-6)


@cells
def test_torch_tensors_give_what_numpy_gives(cell: Cell) -> None:
    for case in cases(cell, 10):
        for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-3)):
            as_tensors = [torch.from_numpy(part).to(dtype) for part in (*case.p, case.x, case.dy)]
            *p, x, dy = as_tensors
            state, d_state = (
                tuple(torch.from_numpy(part).to(dtype) for part in parts) for parts in (case.state, case.d_state)
            )
            _, _, tape = forward(cell, CellParameters(*p), x, state)
            gradients, dx, d_first = backward(cell, CellParameters(*p), tape, dy, d_state)
            found = [*gradients, dx, *d_first]
            assert all(part.dtype == dtype for part in found)
            close([part.numpy() for part in found], by_hand(cell, case), tolerance)


@cells
def test_leading_axes_are_rows(cell: Cell) -> None:
    """No axis before time, or two: gradients by the weights are sums over rows, all others stay with their row."""
    (case,) = cases(cell, 1)
    whole = by_hand(cell, case)
    nested = Case(
        case.p, case.x[:, None], tuple(s[:, None] for s in case.state), case.dy[:, None],
        tuple(s[:, None] for s in case.d_state),
    )  # fmt: skip
    found = by_hand(cell, nested)
    close([*found[:4], *(part[:, 0] for part in found[4:])], whole, 1e-12)
    alone = [
        by_hand(
            cell,
            Case(case.p, case.x[r], tuple(s[r] for s in case.state), case.dy[r], tuple(s[r] for s in case.d_state)),
        )
        for r in range(len(case.x))
    ]
    sums = [np.sum([one[i] for one in alone], axis=0) for i in range(4)]
    rows = [np.stack([one[i] for one in alone]) for i in range(4, len(whole))]
    close([*sums, *rows], whole, 1e-12)


@cells
def test_inputs_that_come_multiplied(cell: Cell) -> None:
    """Their gradient is that by the products, from which those by weights and inputs follow."""
    for case in cases(cell, 5):
        fused = case.p._replace(weight_ih=None, bias_ih=None)
        _, _, tape = forward(cell, fused, project(case.p, case.x), case.state)
        gradients, d_projected, d_first = backward(cell, fused, tape, case.dy, case.d_state)
        assert gradients.weight_ih is None and gradients.bias_ih is None
        flat = d_projected.reshape(-1, d_projected.shape[-1])
        made = [flat.T @ case.x.reshape(len(flat), -1), gradients.weight_hh, flat.sum(axis=0), gradients.bias_hh]
        assert case.p.weight_ih is not None
        close([*made, d_projected @ case.p.weight_ih, *d_first], by_hand(cell, case), 1e-12)


@cells
def test_a_loss_at_the_last_step(cell: Cell) -> None:
    """It comes in by the final state alone, or as outputs of which all others count nothing."""
    for case in cases(cell, 5):
        d_last = (case.dy[:, -1], *(np.zeros_like(part) for part in case.d_state[1:]))
        _, _, tape = forward(cell, case.p, case.x, case.state)
        gradients, dx, d_first = backward(cell, case.p, tape, None, d_last)
        zeros = np.zeros_like(case.dy)
        zeros[:, -1] = case.dy[:, -1]
        nothing = tuple(np.zeros_like(part) for part in case.d_state)
        close([*gradients, dx, *d_first], by_hand(cell, case._replace(dy=zeros, d_state=nothing)), 1e-12)


@cells
@pytest.mark.parametrize("window", [1, 2, 3, 7, 8, 100])
def test_windows_cut_the_gradient_and_not_the_state(cell: Cell, window: int) -> None:
    """Truncated BPTT is each window on its own, from the state the one before it left; longer than all it is BPTT."""
    for case in cases(cell, 8):
        found = by_hand(cell, case, window=window)
        steps, state = case.x.shape[1], case.state
        pieces = []
        for start in range(0, steps, window):
            part = slice(start, start + window)
            _, after, tape = forward(cell, case.p, case.x[:, part], state)
            last = case.d_state if start + window >= steps else None
            pieces.append(backward(cell, case.p, tape, case.dy[:, part], last))
            state = after
        expected = [np.sum(gradients, axis=0) for gradients in zip(*(piece[0] for piece in pieces), strict=True)]
        close(found, [*expected, np.concatenate([piece[1] for piece in pieces], axis=1), *pieces[0][2]], 1e-12)
        is_full = all(np.allclose(a, b, rtol=1e-12) for a, b in zip(found, by_hand(cell, case), strict=True))
        # where units of a relu are off, there is nothing to cut
        assert is_full == (window >= steps) or (is_full and cell is CELLS["rnn", "relu"])


def test_at_zero_relu_has_the_slope_that_torch_gives_it() -> None:
    cell = CELLS["rnn", "relu"]
    p = CellParameters(np.zeros((2, 1)), np.ones((2, 2)), np.zeros(2), np.zeros(2))
    case = Case(p, np.ones((1, 3, 1)), (np.zeros((1, 2)),), np.ones((1, 3, 2)), (np.ones((1, 2)),))
    layer = torch.nn.RNN(1, 2, nonlinearity="relu", batch_first=True).double()
    layer.load_state_dict({f"{name}_l0": torch.tensor(array) for name, array in p._asdict().items()})
    layer(torch.tensor(case.x))[0].sum().backward()
    assert not any(gradient.any() for gradient in by_hand(cell, case))
    assert not any(bool(weight.grad.any()) for weight in layer.parameters())


@cells
def test_nan_is_never_hidden(cell: Cell) -> None:
    for case in cases(cell, 5):
        case.x[0, -1] = np.nan
        assert np.isnan(by_hand(cell, case)[0]).any()


@cells
def test_nothing_that_is_handed_in_is_changed(cell: Cell) -> None:
    (case,) = cases(cell, 1)
    arrays = [*case.p, case.x, *case.state, case.dy, *case.d_state]
    for array in arrays:
        array.flags.writeable = False
    close(by_hand(cell, case), by_hand(cell, case), 0)


@pytest.mark.parametrize("name", ["lstm-tanh", "gru-tanh", "reset-before"])
def test_swapped_gates_are_seen(name: str) -> None:
    """The comparison has the power to see gradients of two gates in the other order."""
    cell = KINDS[name]
    for case in cases(cell, 10):
        found, expected = by_hand(cell, case), by_autograd(cell, case)
        blocks = np.split(found[0], len(cell.gates))
        found[0] = np.concatenate([blocks[1], blocks[0], *blocks[2:]])
        with pytest.raises(AssertionError):
            close(found, expected)


@cells
def test_a_cell_with_a_mistake_in_its_way_back_is_not_let_in(cell: Cell) -> None:
    """Were it in the table: one that loses a hundred-millionth of what goes back through time is seen."""

    def leaking(xp: Any, p: CellParameters, state: State, saved: Any, d_after: State) -> Any:
        back = cell.backward(xp, p, state, saved, d_after)
        return back._replace(state=tuple(part * (1 - 1e-8) for part in back.state))

    with pytest.raises(AssertionError):
        test_gradients_are_those_of_autograd(cell._replace(backward=leaking))

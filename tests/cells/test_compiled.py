"""The compiled form is let in by what holds it equal to `plain`: every cell, any shape, the same bits every time."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.compiled import NUMBERS, compiled, number_of
from textrnn.cells.plain import plain
from textrnn.cells.table import CELLS

kinds = pytest.mark.parametrize("kind", CELLS, ids="-".join)


def case(cell: Cell, size: int, leading: tuple[int, ...], *, seed: int = 0) -> tuple[CellParameters, np.ndarray, State]:
    rng = np.random.default_rng(seed)
    gates = len(cell.gates) * size
    shapes = (gates, 9), (gates, size), (gates,), (gates,)
    # the vanilla cells, the unbounded one above all, neither grow nor amplify a rounding
    p = CellParameters(*(rng.normal(0, 0.7 / np.sqrt(shape[-1]), shape).astype(np.float32) for shape in shapes))
    x = rng.normal(0, 1, (*leading, 30, 9)).astype(np.float32)
    return p, x, tuple(rng.normal(0, 1, (*leading, size)).astype(np.float32) for _ in cell.parts)


def test_every_cell_has_a_number_of_its_own() -> None:
    assert [number_of(cell) for cell in CELLS.values()] == [NUMBERS[kind] for kind in CELLS] == [*range(len(CELLS))]


@kinds
@pytest.mark.parametrize(("size", "leading"), [(1, (1,)), (7, (2, 3)), (8, ()), (33, (2, 1)), (64, (4,))])
def test_it_is_the_plain_form_up_to_rounding(kind: tuple[str, str], size: int, leading: tuple[int, ...]) -> None:
    pytest.importorskip("numba")
    cell = CELLS[kind]
    p, x, state = case(cell, size, leading)
    kept = [part.copy() for part in state]
    outputs, after = compiled(cell, p, x, state)
    expected, expected_after = plain(cell, p, x, state)
    assert outputs.dtype == np.float32 and outputs.shape == expected.shape
    for found, by_plain in zip((outputs, *after), (expected, *expected_after), strict=True):
        np.testing.assert_allclose(found, by_plain, rtol=1e-5, atol=3e-6)
    assert all(map(np.array_equal, kept, state)), "a state is a value"


@kinds
def test_other_parameters_are_seen(kind: tuple[str, str]) -> None:
    """The comparison would see a single wrong bias, and each gate in the place of another."""
    pytest.importorskip("numba")
    cell = CELLS[kind]
    p, x, state = case(cell, 7, (2,))
    expected, _ = plain(cell, p, x, state)
    for place in range(0, len(p.bias_hh), 7):
        bias = p.bias_hh.copy()
        bias[place] += 0.01
        assert not np.allclose(compiled(cell, p._replace(bias_hh=bias), x, state)[0], expected, rtol=1e-5, atol=3e-6)


@kinds
def test_inputs_that_come_multiplied_and_rows_alone_give_the_same_bits(kind: tuple[str, str]) -> None:
    pytest.importorskip("numba")
    cell = CELLS[kind]
    p, x, state = case(cell, 12, (3,))
    together, _ = compiled(cell, p, x, state)
    for row in range(3):
        alone, _ = compiled(cell, p, x[row : row + 1], tuple(part[row : row + 1] for part in state))
        assert np.array_equal(alone[0], together[row])
    projected = x @ p.weight_ih.T + p.bias_ih
    multiplied, _ = compiled(cell, p._replace(weight_ih=None, bias_ih=None), projected, state)
    assert np.array_equal(multiplied, together)


@kinds
def test_nan_is_never_hidden(kind: tuple[str, str]) -> None:
    pytest.importorskip("numba")
    cell = CELLS[kind]
    p, x, state = case(cell, 12, (1,))
    x[0, 5, 0] = np.nan
    outputs, after = compiled(cell, p, x, state)
    assert np.isfinite(outputs[0, :5]).all() and np.isnan(outputs[0, 5:]).all() and np.isnan(after[0]).all()

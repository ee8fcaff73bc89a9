"""The GRU in its conventions, held to unit-by-unit loops over the papers' formulas; and weights from one to another."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from textrnn.cells.cell import Cell, CellParameters
from textrnn.cells.gru import GRU
from textrnn.cells.gru_conventions import to_reset_after, to_reset_before, with_other_update_gate
from textrnn.cells.gru_reset_before import GRU_RESET_BEFORE
from textrnn.cells.plain import plain
from textrnn.errors import UserError

EXACT = {"rtol": 1e-12, "atol": 1e-12}
SIZE = 4


def weights(seed: int, inputs: int = 3) -> CellParameters:
    rng = np.random.default_rng(seed)
    sizes = [(3 * SIZE, inputs), (3 * SIZE, SIZE), (3 * SIZE,), (3 * SIZE,)]
    return CellParameters(*(rng.normal(0, 0.8, size) for size in sizes))


def with_mixing(p: CellParameters, mixing: np.ndarray, b_hn: np.ndarray | float = 0.0) -> CellParameters:
    """The same weights but for W_hn and b_hn."""
    whole, bias = p.weight_hh.copy(), p.bias_hh.copy()
    whole[2 * SIZE :], bias[2 * SIZE :] = mixing, b_hn
    return p._replace(weight_hh=whole, bias_hh=bias)


def run(cell: Cell, p: CellParameters) -> np.ndarray:
    rng = np.random.default_rng(99)
    state = (rng.normal(0, 1, (2, SIZE)),)
    y, _ = plain(cell, p, rng.normal(0, 1, (2, 6, 3)), state)
    return np.asarray(y)


def by_loops(p: CellParameters, *, is_reset_before: bool, z_keeps: bool) -> np.ndarray:
    """The formulas number by number: no array operation, no shared line with what is tested."""
    rng = np.random.default_rng(99)
    states, xs = rng.normal(0, 1, (2, SIZE)).tolist(), rng.normal(0, 1, (2, 6, 3)).tolist()
    w_ih, w_hh, b_ih, b_hh = (array.tolist() for array in p)

    def dot(a: list[float], b: list[float]) -> float:
        return sum(x * y for x, y in zip(a, b, strict=True))

    def sigmoid(a: float) -> float:
        return 1 / (1 + math.exp(-a))

    outputs = []
    for h, sequence in zip(states, xs, strict=True):
        row = []
        for x in sequence:
            a = [dot(w_ih[k], x) + b_ih[k] + dot(w_hh[k], h) + b_hh[k] for k in range(2 * SIZE)]
            r, z = [sigmoid(v) for v in a[:SIZE]], [sigmoid(v) for v in a[SIZE:]]
            new = []
            for i in range(SIZE):
                k = 2 * SIZE + i
                if is_reset_before:
                    inner = dot(w_hh[k], [r[j] * h[j] for j in range(SIZE)]) + b_hh[k]
                else:
                    inner = r[i] * (dot(w_hh[k], h) + b_hh[k])
                n = math.tanh(dot(w_ih[k], x) + b_ih[k] + inner)
                new.append(z[i] * h[i] + (1 - z[i]) * n if z_keeps else (1 - z[i]) * h[i] + z[i] * n)
            h = new
            row.append(h)
        outputs.append(row)
    return np.array(outputs)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("cell", "is_before"), [(GRU, False), (GRU_RESET_BEFORE, True)], ids=["after", "before"])
def test_the_reset_stands_where_it_is_said_to(cell: Cell, is_before: bool, seed: int) -> None:
    p = weights(seed)
    np.testing.assert_allclose(run(cell, p), by_loops(p, is_reset_before=is_before, z_keeps=True), **EXACT)
    assert not np.allclose(run(cell, p), by_loops(p, is_reset_before=not is_before, z_keeps=True))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("cell", "is_before"), [(GRU, False), (GRU_RESET_BEFORE, True)], ids=["after", "before"])
def test_the_other_reading_of_z_is_a_change_of_sign(cell: Cell, is_before: bool, seed: int) -> None:
    """Weights that were trained with z letting in the new run here as they ran there."""
    p = weights(seed)
    theirs = by_loops(p, is_reset_before=is_before, z_keeps=False)
    np.testing.assert_allclose(run(cell, with_other_update_gate(p)), theirs, **EXACT)
    assert not np.allclose(run(cell, p), theirs)
    back = with_other_update_gate(with_other_update_gate(p))
    assert all(np.array_equal(ours, own) for ours, own in zip(back, p, strict=True))


MIXING = {
    "diagonal": np.diag([0.5, -1.0, 0.0, 2.0]),
    "each reads one other": np.array([[0, 2.0, 0, 0], [0, 0, 0, -1.0], [0.5, 0, 0, 0], [0, 0, 0, 0]]),
    "nothing": np.zeros((SIZE, SIZE)),
}


@pytest.mark.parametrize("mixing", MIXING.values(), ids=MIXING)
def test_where_one_unit_reads_one_the_reset_may_move(mixing: np.ndarray) -> None:
    after = with_mixing(weights(1), mixing)
    np.testing.assert_allclose(run(GRU_RESET_BEFORE, to_reset_before(after)), run(GRU, after), **EXACT)
    before = with_mixing(weights(2), mixing, np.array([0.3, -0.2, 0.1, 0.7]))
    np.testing.assert_allclose(run(GRU, to_reset_after(before)), run(GRU_RESET_BEFORE, before), **EXACT)


def test_where_all_units_share_a_reset_gate_it_may_move() -> None:
    p = with_mixing(weights(3), np.random.default_rng(0).normal(0, 1, (SIZE, SIZE)))
    shared = CellParameters(*(np.concatenate([np.repeat(array[:1], SIZE, axis=0), array[SIZE:]]) for array in p))
    np.testing.assert_allclose(run(GRU_RESET_BEFORE, to_reset_before(shared)), run(GRU, shared), **EXACT)
    np.testing.assert_allclose(run(GRU, to_reset_after(shared)), run(GRU_RESET_BEFORE, shared), **EXACT)


def test_weights_without_a_counterpart_are_refused() -> None:
    p = weights(4)
    with pytest.raises(UserError, match="different functions, as b_hn is not 0 in these GRU weights"):
        to_reset_before(p)
    with pytest.raises(UserError, match="different reset gates in these GRU weights"):
        to_reset_before(with_mixing(p, p.weight_hh[2 * SIZE :]))
    with pytest.raises(UserError, match="different reset gates in these GRU weights"):
        to_reset_after(p)


def test_the_mappings_take_torch_tensors() -> None:
    p = with_mixing(weights(5), MIXING["each reads one other"])
    for mapping in (with_other_update_gate, to_reset_before, to_reset_after):
        theirs = mapping(CellParameters(*map(torch.from_numpy, p)))
        for found, expected in zip(theirs, mapping(p), strict=True):
            np.testing.assert_array_equal(found.numpy(), expected)

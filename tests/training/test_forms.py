"""The contract of every form of the loop over time: equal to `plain`, in values and in gradients.

A form that is new enters FORMS by one row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.gru import GRU
from textrnn.cells.jit import has_numba
from textrnn.cells.lstm import LSTM
from textrnn.cells.plain import Form, plain
from textrnn.cells.table import CELLS
from textrnn.training import forms as forms_module
from textrnn.training.forms import fastest, native, rounded
from textrnn.training.fused import fused
from textrnn.training.kernels import KERNELS

# name -> the form, and the cells that it has
FORMS: dict[str, tuple[Form, Collection[Cell]]] = {"native": (native, CELLS.values())}
if has_numba():
    FORMS["fused"] = (fused, KERNELS)
forms = pytest.mark.parametrize(
    ("form", "cell"),
    [
        pytest.param(form, cell, id="-".join([name, *kind]))
        for name, (form, its) in FORMS.items()
        for kind, cell in CELLS.items()
        if cell in its
    ],
)


class Case(NamedTuple):
    p: CellParameters
    x: Tensor
    state: State

    def leaves(self) -> list[Tensor]:
        return [*self.p, self.x, *self.state]


def cases(cell: Cell, count: int, dtype: torch.dtype = torch.float64) -> Iterator[Case]:
    rng = np.random.default_rng(1990)

    def leaf(*shape: int) -> Tensor:
        return torch.from_numpy(rng.normal(0, 0.5, shape)).to(dtype).requires_grad_(True)

    for _ in range(count):
        rows, steps, inputs, units = (int(size) for size in rng.integers(1, 9, 4))
        gates = len(cell.gates)
        p = CellParameters(
            leaf(gates * units, inputs), leaf(gates * units, units), leaf(gates * units), leaf(gates * units)
        )
        yield Case(p, leaf(rows, steps, inputs), tuple(leaf(rows, units) for _ in cell.parts))


def outcome(form: Form, cell: Cell, case: Case) -> list[Tensor]:
    y, state = form(cell, case.p, case.x, case.state)
    return [y, *state]


def gradients(form: Form, cell: Cell, case: Case) -> tuple[Tensor, ...]:
    """Gradients of a sum in which every output and every part of the final state has a weight of its own."""
    found = outcome(form, cell, case)
    weights = [torch.linspace(-1, 2, part.numel(), dtype=part.dtype).reshape(part.shape) for part in found]
    total = sum((part * weight).sum() for part, weight in zip(found, weights, strict=True))
    return torch.autograd.grad(total, case.leaves())  # type: ignore[arg-type]


@forms
def test_values_are_those_of_the_definition(form: Form, cell: Cell) -> None:
    for case in cases(cell, 10):
        for found, expected in zip(outcome(form, cell, case), outcome(plain, cell, case), strict=True):
            assert found.shape == expected.shape
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@forms
def test_values_are_the_same_without_gradients(form: Form, cell: Cell) -> None:
    (case,) = cases(cell, 1)
    with torch.no_grad():
        for found, expected in zip(outcome(form, cell, case), outcome(plain, cell, case), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@forms
def test_values_in_float32(form: Form, cell: Cell) -> None:
    for case in cases(cell, 10, torch.float32):
        for found, expected in zip(outcome(form, cell, case), outcome(plain, cell, case), strict=True):
            assert found.dtype == torch.float32
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@forms
def test_gradients_are_those_of_the_definition(form: Form, cell: Cell) -> None:
    for case in cases(cell, 10):
        for found, expected in zip(gradients(form, cell, case), gradients(plain, cell, case), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


@forms
def test_a_state_that_is_not_contiguous_is_read_as_well(form: Form, cell: Cell) -> None:
    for case in cases(cell, 5):
        turned = case._replace(state=tuple(part.T.contiguous().T for part in case.state))
        for found, expected in zip(outcome(form, cell, turned), outcome(plain, cell, case), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(not has_numba(), reason="the form needs numba")
@pytest.mark.parametrize("kind", CELLS, ids="-".join)
def test_rows_divided_among_threads_have_the_same_bits(kind: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    cell, gates = CELLS[kind], len(CELLS[kind].gates)
    drawn = torch.Generator().manual_seed(5)

    def leaf(*shape: int) -> Tensor:
        return torch.randn(shape, generator=drawn).mul_(0.5).requires_grad_(True)

    # more than a tile of rows, more than a panel of outputs, and neither a whole number of them
    p = CellParameters(leaf(gates * 70, 9), leaf(gates * 70, 70), leaf(gates * 70), leaf(gates * 70))
    case = Case(p, leaf(37, 5, 9), tuple(leaf(37, 70) for _ in cell.parts))
    found = []
    for threads in (1, 4):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        found.append([*outcome(fused, cell, case), *gradients(fused, cell, case)])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
    for own, wanted in zip(found[0], [*outcome(native, cell, case), *gradients(native, cell, case)], strict=True):
        torch.testing.assert_close(own, wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", [("lstm", "tanh"), ("gru", "tanh")], ids="-".join)
def test_the_contract_sees_swapped_gates(kind: tuple[str, str]) -> None:
    cell = CELLS[kind]

    def swapped(cell: Cell, p: CellParameters, x: Tensor, state: State) -> tuple[Tensor, State]:
        order = [1, 0, *range(2, len(cell.gates))]
        blocks = [torch.cat([array.chunk(len(order))[gate] for gate in order]) for array in p]
        return native(cell, CellParameters(*blocks), x, state)

    for check in (test_values_are_those_of_the_definition, test_gradients_are_those_of_the_definition):
        contract: Callable[..., None] = check
        with pytest.raises(AssertionError):
            contract(swapped, cell)


def test_without_numba_and_beside_the_cpu_the_layers_are_torchs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_there, device, form in ((True, "cpu", fused), (False, "cpu", native), (True, "cuda", native)):
        monkeypatch.setattr(forms_module, "loads_numba", lambda found=is_there: found)
        assert all(fastest(cell, torch.device(device)) is form for cell in CELLS.values())


def test_rounded_products_are_the_definition_to_eight_bits() -> None:
    for case in cases(LSTM, 20, torch.float32):
        for own, wanted in zip(outcome(rounded, LSTM, case), outcome(plain, LSTM, case), strict=True):
            assert own.dtype == torch.float32
            torch.testing.assert_close(own, wanted, rtol=0.03, atol=0.03)
        pairs = list(zip(gradients(rounded, LSTM, case), gradients(plain, LSTM, case), strict=True))
        assert any((own != wanted).any() for own, wanted in pairs)
        for own, wanted in pairs:
            assert own.dtype == torch.float32
            assert torch.linalg.vector_norm(own - wanted) <= 0.05 * torch.linalg.vector_norm(wanted) + 0.05


def test_products_are_rounded_where_it_is_asked_for_and_an_lstm_can() -> None:
    assert fastest(LSTM, torch.device("cpu"), "bf16") is rounded
    assert fastest(GRU, torch.device("cpu"), "bf16") is fastest(GRU, torch.device("cpu"))


def test_figures_are_those_of_exact_products() -> None:
    with torch.no_grad():
        for case in cases(LSTM, 5, torch.float32):
            for own, wanted in zip(outcome(rounded, LSTM, case), outcome(native, LSTM, case), strict=True):
                assert (own == wanted).all()

"""The contract of every form of the loop over time: equal to `plain`, in values and in gradients.

A form that is new enters FORMS by one row.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.gru import GRU
from textrnn.cells.jit import has_numba
from textrnn.cells.lstm import LSTM
from textrnn.cells.plain import Form, plain
from textrnn.cells.rnn import RELU
from textrnn.cells.table import CELLS
from textrnn.training import division
from textrnn.training import forms as forms_module
from textrnn.training.forms import fastest, has_rounded_products, native, rounded
from textrnn.training.fused import rounded as rounded_module
from textrnn.training.fused.kernels import KERNELS
from textrnn.training.fused.layer import fused, fused_rounded
from textrnn.training.fused.tiles import ROWS

# name -> the form, and the cells that it has
FORMS: dict[str, tuple[Form, Collection[Cell]]] = {"native": (native, CELLS.values())}
if has_numba():
    FORMS["fused"] = (fused, KERNELS)
needs_bfloat16 = pytest.mark.skipif(
    not (has_numba() and has_rounded_products()), reason="the form needs numba and a processor with bfloat16"
)
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
        return [leaf for leaf in (*self.p, self.x, *self.state) if leaf is not None]


def cases(cell: Cell, count: int, dtype: torch.dtype = torch.float64, *, more_rows: int = 0) -> Iterator[Case]:
    rng = np.random.default_rng(1990)

    def leaf(*shape: int) -> Tensor:
        return torch.from_numpy(rng.normal(0, 0.5, shape)).to(dtype).requires_grad_(True)

    for _ in range(count):
        rows, steps, inputs, units = (int(size) for size in rng.integers(1, 9, 4))
        gates, rows = len(cell.gates), rows + more_rows
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
def test_gradients_lie_apart(form: Form, cell: Cell) -> None:
    """They are added to and scaled in place: two in one memory would be scaled twice."""
    for case in cases(cell, 3):
        y, _ = form(cell, case.p, case.x, case.state)
        for _ in range(2):
            outcome(form, cell, case)[0].sum().backward()
        once = torch.autograd.grad(y.sum(), case.leaves())
        for leaf, wanted in zip(case.leaves(), once, strict=True):
            torch.testing.assert_close(leaf.grad, 2 * wanted, rtol=1e-10, atol=1e-12)


@forms
def test_a_state_that_is_not_contiguous_is_read_as_well(form: Form, cell: Cell) -> None:
    for case in cases(cell, 5):
        turned = case._replace(state=tuple(part.T.contiguous().T for part in case.state))
        for found, expected in zip(outcome(form, cell, turned), outcome(plain, cell, case), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(not has_numba(), reason="the form needs numba")
@pytest.mark.parametrize("kind", CELLS, ids="-".join)
@pytest.mark.parametrize(
    ("form", "tolerance"),
    [(fused, 1e-5), pytest.param(fused_rounded, 0.1, marks=needs_bfloat16)],
    ids=["exact", "rounded"],
)
def test_rows_divided_among_threads_have_the_same_bits(form: Form, tolerance: float, kind: tuple[str, str]) -> None:
    cell, gates = CELLS[kind], len(CELLS[kind].gates)
    drawn = torch.Generator().manual_seed(5)

    def leaf(*shape: int) -> Tensor:
        return torch.randn(shape, generator=drawn).mul_(0.5).requires_grad_(True)

    # more than a tile of rows, more than a panel of outputs, and neither a whole number of them
    p = CellParameters(leaf(gates * 70, 9), leaf(gates * 70, 70), leaf(gates * 70), leaf(gates * 70))
    case = Case(p, leaf(37, 5, 9), tuple(leaf(37, 70) for _ in cell.parts))
    found = []
    for threads in (1, 4):
        division.set_num_threads(threads)
        found.append([*outcome(form, cell, case), *gradients(form, cell, case)])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
    for own, wanted in zip(found[0], [*outcome(native, cell, case), *gradients(native, cell, case)], strict=True):
        assert torch.linalg.vector_norm(own - wanted) <= tolerance * torch.linalg.vector_norm(wanted)


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


ROUNDED = [
    pytest.param(rounded, LSTM, id="torchs own"),
    *(pytest.param(fused_rounded, cell, id="-".join(kind), marks=needs_bfloat16) for kind, cell in CELLS.items()),
]


@pytest.mark.parametrize(("form", "cell"), ROUNDED)
def test_rounded_products_are_the_definition_to_eight_bits(form: Form, cell: Cell) -> None:
    differ = 0
    for case in cases(cell, 20, torch.float32, more_rows=ROWS):
        for own, wanted in zip(outcome(form, cell, case), outcome(plain, cell, case), strict=True):
            assert own.dtype == torch.float32
            assert torch.linalg.vector_norm(own - wanted) <= 0.03 * torch.linalg.vector_norm(wanted)
        pairs = list(zip(gradients(form, cell, case), gradients(plain, cell, case), strict=True))
        differ += any((own != wanted).any() for own, wanted in pairs)
        # a ReLU whose input is next to nothing has a gradient or none
        allowed = 0.3 if cell is RELU else 0.05
        for own, wanted in pairs:
            assert own.dtype == torch.float32
            assert torch.linalg.vector_norm(own - wanted) <= allowed * torch.linalg.vector_norm(wanted) + 0.05
    # but where all units of a ReLU are off
    assert differ > 15


class Rounding(torch.autograd.Function):
    """A product x @ weight.T whose factors are rounded to bfloat16, forwards and back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        x, weight = x.bfloat16().float(), weight.bfloat16().float()
        ctx.save_for_backward(x, weight)
        return x @ weight.t()

    @staticmethod
    def backward(ctx: Any, *d: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        narrow = d[0].bfloat16().float()
        return narrow @ weight, narrow.flatten(0, -2).t() @ x.flatten(0, -2)


@needs_bfloat16
@pytest.mark.parametrize("is_projected", [False, True], ids=["inputs", "projected"])
def test_an_lstm_is_what_rounding_its_factors_makes_of_the_definition(
    is_projected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step by step in float32, to what float32 leaves: with exact functions nothing but factors is rounded."""
    monkeypatch.setattr(rounded_module, "_QUICK", ())
    generator = torch.Generator().manual_seed(7)

    def leaf(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).mul_(0.3).requires_grad_(True)

    units, inputs = 40, 160 if is_projected else 21
    weight_ih = None if is_projected else leaf(4 * units, inputs)
    case = Case(
        CellParameters(weight_ih, leaf(4 * units, units), None if is_projected else leaf(4 * units), leaf(4 * units)),
        leaf(35, 6, inputs), (leaf(35, units), leaf(35, units)),
    )  # fmt: skip

    def by_hand(cell: Cell, p: CellParameters, x: Tensor, state: State) -> tuple[Tensor, State]:
        (h, c), outputs = state, []
        for t in range(x.shape[1]):
            given = x[:, t] if p.weight_ih is None else Rounding.apply(x[:, t], p.weight_ih) + p.bias_ih
            i, f, g, o = (given + Rounding.apply(h, p.weight_hh) + p.bias_hh).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)

    for own, wanted in zip(outcome(fused_rounded, LSTM, case), outcome(by_hand, LSTM, case), strict=True):
        # a number between two of bfloat16 is now and then rounded to the other one
        torch.testing.assert_close(own, wanted, rtol=1e-3, atol=1e-3)
        assert (own - wanted).abs().median() < 2e-7
    for own, wanted in zip(gradients(fused_rounded, LSTM, case), gradients(by_hand, LSTM, case), strict=True):
        assert torch.linalg.vector_norm(own - wanted) <= 1e-3 * torch.linalg.vector_norm(wanted)


@pytest.mark.parametrize("kind", ["tiles", "dots"])
def test_products_are_rounded_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    cpu, is_compiled = torch.device("cpu"), has_numba()
    monkeypatch.setattr(forms_module.tiles, "are_known", lambda: kind == "tiles")
    monkeypatch.setattr(forms_module.dots, "are_known", lambda: True)
    monkeypatch.setattr(forms_module, "may_use_tiles", lambda: kind == "tiles")
    for has_products, of_lstm, of_gru in ((True, fused_rounded, fused_rounded), (False, rounded, fused)):
        monkeypatch.setattr(forms_module, "has_rounded_products", lambda found=has_products: found)
        assert fastest(LSTM, cpu, "bf16") is (of_lstm if is_compiled else rounded)
        assert fastest(GRU, cpu, "bf16") is (of_gru if is_compiled else native)
    assert fastest(LSTM, torch.device("cuda"), "bf16") is rounded


@pytest.fixture
def asked_anew() -> Iterator[Callable[[], None]]:
    """Forgets what was found out about the processor, now and at the end."""

    def forget() -> None:
        forms_module.may_use_tiles.cache_clear()
        has_rounded_products.cache_clear()

    yield forget
    forget()


def test_what_the_processor_has_is_asked_of_torch(
    asked_anew: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiles count where the process may use them; instructions for pairs need nobody's leave."""
    for may, has, wanted in (
        (True, {"amx_bf16": True}, True),
        (False, {"amx_bf16": True}, False),
        (False, {"amx_bf16": True, "avx512_bf16": True}, True),
        (True, {"avx512_bf16": True}, True),
        (True, {"avx512_f": True}, False),
    ):
        asked_anew()
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=has: found, raising=False)
        monkeypatch.setattr(torch.cpu, "_init_amx", lambda found=may: found, raising=False)
        assert has_rounded_products() is wanted


@needs_bfloat16
def test_few_rows_and_float64_are_not_rounded() -> None:
    for case in (*cases(GRU, 5, torch.float32), *cases(GRU, 5, torch.float64, more_rows=ROWS)):
        for own, wanted in zip(gradients(fused_rounded, GRU, case), gradients(fused, GRU, case), strict=True):
            assert torch.equal(own, wanted)


@needs_bfloat16
@pytest.mark.parametrize("cell", CELLS.values(), ids=map("-".join, CELLS))
def test_what_is_not_a_number_is_seen(cell: Cell) -> None:
    """Other NaNs than the usual one too, which whole numbers would carry over to zero."""
    for bits in (0x7FC00000, 0x7FFFFFFF, -1, 0x7F800001):
        nan = torch.tensor(bits, dtype=torch.int32).view(torch.float32)
        (case,) = cases(cell, 1, torch.float32, more_rows=ROWS)
        x = case.x.detach().clone()
        x[3, 0, 0] = nan
        y, _ = fused_rounded(cell, case.p, x, case.state)
        assert y[3].isnan().any() and not y[:3].isnan().any()


@pytest.mark.skipif(not has_numba(), reason="numba is what is asked")
def test_instructions_are_used_where_numba_compiles_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for some that it was told not to use, LLVM ends the process; so does the system for some not permitted."""
    monkeypatch.setattr(forms_module, "has_rounded_products", lambda: True)
    monkeypatch.setattr(forms_module, "may_use_tiles", lambda: False)
    for knows_tiles, knows_dots, form in ((False, False, fused), (True, True, fused), (False, True, fused_rounded)):
        monkeypatch.setattr(forms_module.tiles, "are_known", lambda found=knows_tiles: found)
        monkeypatch.setattr(forms_module.dots, "are_known", lambda found=knows_dots: found)
        assert fastest(GRU, torch.device("cpu"), "bf16") is form
    code = "from textrnn.training.fused import dots, tiles; print(tiles.are_known(), dots.are_known())"
    told = {**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    found = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"


@pytest.mark.parametrize(("form", "cell"), ROUNDED)
def test_figures_are_those_of_exact_products(form: Form, cell: Cell) -> None:
    exact = native if form is rounded else fused
    with torch.no_grad():
        for case in cases(cell, 5, torch.float32):
            for own, wanted in zip(outcome(form, cell, case), outcome(exact, cell, case), strict=True):
                assert (own == wanted).all()

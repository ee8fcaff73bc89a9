"""A packed matrix and its product: the layout, the same bits for any number of rows, any processor's instructions."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest

from textrnn.cells import host as host_module
from textrnn.cells import product as product_module
from textrnn.cells.digits import Digits, digits_of, new_digits
from textrnn.cells.host import Host, host_of
from textrnn.cells.packed import Matrix, aligned, multiply, pack

Product = Callable[[Matrix, np.ndarray], np.ndarray]
# what every processor can be told to do; the last has neither the width nor the instruction of any real one
HOSTS = [Host(16, 32, None), Host(8, 16, None), Host(4, 16, None), Host(2, 32, None)]
kinds = pytest.mark.parametrize("kind", ["fp32", "int8"])


def product_by(function: Callable[..., None]) -> Product:
    def product(matrix: Matrix, x: np.ndarray) -> np.ndarray:
        out = np.full((len(x), matrix.bias.size + 1), np.nan, np.float32)
        function(out, matrix, x, new_digits(len(x), x.shape[1]))
        assert np.isnan(out[:, -1]).all(), "nothing beyond the last panel is written"
        return out[:, :-1]

    return product


@cache
def written_for(host: Host) -> Product:
    """Return the compiled product as it is written for a host, which need not be this one."""
    numba = pytest.importorskip("numba")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(product_module, "host", lambda: host)
        emitted = product_module.emit_product()
    names = {**globals(), "multiply": emitted}
    return product_by(numba.njit(FunctionType(multiply_once.__code__, names, "multiply_once")))


def multiply_once(out: np.ndarray, matrix: Matrix, x: np.ndarray, digits: Digits) -> None:
    multiply(out, matrix, x, digits)


def case(kind: str, outputs: int, inputs: int, width: int, rows: int = 13) -> tuple[Matrix, np.ndarray, np.ndarray]:
    """Return a packed matrix, rows with something behind them that is no input, and the product in float64."""
    rng = np.random.default_rng(inputs)
    weight, scales = rng.normal(size=(outputs, inputs)).astype(np.float32), np.ones(outputs, np.float32)
    if kind == "int8":
        weight = rng.integers(-127, 128, weight.shape).astype(np.int8)
        scales = rng.uniform(0.001, 0.01, outputs).astype(np.float32)
    bias, x = rng.normal(size=outputs).astype(np.float32), rng.normal(size=(rows, inputs + 3)).astype(np.float32)
    x[:, inputs:] = np.nan
    exact = x[:, :inputs].astype(np.float64) @ (weight.T * scales.astype(np.float64)) + bias
    return pack(weight, scales if kind == "int8" else None, bias, width), x, exact


@kinds
@pytest.mark.parametrize("inputs", [1, 2, 7, 8, 33])
def test_the_definition_is_the_product(kind: str, inputs: int) -> None:
    matrix, x, exact = case(kind, 11, inputs, 8)
    assert matrix.panels.shape == (2, inputs + inputs % 2 * (kind == "int8"), 8) and matrix.inputs == inputs
    found = product_by(multiply)(matrix, x)
    np.testing.assert_allclose(found[:, :11], exact, rtol=1e-6, atol=1e-5)
    assert not found[:, 11:].any()


def test_a_panel_holds_its_outputs_input_after_input_and_in_int8_pair_after_pair() -> None:
    weight = np.arange(12).reshape(4, 3)
    plain = pack(weight.astype(np.float32), None, None, 2).panels
    assert plain.tolist() == [[[0, 3], [1, 4], [2, 5]], [[6, 9], [7, 10], [8, 11]]]
    pairs = pack(weight.astype(np.int8), None, None, 2).panels
    assert pairs.reshape(2, 2, 4).tolist() == [[[0, 1, 3, 4], [2, 0, 5, 0]], [[6, 7, 9, 10], [8, 0, 11, 0]]]


@kinds
@pytest.mark.parametrize("host", HOSTS, ids=str)
def test_the_instructions_for_any_host_give_the_product_and_the_same_bits_for_any_number_of_rows(
    kind: str, host: Host
) -> None:
    product = written_for(host)
    for outputs, inputs in ((5, 1), (70, 7), (300, 32)):
        matrix, x, exact = case(kind, outputs, inputs, host.width)
        together = product(matrix, x)
        np.testing.assert_allclose(together[:, :outputs], exact, rtol=1e-5, atol=1e-5)
        for rows in (1, 2, 3, 4, 5, 6, 7):
            assert np.array_equal(product(matrix, x[13 - rows :]), together[13 - rows :])
        assert np.array_equal(product(matrix, np.repeat(x, 2, axis=0)[::2]), together)


@kinds
def test_what_this_processor_does_is_what_any_other_would(kind: str) -> None:
    """To the bit: in int8 with the instruction for pairs and without, in float32 because each sum has its order."""
    pytest.importorskip("numba")
    found = []
    for host in (host_module.host(), *HOSTS):
        matrix, x, _ = case(kind, 100, 64, host.width)
        found.append(written_for(host)(matrix, x)[:, :100])
    assert all(np.array_equal(one, found[0]) for one in found)


def test_digits_say_a_row_to_the_last_bit_that_float32_has_of_its_largest() -> None:
    rng = np.random.default_rng(0)
    for inputs in (1, 3, 512, 5000):
        x = (rng.normal(size=(4, inputs)) * [[1e-20], [1], [1e3], [1e20]]).astype(np.float32)
        digits = new_digits(4, inputs)
        digits_of(x, inputs, inputs, *digits)
        said = (digits.whole[:, :, :inputs] * digits.steps[:, :, None].astype(np.float64)).sum(1)
        error = np.abs(said - x).max(1) / np.abs(x).max(1)
        assert (error < 3e-7).all(), error
        assert np.abs(digits.whole.astype(np.int64)).max() * 127 * inputs < 2**31


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_is_not_lost_in_whole_numbers_and_zeros_are_zeros(bad: float) -> None:
    pytest.importorskip("numba")
    host = host_module.host()
    matrix, x, _ = case("int8", 5, 9, host.width, rows=3)
    x[0, 4], x[1] = bad, 0
    for product in (product_by(multiply), written_for(host)):
        found = product(matrix, x)[:, :5]
        assert not np.isfinite(found[0]).any()
        assert np.array_equal(found[1], matrix.bias[:5]) and np.isfinite(found[2]).all()


def test_every_known_machine_has_its_width() -> None:
    assert host_of("x86_64", "+avx512f,+avx512bw,+avx2,+avx,+sse2") == Host(16, 32, "llvm.x86.avx512.pmaddw.d.512")
    assert host_of("x86_64", "+avx2,+avx,-avx512f,+sse2") == Host(8, 16, "llvm.x86.avx2.pmadd.wd")
    assert host_of("x86_64", "-avx2,-avx,+sse2") == Host(4, 16, "llvm.x86.sse2.pmadd.wd")
    assert host_of("aarch64", "+neon") == host_of("arm64", "+neon") == Host(4, 32, None)
    assert host_of("riscv64", "") == Host(4, 16, None) and Host(8, 16, None).width == 32


OTHER = """
import numpy as np
from textrnn.cells.compiled import compiled
from textrnn.cells.host import host
from textrnn.cells.plain import plain
from textrnn.cells.cell import CellParameters
from textrnn.cells.table import CELLS
cell, rng = CELLS["lstm", "tanh"], np.random.default_rng(0)
p = CellParameters(*(rng.normal(0, 0.3, shape).astype(np.float32) for shape in ((80, 9), (80, 20), (80,), (80,))))
x, state = rng.normal(size=(3, 9, 9)).astype(np.float32), (np.zeros((3, 20), np.float32),) * 2
np.testing.assert_allclose(compiled(cell, p, x, state)[0], plain(cell, p, x, state)[0], rtol=1e-5, atol=3e-6)
print(host().lanes)
"""


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="features of x86")
def test_numba_can_be_told_to_compile_for_less(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    told = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "+sse2", "NUMBA_CACHE_DIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", OTHER], env={**os.environ, **told}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0 and ran.stdout == "4\n", ran.stderr


def test_an_aligned_copy_begins_where_vectors_may() -> None:
    for size in (1, 7, 1000):
        copied = aligned(np.arange(size, dtype=np.float32))
        assert copied.ctypes.data % 64 == 0 and copied.tolist() == [*range(size)]

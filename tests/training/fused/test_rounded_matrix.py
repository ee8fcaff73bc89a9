"""Products of bfloat16 numbers: the definition by torch's, the compiled form by the definition."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from textrnn.cells.jit import jit
from textrnn.training.forms import has_rounded_products
from textrnn.training.fused.rounded_matrix import (
    INPUTS,
    ROWS,
    RoundedMatrix,
    multiply,
    pack,
    pack_turned,
    round_rows,
    tile_rows,
    turn_rows,
    whole,
    widened,
)

pytest.importorskip("numba")
needs_bfloat16 = pytest.mark.skipif(not has_rounded_products(), reason="the product needs a processor with bfloat16")
# rows, inputs, outputs: a tile, several, and no whole number of them
SIZES = [(32, 32, 32), (64, 9, 70), (96, 100, 33), (16, 257, 128)]


def called(out: np.ndarray, matrix: RoundedMatrix, x: np.ndarray) -> None:
    """Call the product from compiled code, for nothing else can."""
    multiply(out, matrix, x)


called.__module__ = multiply.__module__


def bits_of(x: torch.Tensor) -> np.ndarray:
    found = torch.zeros((whole(x.shape[0]), whole(x.shape[1])), dtype=torch.bfloat16)
    found[: x.shape[0], : x.shape[1]] = x
    bits: np.ndarray = found.view(torch.int16).numpy()
    return bits


def drawn(rows: int, inputs: int, outputs: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(rows + inputs + outputs)
    return tuple(torch.randn(shape, generator=generator) for shape in ((rows, inputs), (outputs, inputs), (outputs,)))  # type: ignore[return-value]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_definition_is_the_product_of_rounded_factors(size: tuple[int, int, int]) -> None:
    x, weight, bias = drawn(*size)
    matrix = pack(weight.numpy(), bias.numpy())
    out = np.empty((whole(len(x)), len(matrix.bias)), np.float32)
    multiply(out, matrix, bits_of(x))
    wanted = x.bfloat16().double() @ weight.bfloat16().double().t() + bias
    np.testing.assert_allclose(out[: len(x), : len(weight)], wanted, rtol=1e-5, atol=1e-4)
    assert not out[:, len(weight) :].any()
    turned = np.ascontiguousarray(weight.numpy().T)
    assert (pack_turned(turned).tiles == matrix.tiles).all()


@needs_bfloat16
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_compiled_product_is_the_definition(size: tuple[int, int, int]) -> None:
    x, weight, bias = drawn(*size)
    matrix, rows = pack(weight.numpy(), bias.numpy()), bits_of(x)[: -(-len(x) // ROWS) * ROWS]
    wanted = np.empty((len(rows), len(matrix.bias)), np.float32)
    multiply(wanted, matrix, rows)
    wide = np.full((len(rows), len(matrix.bias) + 5), 7, np.float32)
    jit(called)(wide, matrix, rows)
    np.testing.assert_allclose(wide[:, :-5], wanted, rtol=1e-5, atol=1e-4)
    assert (wide[:, -5:] == 7).all(), "nothing beyond the outputs is written"


@needs_bfloat16
def test_rows_in_tiles_give_the_same() -> None:
    x, weight, bias = drawn(64, 96, 40)
    matrix, rows = pack(weight.numpy(), bias.numpy()), bits_of(x)
    tiles = np.ascontiguousarray(rows.reshape(64 // ROWS, ROWS, 96 // INPUTS, INPUTS).transpose(0, 2, 1, 3))
    found = [np.empty((64, len(matrix.bias)), np.float32) for _ in range(3)]
    jit(called)(found[0], matrix, rows)
    jit(called)(found[1], matrix, tiles)
    multiply(found[2], matrix, tiles)
    assert (found[0] == found[1]).all()
    np.testing.assert_allclose(found[2], found[0], rtol=1e-5, atol=1e-4)


@needs_bfloat16
def test_a_row_alone_has_the_bits_it_has_beside_others() -> None:
    x, weight, bias = drawn(64, 96, 40)
    matrix, rows = pack(weight.numpy(), bias.numpy()), bits_of(x)
    together, apart = (np.empty((64, len(matrix.bias)), np.float32) for _ in range(2))
    jit(called)(together, matrix, rows)
    for first in range(0, 64, ROWS):
        jit(called)(apart[first : first + ROWS], matrix, rows[first : first + ROWS])
    assert (together == apart).all()


@needs_bfloat16
def test_pairs_are_multiplied_right_by_a_processor_that_has_tiles_too() -> None:
    """Where numba knows tiles, these are taken; so here it is told that it compiles for a processor without."""
    if not torch.cpu.get_capabilities().get("avx512_bf16"):
        pytest.skip("the processor has tiles alone")
    told = {**os.environ, "NUMBA_CPU_NAME": "cooperlake", "NUMBA_CPU_FEATURES": "+avx512bf16"}
    which = "compiled_product_is or rows_in_tiles or a_row_alone"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", which, __file__]
    found = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert found.returncode == 0 and "6 passed" in found.stdout, found.stdout + found.stderr


@needs_bfloat16
def test_torchs_own_products_are_right_afterwards() -> None:
    """They use the same tiles, whose shapes belong to the thread."""
    x, weight, bias = drawn(64, 96, 40)
    before = x.bfloat16() @ weight.bfloat16().t()
    jit(called)(np.empty((64, 64), np.float32), pack(weight.numpy(), bias.numpy()), bits_of(x))
    assert torch.equal(x.bfloat16() @ weight.bfloat16().t(), before)


def test_numbers_are_rounded_as_torch_rounds_them() -> None:
    special = torch.tensor([0.0, -0.0, 1.0, torch.inf, -torch.inf, torch.nan, 1e-45, 3.4e38, 1 + 2**-8, 1 + 3 * 2**-8])
    odd = torch.tensor([0x7FFFFFFF, -1, 0x7F800001, 0x7F7FFFFF], dtype=torch.int32).view(torch.float32)
    x = torch.cat([special, odd, torch.randn(242, generator=torch.Generator().manual_seed(0))]).reshape(2, -1)
    found = np.full((3, x.shape[1] + 2), 9, np.int16)
    for function in (round_rows, jit(round_rows)):
        function(found, x.numpy(), 0, 2)
        np.testing.assert_array_equal(widened(found[:2, :-2]), x.bfloat16().float().numpy())
        assert (found[2] == 9).all() and (found[:, -2:] == 9).all()


def test_rows_become_the_inputs_of_a_matrix_or_of_rows() -> None:
    """Of two blocks of 32 rows the second is laid where its place says."""
    bits = np.random.default_rng(0).integers(-(2**15), 2**15, (64, 48)).astype(np.int16)
    tiles, turned = np.zeros((48 // ROWS, 2, ROWS, ROWS), np.int32), np.zeros((48 // ROWS, 2, ROWS, ROWS), np.int32)
    for place in (0, 32):
        jit(tile_rows)(tiles, bits[place : place + 32], place, 0, 32)
        jit(turn_rows)(turned, bits[place : place + 32], 40, place, 0, 32)
    as_rows = turned.view(np.int16).transpose(0, 2, 1, 3).reshape(48, 64)
    np.testing.assert_array_equal(as_rows[:40], bits.T[:40])
    assert not as_rows[40:].any()
    pairs = tiles.view(np.int16).reshape(48 // ROWS, 2, ROWS, ROWS, 2)
    np.testing.assert_array_equal(pairs.transpose(1, 2, 4, 0, 3).reshape(64, 48), bits)

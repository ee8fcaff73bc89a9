"""exp, tanh and sigmoid in float32 against NumPy in float64: interpreted, compiled, and as vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from textrnn.cells import vectorised
from textrnn.cells.jit import jit

Function = Callable[[np.float32], np.float32]
NEAR = np.concatenate([np.linspace(-30, 30, 600_001), np.geomspace(1e-30, 1, 20_001), -np.geomspace(1e-30, 1, 20_001)])
REFERENCES: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    # name: reference, relative and absolute error
    "exp": (np.exp, 2e-7, 0),
    "tanh": (np.tanh, 3e-7, 0),
    "sigmoid": (expit, 0, 1e-7),
}
names = pytest.mark.parametrize("name", REFERENCES)


def fill(function: Any, x: np.ndarray, out: np.ndarray) -> None:
    for i in range(x.size):
        out[i] = function(x[i])


@pytest.fixture(scope="module")
def over() -> Callable[[Any, np.ndarray], np.ndarray]:
    """Apply a compiled function to every element of an array."""
    numba = pytest.importorskip("numba")
    loop = numba.njit(fill)

    def apply(function: Any, x: np.ndarray) -> np.ndarray:
        x = np.ascontiguousarray(x, np.float32)
        out = np.empty_like(x)
        loop(jit(function), x, out)
        apply.instructions = "\n".join(loop.inspect_asm().values())  # type: ignore[attr-defined]
        return out

    return apply


@names
def test_compiled_it_is_as_precise_as_it_says(name: str, over: Any) -> None:
    reference, relative, absolute = REFERENCES[name]
    x = NEAR.astype(np.float32)
    found = over(getattr(vectorised, name), x)
    np.testing.assert_allclose(found, reference(x.astype(np.float64)), rtol=relative, atol=absolute)


@names
def test_interpreted_it_is_the_same_function(name: str) -> None:
    reference, relative, absolute = REFERENCES[name]
    x = NEAR[::1000].astype(np.float32)
    found = np.array([getattr(vectorised, name)(one) for one in x])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, reference(x.astype(np.float64)), rtol=relative, atol=absolute)


def test_far_out_it_stays_finite_and_nan_stays_nan(over: Any) -> None:
    x = np.array([-np.inf, -1e30, -100, 100, 1e30, np.inf, np.nan], np.float32)
    for name, lowest, highest in (("tanh", -1, 1), ("sigmoid", 0, 1)):
        found = over(getattr(vectorised, name), x)
        assert np.allclose(found[:3], lowest, rtol=0, atol=1e-7) and np.allclose(found[3:6], highest, rtol=0, atol=1e-7)
        assert np.isnan(found[6])
    found = over(vectorised.exp, x)
    np.testing.assert_allclose(found[:3], np.exp(np.float64(vectorised.EXP_LOWEST)), rtol=1e-6)
    np.testing.assert_allclose(found[3:6], np.exp(np.float64(vectorised.EXP_HIGHEST)), rtol=1e-6)
    assert np.isnan(found[6])


@names
def test_a_loop_over_an_array_has_no_call_and_works_on_vectors(name: str, over: Any) -> None:
    import platform

    over(getattr(vectorised, name), NEAR[:64])
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("the names of instructions are those of x86-64")
    assert "mulps" in over.instructions
    assert not {"expf", "tanhf", "exp@PLT", "tanh@PLT"} & {*over.instructions.split()}

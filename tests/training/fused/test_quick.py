"""Quick functions of the gates: as near to tanh and sigmoid as they say, compiled or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from textrnn.cells.jit import has_numba, jit
from textrnn.training.fused import quick

# all the way, and densely where the functions bend and where they stop
X = np.unique(
    np.concatenate([np.linspace(-100, 100, 2001), np.linspace(-8, 8, 20001), [6, -6, 12, -12, np.inf, -np.inf]])
)
X32 = X.astype(np.float32)


def of_all(out: Any, x: Any) -> None:
    for j in range(x.size):
        out[0, j], out[1, j] = quick.tanh(x[j]), quick.sigmoid(x[j])


def found(x: np.ndarray) -> np.ndarray:
    out = np.empty((2, x.size), np.float32)
    of_all(out, x)
    return out


def test_they_are_as_near_as_they_say() -> None:
    tanh, sigmoid = found(X32)
    exact = np.tanh(X32.astype(np.float64))
    assert np.abs(tanh - exact).max() < 2e-5 and np.abs(sigmoid - (np.tanh(X32 / 2.0) + 1) / 2).max() < 1e-5


def test_they_are_odd_bounded_and_rise() -> None:
    tanh, sigmoid = found(X32)
    assert (tanh == -found(-X32)[0]).all() and (np.abs(tanh) <= 1).all() and ((sigmoid >= 0) & (sigmoid <= 1)).all()
    # to a rounding
    assert (np.diff(tanh) > -1e-6).all()


def test_what_is_not_a_number_stays_so() -> None:
    assert np.isnan(found(np.array([np.nan], np.float32))).all()


@pytest.mark.skipif(not has_numba(), reason="compiled by numba")
@pytest.mark.parametrize("function", [quick.tanh, quick.sigmoid])
def test_compiled_they_are_the_same_to_float32s_last_digits(function: Callable[[Any], Any]) -> None:
    compiled = jit(function)
    own = np.array([compiled(x) for x in X32[::7]])
    np.testing.assert_allclose(own, [function(x) for x in X32[::7]], rtol=0, atol=3e-7)

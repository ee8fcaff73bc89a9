"""exp, tanh and sigmoid in float32, in arithmetic that a compiler turns into vector instructions.

In: one np.float32. Out: one np.float32. Written in the part of Python that numba compiles, without a branch and without
a call to the C library, so that a loop over an array handles as many elements at once as the processor can. NaN stays
NaN. Knows nothing of cells. Must be compiled without leave to reorder sums (numba's `reassoc` and `fast`): the rounding
by a large number would vanish.

With n the integer nearest to x / log 2 and r = x - n log 2, |r| <= log 2 / 2:

    exp(x) = 2^n exp(r)        exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1)        tanh(x) = e / (e + 2), e = exp(2x) - 1
"""

from __future__ import annotations

import numpy as np

# log 2 in two parts: n times the first is exact, so that r keeps its last bits (Cody & Waite 1980)
_LOG2_HIGH, _LOG2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_LOG2_E = np.float32(1.44269504)
# added to a float32 of moderate size, 1.5 * 2^23 leaves the nearest integer in its last bits
_ROUNDER, _ROUNDER_BITS = np.float32(12582912.0), np.int32(0x4B400000)
_EXPONENT_BIAS, _MANTISSA_BITS = np.int32(127), np.int32(23)
# exp(r) = 1 + r + r² (C0 + C1 r + ...): the least relative error of exp(r) - 1 on |r| <= log 2 / 2, 1.4e-8
_C0, _C1, _C2, _C3, _C4 = (
    np.float32(0.49999998), np.float32(0.16666543), np.float32(0.0416672), np.float32(0.0083665475),
    np.float32(0.0013882514),
)  # fmt: skip
_ONE, _TWO, _HALF = np.float32(1), np.float32(2), np.float32(0.5)
# 2^n is a normal float32 between them
EXP_LOWEST, EXP_HIGHEST = np.float32(-87.3), np.float32(88.3)
# from here on tanh is 1 in float32
_TANH_HIGHEST = np.float32(9.02)


def exp(x: np.float32) -> np.float32:
    """Return exp(x), to 2e-7 of itself; of the nearest of EXP_LOWEST and EXP_HIGHEST for an x beyond them."""
    # written so that NaN passes
    x = EXP_HIGHEST if x > EXP_HIGHEST else x
    x = EXP_LOWEST if x < EXP_LOWEST else x
    power, rest = _power_and_rest(x)
    return power * rest + power


def tanh(x: np.float32) -> np.float32:
    """Return tanh(x), to 3e-7 of itself: near zero it is as precise as far from it."""
    x = _TANH_HIGHEST if x > _TANH_HIGHEST else x
    x = -_TANH_HIGHEST if x < -_TANH_HIGHEST else x
    power, rest = _power_and_rest(x + x)
    e = power * rest + (power - _ONE)
    return e / (e + _TWO)


def sigmoid(x: np.float32) -> np.float32:
    """Return 1 / (1 + exp(-x)), to 1e-7 absolutely: by the tanh, as `cells.functions` has it."""
    return _HALF * tanh(_HALF * x) + _HALF


def _power_and_rest(x: np.float32) -> tuple[np.float32, np.float32]:
    """Return 2^n and exp(r) - 1, whose product is exp(x) - 2^n."""
    # the types are said again: numba widens the results of integers, and takes no view of what it infers
    shifted = np.float32(x * _LOG2_E + _ROUNDER)
    n = shifted - _ROUNDER
    r = (x - n * _LOG2_HIGH) - n * _LOG2_LOW
    rest = r + r * r * (_C0 + r * (_C1 + r * (_C2 + r * (_C3 + r * _C4))))
    # the exponent's bits of a float32 hold n + 127
    bits = np.int32((shifted.view(np.int32) - _ROUNDER_BITS + _EXPONENT_BIAS) << _MANTISSA_BITS)
    return bits.view(np.float32), rest

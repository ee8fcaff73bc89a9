"""tanh and sigmoid to 2e-5, for layers whose factors are rounded to 4e-3 anyway: half the arithmetic of `vectorised`.

In: one np.float32. Out: one np.float32, in the part of Python that numba compiles, without a branch. NaN stays NaN.
A quotient of polynomials, fitted on |x| <= 6 so that its largest error is least (7e-6); beyond, tanh stays within
2e-5 of 1:

    tanh(x) = x (P0 + P1 x² + P2 x⁴) / (1 + Q1 x² + Q2 x⁴ + Q3 x⁶)        sigmoid(x) = tanh(x / 2) / 2 + 1 / 2
"""

from __future__ import annotations

import numpy as np

_P0, _P1, _P2 = np.float32(0.99997116), np.float32(0.11447255), np.float32(1.4955423e-3)
_Q1, _Q2, _Q3 = np.float32(0.44771392), np.float32(1.7487338e-2), np.float32(5.5185345e-5)
_HIGHEST, _ONE, _HALF = np.float32(6), np.float32(1), np.float32(0.5)


def tanh(x: np.float32) -> np.float32:
    """Return tanh(x), to 2e-5."""
    # written so that NaN passes
    x = _HIGHEST if x > _HIGHEST else x
    x = -_HIGHEST if x < -_HIGHEST else x
    z = x * x
    return x * (_P0 + z * (_P1 + z * _P2)) / (_ONE + z * (_Q1 + z * (_Q2 + z * _Q3)))


def sigmoid(x: np.float32) -> np.float32:
    """Return 1 / (1 + exp(-x)), to 1e-5."""
    return _HALF * tanh(_HALF * x) + _HALF

"""Rows as whole numbers: what a matrix in int8 is multiplied by, so that its sums are exact in any order.

In: rows in float32. Out: for each row two digits of every value, and what each digit counts. Written in the part of
Python that numba compiles. Knows nothing of matrices. Shapes: B rows, X inputs, X' inputs in whole pairs.

A value is first * step + second * step / (2 * largest), with digits from -largest to largest: about 28 bits below the
row's largest value, where float32 has 24 below each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]  # (B, ...)

_LARGEST_DIGIT, _LARGEST_SUM, _LARGEST_WEIGHT = 32767, 2**31 - 1, 127
_ABSOLUTE = np.int32(0x7FFFFFFF)
# a row with nothing above it is all zeros: what divides by its largest value stays finite
_SMALLEST = np.float32(1e-30)


class Digits(NamedTuple):
    """whole: (B, 2, X' or more). steps: (B, 2), what each digit of a row counts."""

    whole: npt.NDArray[np.int16]
    steps: Rows


def new_digits(rows: int, inputs: int) -> Digits:
    """Return room for the digits of so many rows of so many inputs; in compiled code too."""
    return Digits(np.empty((rows, 2, inputs + inputs % 2), np.int16), np.empty((rows, 2), np.float32))


def digits_of(x: Rows, inputs: int, padded: int, whole: npt.NDArray[np.int16], steps: Rows) -> None:
    """Write the digits of each row of x. inputs, padded: X and X'. A row with NaN or infinity has it in its steps."""
    # no sum of products with so many weights may outgrow 32 bits
    largest = np.float32(min(_LARGEST_DIGIT, _LARGEST_SUM // (_LARGEST_WEIGHT * padded)))
    for row in range(x.shape[0]):
        values, first, second = x[row][:inputs], whole[row, 0][:padded], whole[row, 1][:padded]
        # as whole numbers the bits of absolute values are in the same order, with NaN above all
        top = np.int32(0)
        for k in range(inputs):
            top = max(top, np.int32(np.float32(values[k]).view(np.int32) & _ABSOLUTE))
        reach = np.int32(top).view(np.float32)
        steps[row, 0] = reach / largest
        steps[row, 1] = reach / (np.float32(2) * largest * largest)
        if not _SMALLEST <= reach < np.inf:
            for k in range(padded):
                first[k] = second[k] = 0
            continue
        scale = largest / reach
        for k in range(inputs):
            value = np.float32(values[k] * scale)
            digit = np.rint(value)
            first[k] = np.int16(digit)
            second[k] = np.int16(np.rint((value - digit) * (largest + largest)))
        for k in range(inputs, padded):
            first[k] = second[k] = 0

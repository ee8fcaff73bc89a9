"""Weights in eight bits: each row of a matrix as whole numbers from -127 to 127, and one scale for the row.

In: parameters that run. Out: the same with every matrix rounded so, still in float32, for engines that multiply by
these; or a matrix's whole numbers and scales, for those that keep them. Biases, norms and the table of the first layer,
of which a step reads one row, stay as they are. Shapes: N rows, X columns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textrnn.networks.language_model import LOOKED_UP, LanguageModelParameters
from textrnn.networks.parameters import map_arrays

_LARGEST = 127


def whole_numbers(weight: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return (N, X) int8 and (N,) scales, whose product is nearest to `weight`; of a rounded weight, its own again."""
    scales = np.abs(weight).max(axis=1).astype(np.float32) / np.float32(_LARGEST)
    # a row of zeros has any scale; one of NaN stays NaN by its scale
    divisors = np.where(scales > 0, scales, np.float32(1))
    with np.errstate(invalid="ignore"):
        whole = np.nan_to_num(np.rint(weight / divisors[:, None]), nan=0, posinf=0, neginf=0)
    return whole.astype(np.int8), scales


def rounded(p: LanguageModelParameters) -> LanguageModelParameters:
    """Return parameters whose matrices hold what int8 can say of them."""
    output = p.embedding if p.output.weight is None else p.output.weight
    # a tied embedding is looked up as it is, and multiplied by as rounded
    apart = p._replace(output=p.output._replace(weight=output))

    def round_matrix(name: str, array: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        if array.ndim < 2 or name in LOOKED_UP:
            return array
        whole, scales = whole_numbers(array)
        return whole * scales[:, None]

    return map_arrays(round_matrix, apart)

"""The engine of a forecaster: its network on NumPy, windows of levels in, levels ahead out.

Windows stand in blocks of one size: each product has the same shape whatever stands beside a window, whose forecast is
the same to the bit alone and among others.
Shapes: B windows, W values of a window, H steps ahead, C columns.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from textrnn.cells.cell import Cell
from textrnn.cells.plain import plain
from textrnn.data.scaling import Scaling
from textrnn.networks.forecaster import Batch, ForecasterParameters, forward
from textrnn.networks.parameters import map_arrays

Values = npt.NDArray[np.float64]

_BLOCK = 32


class ForecasterEngine:
    """Reads windows for what comes after them."""

    def __init__(self, parameters: ForecasterParameters, cell: Cell, scaling: Scaling) -> None:
        self.parameters: ForecasterParameters = map_arrays(lambda _, array: np.asarray(array, np.float32), parameters)
        self._cell, self._loop, self._scaling = cell, partial(plain, cell), scaling

    def ahead(self, levels: Values) -> Values:
        """(B, W, C) -> (B, H, C)."""
        blocks = [self._block(levels[start : start + _BLOCK]) for start in range(0, len(levels), _BLOCK)]
        return np.concatenate(blocks)

    def _block(self, levels: Values) -> Values:
        inputs = self._scaling.inputs(levels)
        filled = np.zeros((_BLOCK, *inputs.shape[1:]), np.float32)
        filled[: len(inputs)] = inputs
        said = forward(self._cell, self.parameters, Batch(filled), self._loop)[: len(inputs)]
        return self._scaling.ahead(levels, said.reshape(len(inputs), self._scaling.horizon, -1).astype(np.float64))

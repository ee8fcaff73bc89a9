"""What is drawn at random during training, as a function of (seed, step): dropout masks, coins.

The forward pass draws nothing; what is drawn here reaches it with the batch.
Shapes: B rows, T steps, H units.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

_DROPOUT, _COINS = 0x44, 0x43


def dropout_masks(
    seed: int, step: int, *, rate: float, layers: int, rows: int, units: int, device: torch.device
) -> list[Tensor] | None:
    """Return a factor (B, 1, H) for each layer's outputs: 0 for a share `rate` of them, 1 / (1 - rate) for the others.

    One mask serves all steps of a window (variational dropout, Gal & Ghahramani 2016). None where nothing is dropped.
    """
    if rate == 0:
        return None
    kept = np.random.default_rng([seed, _DROPOUT, step]).random((layers, rows, 1, units), np.float32) >= rate
    return list(torch.from_numpy(kept.astype(np.float32) / (1 - rate)).to(device))


def coins(seed: int, step: int, *, rows: int, steps: int, truth: float) -> tuple[np.ndarray, np.ndarray]:
    """Return which inputs of a window are the true ones, (B, T) bool, and uniforms to draw the others by, (B, T)."""
    rng = np.random.default_rng([seed, _COINS, step])
    return rng.random((rows, steps)) < truth, rng.random((rows, steps))

"""A unit drawn from what a network says of the next, for training that feeds a model its own.

Shapes: B rows, V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor


def draw(logits: Tensor, uniform: Tensor) -> Tensor:
    """Draw an id a row by the inverse of its distribution's sum: (B, V), (B, 1) -> (B, 1)."""
    cumulative = torch.softmax(logits.double(), dim=-1).cumsum(dim=-1)
    return torch.searchsorted(cumulative, uniform * cumulative[:, -1:]).clamp(max=logits.shape[-1] - 1)

"""Parameters and state between NumPy, where they are drawn, saved and run, and torch, where they are trained."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from textrnn.errors import UserError
from textrnn.networks.parameters import map_arrays

Tree = TypeVar("Tree")


def to_tensors(tree: Tree, device: torch.device, *, trainable: bool = False) -> Tree:
    """Return `tree` with its arrays as tensors of their own memory on `device`."""
    return map_arrays(lambda _, array: torch.tensor(array, device=device).requires_grad_(trainable), tree)


def to_array(tensor: Tensor) -> np.ndarray:
    """Return a copy of `tensor` as a NumPy array."""
    return tensor.detach().to("cpu", copy=True).numpy()


def chosen_device(name: str) -> torch.device:
    """Return the device that a `--device` names; auto is a GPU where there is one."""
    is_there = torch.cuda.is_available()
    if name == "auto":
        return torch.device("cuda" if is_there else "cpu")
    if name.startswith("cuda"):
        count = torch.cuda.device_count() if is_there else 0
        number = int(name.partition(":")[2] or 0)
        if number >= count:
            raise UserError(
                f"{name}: this machine has {count or 'no'} CUDA devices", which="--device", mend="use --device cpu"
            )
    return torch.device(name)

"""Optimizers by name, over parameters by name; their state as plain arrays.

In: named tensors and settings. Out: an `Optimizers`, which is one thing to step, to set a learning rate on, to save
and to restore.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from textrnn.config.training import TrainingSettings
from textrnn.training.muon import Muon
from textrnn.training.schedule import SCHEDULES, one_cycle

# peak learning rate where none is given
DEFAULT_RATE = {"adamw": 4e-3, "adam": 4e-3, "sgd": 0.3, "rmsprop": 2e-3, "muon": 3e-2}
# what is not a matrix of the stack is AdamW's, at this share of Muon's rate
ADAMW_SHARE = 0.25
BETAS = (0.9, 0.99)
MOMENTUM = 0.9


class Optimizers:
    """The optimizer that the settings name, together with the one that takes what is not its business."""

    def __init__(self, named: Mapping[str, Tensor], settings: TrainingSettings, *, gates: int) -> None:
        self._named = dict(named)
        # fraction of the way -> factor on the peak learning rate
        self.schedule = SCHEDULES.get(settings.optimizer, one_cycle)
        rate = settings.lr or DEFAULT_RATE[settings.optimizer]
        decay = settings.weight_decay
        matrices = [p for name, p in named.items() if name.startswith("layers.") and p.ndim == 2]
        rest = [p for p in named.values() if all(p is not matrix for matrix in matrices)]
        self._parts: list[tuple[torch.optim.Optimizer, float]] = []
        if settings.optimizer == "muon":
            groups = [{"params": matrices, "blocks": gates}]
            self._parts.append((Muon(groups, lr=rate, weight_decay=decay), rate))
            small = rate * ADAMW_SHARE
            self._parts.append((torch.optim.AdamW(rest, lr=small, betas=BETAS, weight_decay=decay, fused=True), small))
        else:
            every = list(named.values())
            makers: dict[str, Any] = {
                "adamw": lambda: torch.optim.AdamW(every, lr=rate, betas=BETAS, weight_decay=decay, fused=True),
                "adam": lambda: torch.optim.Adam(every, lr=rate, betas=BETAS, weight_decay=decay, fused=True),
                "sgd": lambda: torch.optim.SGD(every, lr=rate, momentum=MOMENTUM, nesterov=True, weight_decay=decay),
                "rmsprop": lambda: torch.optim.RMSprop(every, lr=rate, weight_decay=decay),
            }
            self._parts.append((makers[settings.optimizer](), rate))

    def step(self, factor: float) -> float:
        """Take one step at `factor` times the peak learning rate; return the rate used."""
        for optimizer, peak in self._parts:
            for group in optimizer.param_groups:
                group["lr"] = peak * factor
            optimizer.step()
        return self._parts[0][1] * factor

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all state, as arrays named `PARAMETER/KEY`."""
        names = {id(p): name for name, p in self._named.items()}
        return {
            f"{names[id(p)]}/{key}": torch.as_tensor(value).detach().cpu().numpy()
            for optimizer, _ in self._parts
            for p, state in optimizer.state.items()
            for key, value in state.items()
            if value is not None
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put back what `arrays` returned."""
        owners = {id(p): optimizer for optimizer, _ in self._parts for g in optimizer.param_groups for p in g["params"]}
        for name, array in arrays.items():
            parameter, key = name.rsplit("/", 1)
            p = self._named[parameter]
            # step counters stay on the CPU, moments lie beside their parameter
            value = torch.from_numpy(array.copy())
            owners[id(p)].state[p][key] = value.to(p.device) if array.ndim else value

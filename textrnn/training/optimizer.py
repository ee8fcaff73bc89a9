"""Optimizers by name, over parameters by name; their state as plain arrays.

In: named tensors and settings. Out: an `Optimizers`, which is one thing to step, to set a learning rate on, to save
and to restore.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from textrnn.config.training import TrainingSettings
from textrnn.training.division import side_by_side
from textrnn.training.muon import Muon
from textrnn.training.rows import RowAdam
from textrnn.training.schedule import SCHEDULES, one_cycle

# what is not a matrix of the stack is AdamW's, at this share of Muon's rate
ADAMW_SHARE = 0.25
# those that leave tables to Adam by rows
ADAMS = ("adamw", "adam", "muon")
BETAS = (0.9, 0.99)
MOMENTUM = 0.9


class Optimizers:
    """The optimizer that the settings name, together with the one that takes what is not its business."""

    def __init__(
        self, named: Mapping[str, Tensor], settings: TrainingSettings, *, gates: int, tables: Collection[str] = ()
    ) -> None:
        """tables: names of those whose gradients are rows; every Adam leaves them to `RowAdam`."""
        self._named = dict(named)
        # fraction of the way -> factor on the peak learning rate
        self.schedule = SCHEDULES.get(settings.optimizer, one_cycle)
        rate = settings.rate
        decay = settings.weight_decay
        rows = [named[name] for name in tables] if settings.optimizer in ADAMS else []
        dense = [p for p in named.values() if all(p is not table for table in rows)]
        matrices = [p for name, p in named.items() if "layers." in name and p.ndim == 2]
        rest = [p for p in dense if all(p is not matrix for matrix in matrices)]
        small = rate * ADAMW_SHARE if settings.optimizer == "muon" else rate
        products = torch.bfloat16 if settings.precision == "bf16" else None
        makers: dict[str, Any] = {
            "muon": lambda: Muon(
                [{"params": matrices, "blocks": gates}], lr=rate, weight_decay=decay, products=products
            ),
            "adamw": lambda: torch.optim.AdamW(dense, lr=rate, betas=BETAS, weight_decay=decay, fused=True),
            "adam": lambda: torch.optim.Adam(dense, lr=rate, betas=BETAS, weight_decay=decay, fused=True),
            "sgd": lambda: torch.optim.SGD(dense, lr=rate, momentum=MOMENTUM, nesterov=True, weight_decay=decay),
            "rmsprop": lambda: torch.optim.RMSprop(dense, lr=rate, weight_decay=decay),
        }
        self._parts: list[tuple[torch.optim.Optimizer, float]] = [(makers[settings.optimizer](), rate)]
        if settings.optimizer == "muon":
            adamw = torch.optim.AdamW(rest, lr=small, betas=BETAS, weight_decay=decay, fused=True)
            self._parts.append((adamw, small))
        # for each table one, which waits for memory most of its time: they step side by side with the rest
        self._row_adams = [RowAdam([table], lr=small, beta2=BETAS[1]) for table in rows]
        self._parts += [(adam, small) for adam in self._row_adams]
        self._dense = dense

    def step(self, factor: float) -> float:
        """Take one step at `factor` times the peak learning rate; return the rate used."""
        for p in self._dense:
            if p.grad is not None and p.grad.is_sparse:
                p.grad = p.grad.to_dense()
        for optimizer, peak in self._parts:
            for group in optimizer.param_groups:
                group["lr"] = peak * factor
        side_by_side(self._step_dense, *(rows.step for rows in self._row_adams))
        return self._parts[0][1] * factor

    def _step_dense(self) -> None:
        for optimizer, _ in self._parts:
            if optimizer not in self._row_adams:
                optimizer.step()

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

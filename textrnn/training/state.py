"""Everything that changes during training, in one object: all of it is saved, and what is restored goes on exactly.

Knows neither the task nor the disk: it turns itself into plain arrays and a small JSON object, and back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from textrnn.config.training import TrainingSettings
from textrnn.networks.parameters import named_arrays, with_arrays
from textrnn.training.optimizer import Optimizers
from textrnn.training.tensors import to_array, to_tensors

# horizon of the averaged weights, in steps; shorter at the very start
AVERAGE_DECAY = 0.99


@dataclass
class TrainingState:
    """parameters: a tree of trainable tensors. average: their running mean by name. carried: the recurrent state."""

    parameters: Any
    optimizers: Optimizers
    average: dict[str, Tensor]
    carried: Any = None
    step: int = 0
    units_seen: int = 0
    trained_s: float = 0.0
    elapsed_s: float = 0.0
    # the share of the way that was done at the last evaluation on it
    evaluated_at: float = 0.0
    evaluations_without_gain: int = 0
    best_nats: float | None = None
    # held-out units that every evaluation on the way covers, so that they compare
    measured_units: int | None = None
    # the averaged weights of the best evaluation, as they are shipped
    best: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def fresh(
        cls,
        parameters: Any,
        settings: TrainingSettings,
        device: torch.device,
        *,
        gates: int,
        tables: Collection[str] = (),
    ) -> Self:
        """Return the state before the first step. parameters: a tree of arrays. gates, tables: see `Optimizers`."""
        tensors = to_tensors(parameters, device, trainable=True)
        named = named_arrays(tensors)
        average = {name: tensor.detach().clone() for name, tensor in named.items()}
        optimizers = Optimizers(named, settings, gates=gates, tables=tables)
        return cls(parameters=tensors, optimizers=optimizers, average=average)

    @property
    def named(self) -> dict[str, Tensor]:
        return named_arrays(self.parameters)

    @torch.no_grad()
    def update_average(self) -> None:
        """Move the running mean towards the parameters."""
        decay = min(AVERAGE_DECAY, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.values()), list(self.named.values()), 1 - decay)

    @torch.no_grad()
    def start_from(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take `arrays`, by name, as the weights before the first step."""
        assert self.step == 0
        for own in (self.named, self.average):
            for name, tensor in own.items():
                tensor.copy_(torch.from_numpy(np.asarray(arrays[name])))

    def averaged(self) -> Any:
        """Return the tree of averaged parameters."""
        return with_arrays(self.parameters, self.average)

    def arrays_to_run(self) -> dict[str, np.ndarray]:
        """Return the weights to run: those of the best evaluation, or the current average before the first."""
        return self.best or {name: to_array(tensor) for name, tensor in self.average.items()}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all tensors but the best weights, by name."""
        found = {f"parameter/{name}": to_array(tensor) for name, tensor in self.named.items()}
        found |= {f"average/{name}": to_array(tensor) for name, tensor in self.average.items()}
        found |= {f"optimizer/{name}": np.array(array) for name, array in self.optimizers.arrays().items()}
        found |= {f"carried/{name}": to_array(tensor) for name, tensor in named_arrays(self.carried).items()}
        return found

    def facts(self) -> dict[str, Any]:
        """Return the numbers, as JSON."""
        return {name: getattr(self, name) for name in _FACTS}

    @torch.no_grad()
    def restore(self, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any], best: dict[str, np.ndarray]) -> Self:
        """Put back what `arrays`, `facts` and `arrays_to_run` gave."""
        groups: dict[str, dict[str, np.ndarray]] = {"parameter": {}, "average": {}, "optimizer": {}, "carried": {}}
        for name, array in arrays.items():
            group, _, rest = name.partition("/")
            groups[group][rest] = array
        for own, group in ((self.named, "parameter"), (self.average, "average")):
            for name, tensor in own.items():
                tensor.copy_(torch.from_numpy(groups[group][name]))
        self.optimizers.restore(groups["optimizer"])
        self.carried = _carried(groups["carried"], next(iter(self.average.values())).device)
        for name in _FACTS:
            setattr(self, name, facts[name])
        self.best = best if self.best_nats is not None else {}
        return self


_FACTS = (
    "step",
    "units_seen",
    "trained_s",
    "elapsed_s",
    "evaluations_without_gain",
    "evaluated_at",
    "best_nats",
    "measured_units",
)


def _carried(arrays: Mapping[str, np.ndarray], device: torch.device) -> Any:
    if not arrays:
        return None
    layers: dict[int, dict[int, Tensor]] = {}
    for name, array in arrays.items():
        layer, part = map(int, name.split("."))
        layers.setdefault(layer, {})[part] = torch.from_numpy(array.copy()).to(device)
    return tuple(tuple(parts[i] for i in sorted(parts)) for _, parts in sorted(layers.items()))


def check_facts(facts: Mapping[str, Any]) -> list[str]:
    """Return the names of facts that no state gives."""
    none = {"best_nats", "measured_units"}
    real = {"trained_s", "elapsed_s", "evaluated_at", "best_nats"}

    def is_good(name: str) -> bool:
        value = facts.get(name)
        if value is None:
            return name in none and name in facts
        return isinstance(value, (int, float) if name in real else int) and not isinstance(value, bool) and value >= 0

    return [name for name in _FACTS if not is_good(name)]

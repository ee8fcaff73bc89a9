"""What a training of any task is given before its first step, and what it makes.

Knows neither the loop nor the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import torch

from textrnn.config.training import NetworkTrainingSettings
from textrnn.training.loop import Task
from textrnn.training.state import TrainingState


class Model(Protocol):
    """What training makes: something that runs, and says what a run holds of it beside its weights."""

    def json_roles(self) -> dict[str, Any]:
        """Return the roles kept as JSON."""
        ...


Settings = TypeVar("Settings", bound=NetworkTrainingSettings)
ModelType = TypeVar("ModelType", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Prepared(Generic[Settings]):
    """What is decided before the first step.

    facts: what a run says of its data. plan: what was decided for the user, by name. notes: what the user should know.
    units_per_second: training's speed as expected, 0 without a plan. threads: numbers of them to choose from while
    training against a clock. leaving_s: what of a budget is kept back for fitting baselines, saving and leaving.
    """

    settings: Settings
    seed: int
    device: torch.device
    facts: Mapping[str, Any]
    plan: Mapping[str, Any]
    units_per_second: float
    num_parameters: int
    task: Task
    state: TrainingState
    notes: tuple[str, ...]
    threads: tuple[int, ...]
    leaving_s: float

"""What a kind of training says of itself: what it learns, shows, measures and makes.

Knows neither the loop nor the disk, which are `Training`'s.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Generic

from textrnn.report.records import Record
from textrnn.training.loop import Measured
from textrnn.training.prepared import ModelType, Settings

# what the plan says of a network that reads units
# fmt: off
PLANNED = (
    "cell", "num_layers", "hidden_size", "embed_size", "batch_size", "seq_length", "dropout", "optimizer", "precision",
)
# fmt: on


class Learning(ABC, Generic[Settings, ModelType]):
    """The duties of a kind."""

    task_name: ClassVar[str]
    # the settings that the plan tells first
    planned: ClassVar[tuple[str, ...]] = PLANNED

    def _warm_up(self) -> Iterator[Record]:
        """Learn what is learned before the first step, if anything is."""
        yield from ()

    @abstractmethod
    def _subject(self) -> dict[str, Any]:
        """Return what plan and result say of units, vocabulary or labels."""

    @abstractmethod
    def _model_of(self, parameters: Any) -> ModelType:
        """Return the model with these weights, a tree of arrays."""

    @abstractmethod
    def _sample(self, averaged: Any) -> str:
        """Return what the model makes of it by now; averaged: a tree of tensors."""

    @abstractmethod
    def _conclude(self, best: Any, units: int) -> Iterator[str]:
        """Measure the best weights on `units` held-out units, and fit what they are compared with; yield notes.

        Sets `_validation` and `_baseline_arrays`.
        """

    @abstractmethod
    def _counted(self) -> dict[str, Any]:
        """Return under its name how much was trained on."""

    @abstractmethod
    def _signature(self) -> str:
        """Return the conditions of the held-out figures."""

    @abstractmethod
    def _card(self, *, is_brief: bool) -> str:
        """Return the card of the finished run. is_brief: without what takes long to measure."""

    def _figures(self, measured: Measured) -> dict[str, Any]:
        """Return held-out figures as the result gives them."""
        return measured.to_json()

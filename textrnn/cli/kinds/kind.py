"""What a training command needs to know of what it trains; what all kinds have in common stands in course and resume.

In: files and checked settings. Out: data, a training, what a finished run says of itself. Prints nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textrnn.config.run import RunSettings
from textrnn.config.training import NetworkTrainingSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run
    from textrnn.training.start import Start


class Kind(ABC):
    """What a training command needs to know of what it trains.

    default: the data that is trained on where none is named, None where it must be. data: how messages call it.
    counted: under which name a result says how much was trained on. donor: the kind of run to start from, None for any.
    has_donors: whether there is such a run at all (--init-from).
    use: the command that puts a run to use, RUN in the place of its folder.
    """

    command: ClassVar[str]
    task: ClassVar[str]
    default: ClassVar[str | None]
    data: ClassVar[str]
    counted: ClassVar[str]
    donor: ClassVar[str | None]
    has_donors: ClassVar[bool] = True
    use: ClassVar[tuple[str, ...]]
    settings: ClassVar[type[NetworkTrainingSettings]]
    run_settings: ClassVar[type[RunSettings]]

    @abstractmethod
    def built_in(self) -> Collection[str]:
        """Return the names of the built-in data of this kind."""

    @abstractmethod
    def read(self, files: Sequence[str], settings: Any) -> Any:
        """Return what `files` hold, as one."""

    @abstractmethod
    def name_of(self, data: Any) -> str:
        """Return what data is called."""

    @abstractmethod
    def import_data(self) -> None:
        """Import what `read` needs, and no torch."""

    @abstractmethod
    def import_training(self) -> None:
        """Import what `begin` needs, torch above all."""

    @abstractmethod
    def begin(self, data: Any, settings: Any, start: Start, **given: Any) -> Any:
        """Return the training. given: further data, held-out data among them, by name."""

    @abstractmethod
    def facts_of(self, run: Run) -> dict[str, Any]:
        """Return what a finished run says of itself beside what all kinds do."""

    @abstractmethod
    def check(self, data: Any, valid: Any) -> None:
        """Refuse data that no training can use, as far as it can be told before torch is imported."""

    def use_of(self, training: Any) -> tuple[str, ...]:
        """Return the command that puts the run of `training` to use."""
        return self.use

    @abstractmethod
    def read_beside(self, place: Any, settings: Any) -> dict[str, Any]:
        """Return further data, under the names by which `begin` takes it."""

"""What `textrnn summary` needs to know of a kind of network; what all kinds have in common stands in `cli.summary`.

In: a run, or checked settings. Out: a `Network`. Prints nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textrnn.config.settings import Settings

if TYPE_CHECKING:
    from textrnn.networks.summary import Layer
    from textrnn.runs.folder import Run

# ids that a vocabulary has where none is given: a text like shakespeare's, every byte, the tokenizers' own choice
_USUAL_VOCABULARY = {"auto": 70, "char": 70, "byte": 258, "word": 10_000, "bpe": 2_000}


class Network(NamedTuple):
    """What a network is made of. vocabulary: None of one that reads numbers. notes: what was assumed, what is not said.

    also: names of arrays of the run that are learned beside the network's own, by their role.
    """

    layers: tuple[Layer, ...]
    cell: str
    vocabulary: int | None
    notes: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()


class Describer(ABC):
    """What is to be known of a kind of network.

    task: the kind. settings: that describe one. without: those among them that the kind refuses. has_classes: whether
    its outputs are as many as --classes says.
    """

    task: ClassVar[str]
    settings: ClassVar[type[Settings]]
    without: ClassVar[Collection[str]] = ()
    has_classes: ClassVar[bool] = False

    @abstractmethod
    def of_run(self, run: Run) -> Network:
        """Return the network of a run whose arrays are all there, or refuse the run."""

    @abstractmethod
    def of_settings(self, settings: Any, classes: int) -> Network:
        """Return the network that checked settings describe."""

    def has(self, name: str) -> bool:
        """Return whether such networks have the setting `name`."""
        return name in self.settings.model_fields and name not in self.without


def usual_vocabulary(settings: Any) -> tuple[int, tuple[str, ...]]:
    """Return how many ids a vocabulary has, and what is to be said of it."""
    if settings.vocabulary_size is not None:
        return settings.vocabulary_size, ()
    size = _USUAL_VOCABULARY[settings.tokenizer]
    is_known = settings.tokenizer == "byte"
    return size, () if is_known else (f"a vocabulary of {size:,} is assumed (--vocabulary-size gives another)",)


def last_size(run: Run) -> int:
    """Return how many outputs a run's last layer has; what does not fit the other arrays is refused by their check."""
    shape, _ = run.array_shapes("model").get("output.bias", ((0,), ""))
    return shape[0] if shape else 0

"""How good spans of tagged words are: precision, recall and F1 over all sentences.

In: tags, sentence by sentence. Out: counts and figures. What the tags mark is `textrnn/data/spans.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textrnn.data.spans import spans


@dataclass(frozen=True)
class SpanCounts:
    """How many spans were given, how many are true, and how many are both: of the same kind, over the same words."""

    given: int = 0
    true: int = 0
    right: int = 0

    @classmethod
    def of(cls, given: Iterable[Sequence[str]], true: Iterable[Sequence[str]]) -> SpanCounts:
        """Count over sentences of given and true tags, pair by pair."""
        counts = [0, 0, 0]
        for own, other in zip(given, true, strict=True):
            found, wanted = set(spans(own)), set(spans(other))
            counts = [counts[0] + len(found), counts[1] + len(wanted), counts[2] + len(found & wanted)]
        return cls(*counts)

    @property
    def precision(self) -> float:
        """The share of the given spans that are right, 0 where none is given."""
        return self.right / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        """The share of the true spans that are given, 0 where there are none."""
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / (self.given + self.true) if self.given + self.true else 0.0

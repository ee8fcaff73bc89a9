"""What a classifier says of one text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ABSTAINED = "?"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """labels, probabilities: of all classes, in the model's order."""

    text: str
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """The labels with their probabilities, the likeliest first; of equals the first in the model's order."""
        return sorted(zip(self.labels, self.probabilities, strict=True), key=lambda pair: -pair[1])

    @property
    def label(self) -> str:
        """The likeliest label; of equals the first in the model's order."""
        return self.labels[self.probabilities.index(self.score)]

    @property
    def score(self) -> float:
        """Its probability."""
        return max(self.probabilities)

    def to_json(self) -> dict[str, Any]:
        """Return the answer as one JSON object."""
        probabilities = dict(zip(self.labels, self.probabilities, strict=True))
        return {"label": self.label, "score": self.score, "probabilities": probabilities, "text": self.text}

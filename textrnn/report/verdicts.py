"""What a classifier says of a few texts whose labels are known, in lines for the view of its training.

In: texts, the ids of their labels, probabilities (N, C). Out: lines of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_SHOWN_CHARACTERS = 100


def verdict_lines(texts: Sequence[str], truth: Any, probabilities: Any, labels: Sequence[str]) -> str:
    """Return a line a text: the label it gets, its probability, the true one where that is another, and the text."""
    lines = []
    for text, true, chances in zip(texts, truth.tolist(), probabilities.tolist(), strict=True):
        given = max(range(len(labels)), key=chances.__getitem__)
        correction = "" if given == true else f" (is {labels[true]})" if true >= 0 else " (is none of them)"
        start = " ".join(text[:_SHOWN_CHARACTERS].split())
        lines.append(f"{labels[given]} {100 * chances[given]:.0f} %{correction}: {start}")
    return "\n".join(lines)

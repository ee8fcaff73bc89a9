"""What a model writes for a few sources whose targets are known, in lines for the view of its training.

In: sources, what they get, the true targets. Out: lines of text.
"""

from __future__ import annotations

from collections.abc import Sequence


def translated_lines(sources: Sequence[str], given: Sequence[str], true: Sequence[str]) -> str:
    """Return a line a pair: `source -> given`, the true target in brackets where that is another."""
    lines = []
    for source, own, other in zip(sources, given, true, strict=True):
        right = "" if own == other else f" (is {other})"
        lines.append(" ".join(f"{source} -> {own}{right}".split()))
    return "\n".join(lines)

"""Which pairs say again what an earlier one said, and which sources have several targets: fine in translation.

In go pairs, out come counts and notes. Knows no split.
"""

from __future__ import annotations

from dataclasses import dataclass

from textrnn.data.columns import shown
from textrnn.data.pairs import Pairs
from textrnn.text.display import counted

_EXAMPLES = 3


@dataclass(frozen=True)
class Repeats:
    """repeated_pairs: how many have an earlier one's source and target. ambiguous_sources: how many have several."""

    repeated_pairs: int
    ambiguous_sources: int
    examples: tuple[str, ...]

    def notes(self) -> tuple[str, ...]:
        """Return a note of each that there is."""
        found = []
        if self.repeated_pairs:
            repeat = "repeats" if self.repeated_pairs == 1 else "repeat"
            found.append(f"{counted(self.repeated_pairs, 'pair')} {repeat} an earlier one, source and target")
        if self.ambiguous_sources:
            what = f"{counted(self.ambiguous_sources, 'source')} with several targets: {'; '.join(self.examples)}"
            found.append(f"{what}; exact match can find one of them alone")
        return tuple(found)


def repeats(pairs: Pairs) -> Repeats:
    """Return what stands in the pairs more than once."""
    targets_of: dict[str, dict[str, str]] = {}
    again = 0
    for source, target, place in zip(pairs.sources, pairs.targets, pairs.places, strict=True):
        targets = targets_of.setdefault(source, {})
        again += target in targets
        targets.setdefault(target, place)
    torn = [(source, targets) for source, targets in targets_of.items() if len(targets) > 1]
    examples = tuple(
        f"{shown(source)} is " + " and ".join(f"{shown(target)} ({targets[target]})" for target in list(targets)[:2])
        for source, targets in torn[:_EXAMPLES]
    )
    return Repeats(again, len(torn), examples)

"""What stands between two words, learned from texts: a space, none, or the thin one that French puts before a mark.

In: texts cut into units. Out: units put back into text. Where two units met in no text, what each has beside it tells:

    s = argmax P(s behind the left one) P(s before the right one) / P(s)

with counts that begin at the share of all. Knows no language and no ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from textrnn.text.tokenizers.word import UNITS

# separators that are told apart: the commonest of all texts
_KINDS = 8
# how much the share of all counts beside what is known of a unit
_WEIGHT = 0.5
_LONGEST = 16


class Joints:
    """kinds: the separators, the commonest first. behind, before: of a unit how often each stood there."""

    def __init__(
        self, kinds: Sequence[str], total: Sequence[int], behind: dict[str, list[int]], before: dict[str, list[int]]
    ) -> None:
        self._kinds, self._total, self._behind, self._before = tuple(kinds), list(total), behind, before
        whole = sum(total) + len(kinds)
        self._share = [(count + 1) / whole for count in total]

    def join(self, units: Iterable[str]) -> str:
        """Return units as text."""
        found: list[str] = []
        left = None
        for right in units:
            found += [right] if left is None else [self._between(left, right), right]
            left = right
        return "".join(found)

    def _between(self, left: str, right: str) -> str:
        behind, before = self._chances(self._behind.get(left)), self._chances(self._before.get(right))
        scores = [a * b / c for a, b, c in zip(behind, before, self._share, strict=True)]
        if "" in self._kinds and len(UNITS.findall(left[-1] + right[:1])) == 1:
            # put together they would be one unit
            scores[self._kinds.index("")] = 0.0
        return self._kinds[scores.index(max(scores))]

    def _chances(self, counts: Sequence[int] | None) -> list[float]:
        if counts is None:
            return self._share
        whole = sum(counts) + _WEIGHT
        return [(count + _WEIGHT * share) / whole for count, share in zip(counts, self._share, strict=True)]

    def to_json(self) -> dict[str, Any]:
        """Return what `joints_from_json` needs."""
        return {"kinds": list(self._kinds), "total": self._total, "behind": self._behind, "before": self._before}


def fit_joints(texts: Iterable[str], *, lowercase: bool) -> Joints:
    """Return what stands between the words of `texts`, cut as the tokenizer of words does."""
    met: Counter[tuple[str, str, str]] = Counter()
    for text in texts:
        matches = list(UNITS.finditer(text.lower() if lowercase else text))
        for left, right in pairwise(matches):
            met[left[0], text[left.end() : right.start()], right[0]] += 1
    separators: Counter[str] = Counter()
    for (_, between, _), count in met.items():
        separators[between] += count
    kinds = [between for between, _ in separators.most_common(_KINDS) if len(between) <= _LONGEST] or [" "]
    places = {between: place for place, between in enumerate(kinds)}
    behind: dict[str, list[int]] = {}
    before: dict[str, list[int]] = {}
    total = [0] * len(kinds)
    for (left, between, right), count in met.items():
        if between in places:
            place = places[between]
            total[place] += count
            for counts, unit in ((behind, left), (before, right)):
                counts.setdefault(unit, [0] * len(kinds))[place] += count
    return Joints(kinds, total, behind, before)


def joints_from_json(value: Mapping[str, Any]) -> Joints:
    """Return what `to_json` described; what it cannot have said is refused."""
    kinds, total, behind, before = (value[name] for name in ("kinds", "total", "behind", "before"))
    rows = [total, *behind.values(), *before.values()]
    if (
        not kinds
        or not all(isinstance(kind, str) for kind in kinds)
        or not all(isinstance(row, list) and len(row) == len(kinds) for row in rows)
        or not all(type(count) is int and count >= 0 for row in rows for count in row)
    ):
        raise ValueError("joints of words that are none")
    return Joints(kinds, total, behind, before)

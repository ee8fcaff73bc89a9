"""Spans of tagged words, and how good they are: what IOB1, IOB2 and BIOES tags mark, read as conlleval reads them.

In: tags, sentence by sentence. Out: spans, and precision, recall and F1 over all of them. Where tags break the rules of
their scheme, a span is read as conlleval and seqeval's default do: an I- after O, or after another type, begins one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_TAG = re.compile(r"O|[BIES](-.*)?", re.DOTALL)
# tags after which a span of the same type goes on only if it began again
_LAST = ("E", "S")


class Span(NamedTuple):
    """Words of one kind from `start` to `end`, both among them; counted from 0."""

    kind: str
    start: int
    end: int


def marks_spans(tags: Iterable[str]) -> bool:
    """Whether all tags are of a scheme that marks spans: O, or B, I, E or S with the kind after a dash."""
    return all(_TAG.fullmatch(tag) for tag in tags)


def spans(tags: Sequence[str]) -> list[Span]:
    """Return the spans that the tags of one sentence mark, in order."""
    found: list[Span] = []
    start, before, kind_before = 0, "O", ""
    for place, tag in enumerate([*tags, "O"]):
        sign, kind = tag[0], tag[2:] or "_"
        is_other = kind != kind_before
        if before != "O" and (before in _LAST or sign in "BSO" or is_other):
            found.append(Span(kind_before, start, place - 1))
        if sign != "O" and (sign in "BS" or before in ("O", *_LAST) or is_other):
            start = place
        before, kind_before = sign, kind
    return found


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

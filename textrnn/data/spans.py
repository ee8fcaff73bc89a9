"""Spans of tagged words: what IOB1, IOB2 and BIOES tags mark, read as conlleval reads them.

In: the tags of a sentence. Out: spans. Where tags break the rules of their scheme, a span is read as conlleval and
seqeval's default do: an I- after O, or after another type, begins one. Knows no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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

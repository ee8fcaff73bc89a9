"""Names of labels that may be meant as one: equal but for case, spaces or form, or one letter apart and rare.

In go names with the number of their rows, out come notes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from textrnn.data.columns import shown

# a label with a smaller share that is one letter from another may be a slip
_RARE = 0.01
_MOST_NOTES = 5
# in shorter names, such as neg and neu, one letter is what tells them apart
_SHORTEST = 4
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def near_labels(counts: Mapping[str, int]) -> list[str]:
    """Return a note for each two labels that may be meant as one."""
    least = _RARE * sum(counts.values())
    same = "differ in case, spaces or form alone"
    return _few(
        f"labels that {same}: {_counted(one, counts)} and {_counted(other, counts)}" for one, other in _alike(counts)
    ) + _few(
        f"a slip? The rare label {_counted(rare, counts)} is one letter from {_counted(label, counts)}"
        for rare, label in _one_letter_apart(counts, least)
    )


def _few(notes: Iterable[str]) -> list[str]:
    """Return the first notes of a kind, and how many more there are."""
    found = list(notes)
    more = [f"and {len(found) - _MOST_NOTES:,} more such pairs of labels"] if len(found) > _MOST_NOTES else []
    return found[:_MOST_NOTES] + more


def is_number(label: str) -> bool:
    """Whether a label looks like a number."""
    return _NUMBER.fullmatch(label.strip()) is not None


def _alike(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield every label with the first one of the same form."""
    first: dict[str | float, str] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        form = float(label) if is_number(label) else _form(label)
        if first.setdefault(form, label) != label:
            yield first[form], label


def _form(label: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def _one_letter_apart(counts: Mapping[str, int], least: float) -> Iterator[tuple[str, str]]:
    """Yield every label with fewer than `least` rows, and the most frequent one that is one letter from it."""
    # two words are at most one letter apart only if leaving out one letter or none of each can give the same
    by_shorter: dict[str, list[str]] = {}
    for label in counts:
        for shorter in _shorter(label):
            by_shorter.setdefault(shorter, []).append(label)
    for rare in sorted(label for label, count in counts.items() if count < least and len(label) >= _SHORTEST):
        if is_number(rare):
            continue
        near = {other for shorter in _shorter(rare) for other in by_shorter[shorter]}
        better = [
            other
            for other in sorted(near)
            if (counts[other], other) > (counts[rare], rare)
            and _form(other) != _form(rare)
            and _is_one_letter(rare, other)
        ]
        if better:
            yield rare, max(better, key=lambda other: counts[other])


def _shorter(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _is_one_letter(one: str, other: str) -> bool:
    """Whether one letter is put in, left out, changed, or changes its place with the next."""
    if len(one) > len(other):
        one, other = other, one
    if len(one) < len(other):
        return one in _shorter(other)
    places = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    swapped = len(places) == 2 and places[1] == places[0] + 1 and one[places[0]] == other[places[1]]
    return len(places) == 1 or (swapped and one[places[1]] == other[places[0]])


def _counted(label: str, counts: Mapping[str, int]) -> str:
    return f"{shown(label)} ({counts[label]:,} row{'' if counts[label] == 1 else 's'})"

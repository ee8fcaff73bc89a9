"""The names of the lessons, in the order of the walk: what the command line answers for before it imports NumPy.

In goes a word, out comes the place of the lesson that it means, if it means one.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

NAMES = (
    "cell",
    "memory",
    "feed-forward",
    "unfolding",
    "vanishing",
    "clipping",
    "truncated",
    "teacher-forcing",
    "shapes",
    "gradient-check",
)


def place_of(word: str, names: Sequence[str] = NAMES) -> int | None:
    """Return the place of the lesson that is meant by its number from 1, its name, or the beginning of one name."""
    word = word.strip().lower()
    if word.isascii() and word.isdecimal():
        return int(word) - 1 if len(word) < 9 and 1 <= int(word) <= len(names) else None
    begun = [place for place, name in enumerate(names) if word and name.startswith(word)]
    return begun[0] if len(begun) == 1 else None


def suggestion(word: str, names: Sequence[str] = NAMES) -> str:
    """Return the names to choose from: the nearest one, those that begin so, or all with their numbers."""
    word = word.strip().lower()
    begun = [name for name in names if word and name.startswith(word)]
    near = begun or difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return " or ".join(near) if near else numbered(names)


def numbered(names: Sequence[str]) -> str:
    """Return all names with their numbers, in the order of the walk."""
    return ", ".join(f"{number} {name}" for number, name in enumerate(names, start=1))

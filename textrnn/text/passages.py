"""A text cut into passages, which are sentences or lines: joined they are the text again, to the last character.

In: a text. Out: its passages, none of them white space alone unless the text is; where sentences end. Knows neither
ids nor networks. A sentence ends behind marks (. ! ? … and those of other scripts), the quotes and brackets that close
with them, and the white space after them; behind 。！？ with or without any; and behind a line break.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

_MARKS, _FULL_STOPS, _CLOSING = ".!?…।۔؟", "。！？", "\"'”’»)\\]"
# A mark or a line break and what goes with it. A run of marks is looked at once, for a text may hold a million of them;
# that all begins with one class of characters makes the search several times as fast.
_STOP = re.compile(rf"[{_MARKS}{_FULL_STOPS}\n](?:(?<=\n)\s*|(?<!\n)[{_MARKS}{_FULL_STOPS}]*[{_CLOSING}]*\s*)")
_LINE_END = re.compile(r"\n+")
# Characters in a passage. A longer one (a page without a full stop, a text on one line) is cut at white space, and
# where there is none in so many, within it.
LONGEST = 400


def sentence_ends(text: str) -> list[int]:
    """Return the places behind the sentences of `text`, but for the last one that has no end."""
    found = ((match[0], match.end()) for match in _STOP.finditer(text))
    return [end for stop, end in found if stop[-1].isspace() or not set(_FULL_STOPS).isdisjoint(stop)]


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`."""
    return _short(_cut(text, sentence_ends(text)))


def lines(text: str) -> list[str]:
    """Return the lines of `text`, each with its line break, and the empty lines behind it."""
    return _short(_cut(text, (match.end() for match in _LINE_END.finditer(text))))


def _short(passages: list[str]) -> list[str]:
    return [part for passage in passages for part in _cut(passage, _spaces(passage))]


def _spaces(passage: str) -> Iterator[int]:
    """Yield places to cut a passage that is too long: behind the last space of so many characters, or behind these."""
    at = 0
    while len(passage) - at > LONGEST:
        at = passage.rfind(" ", at, at + LONGEST) + 1 or at + LONGEST
        yield at


def _cut(text: str, ends: Iterable[int]) -> list[str]:
    """Return `text` cut at `ends`; white space alone goes with the next words, and at the end with the last ones."""
    found: list[str] = []
    start = before = 0
    stop = len(text.rstrip())
    for end in ends:
        if end >= stop:
            break
        if not text[before:end].isspace():
            found.append(text[start:end])
            start = end
        before = end
    return [*found, text[start:]]


def _ends_sentence(unit: str) -> bool:
    # as if white space followed: one unit does not see the next
    return bool(sentence_ends(f"{unit} "))


def _ends_line(unit: str) -> bool:
    return "\n" in unit


# whether a passage ends with a unit of text, for what reads unit by unit
ENDS: dict[str, Callable[[str], bool]] = {"sentences": _ends_sentence, "lines": _ends_line}

# by what `--hierarchy` calls them; without a hierarchy a text is one passage
PASSAGES: dict[str, Callable[[str], list[str]]] = {
    "none": lambda text: [text],
    "sentences": sentences,
    "lines": lines,
}

"""The words of a text as reasons: where they stand, what the text is without some of them, what each weighs.

In go a text and the spans of its words, out come texts and explanations. What finds the weights is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from textrnn.text.alphabet import UNSPACED

# N texts, M words
Span = tuple[int, int]

# Where words are written without spaces, each character is one.
_LETTERS = rf"[\w--[{UNSPACED}]]+"
# marks side by side are one word, and so is an emoji made of several
_MARKS = r"[^\w\s][[^\w\s]\p{M}\u200d]*"
_WORD = regex.compile(rf"[{UNSPACED}]\p{{M}}*|{_MARKS}|{_LETTERS}(?:['’]{_LETTERS})*", regex.V1)
_PRIVATE_USE = range(0xE000, 0xF900)


@dataclass(frozen=True)
class Reason:
    """One word: text[start:end], and by how much it speaks for the label (+) or against it (-)."""

    text: str
    start: int
    end: int
    weight: float

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "start": self.start, "end": self.end, "weight": self.weight}


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a text got `label`: the weights of its words add up to `value` less `base`, but for `completeness_error`.

    value: of the text. base: of the neutral text, from which all words are left out. Both are in the unit of what was
    explained, for a classifier in nats of a difference of logits. reasons: in the order of the text.
    """

    label: str
    reasons: tuple[Reason, ...]
    method: str
    completeness_error: float
    base: float
    value: float

    @property
    def largest_first(self) -> list[Reason]:
        """The reasons by the size of their weights; of equals the first in the text comes first."""
        return sorted(self.reasons, key=lambda reason: -abs(reason.weight))

    def to_json(self) -> dict[str, Any]:
        """Return the keys that an answer has besides when its reasons are asked for."""
        return {
            "reasons": [reason.to_json() for reason in self.reasons],
            "method": self.method,
            "completeness_error": self.completeness_error,
        }


class Words:
    """The words of a text, some of which can be left out.

    spans: (start, stop) of each word, in order, without overlap; what lies between them always stays, white space
    around a word that is left out excepted.
    """

    def __init__(self, text: str, spans: Sequence[Span]) -> None:
        edges = [edge for span in spans for edge in span]
        if [0, *edges, len(text)] != sorted([0, *edges, len(text)]) or any(start == stop for start, stop in spans):
            raise ValueError("spans must be those of words of the text, in order and without overlap")
        self.text, self.spans = text, tuple(spans)
        self._start = text[: edges[0]] if edges else text
        # each word goes with what lies between it and the next
        ends = [*edges[2::2], len(text)] if edges else []
        hole = next(chr(code) for code in _PRIVATE_USE if chr(code) not in text)
        self._with = [text[start:end] for (start, _), end in zip(spans, ends, strict=True)]
        self._without = [hole + text[stop:end] for (_, stop), end in zip(spans, ends, strict=True)]
        # from the start of white space and without going back: a text may hold a million spaces
        self._holes = re.compile(rf"(?<!\s)\s*+(?:{hole}\s*+)+")

    def __len__(self) -> int:
        return len(self.spans)

    def keep(self, kept: npt.NDArray[np.bool_]) -> str:
        """Return the text with the words that `kept` (M,) says.

        Words that stand side by side leave one space, so that their neighbours never become one word; at the ends of
        the text they leave nothing.
        """
        flags = kept.tolist()
        if all(flags):
            return self.text
        pieces = [
            with_ if flag else without for flag, with_, without in zip(flags, self._with, self._without, strict=True)
        ]
        text = self._holes.sub(" ", "".join([self._start, *pieces]))
        text = text if flags[0] else text.lstrip()
        return text if flags[-1] else text.rstrip()


def word_spans(text: str) -> list[Span]:
    """Return the (start, stop) of each word of `text` for models whose units are no words; marks are words too."""
    return [match.span() for match in _WORD.finditer(text)]

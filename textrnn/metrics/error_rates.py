"""Word and character error rate of lines against reference lines, as jiwer counts them.

In go hypotheses and references, one each, in the same order; out come edits over reference units, summed over all lines
before they are divided. Where the lines came from is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from textrnn.metrics.edits import edit_distance
from textrnn.metrics.pairs import check_pairs

SIGNATURE = "micro,words:space,like:jiwer"
_SPACES = re.compile(r"\s\s+")


@dataclass(frozen=True, kw_only=True)
class ErrorRates:
    """Edits, and the units of the references, of all lines together."""

    word_edits: int
    words: int
    character_edits: int
    characters: int
    notes: tuple[str, ...] = ()

    @property
    def wer(self) -> float:
        """Word edits a reference word, 0 for none at all; the number of edits where no reference has a word."""
        return self.word_edits / (self.words or 1)

    @property
    def cer(self) -> float:
        """Character edits a reference character, with the same rule for empty references."""
        return self.character_edits / (self.characters or 1)


def error_rates(hypotheses: Sequence[str], references: Sequence[str]) -> ErrorRates:
    """Return WER and CER: insertions, deletions and substitutions over the words or characters of the references.

    Words are what stands between spaces, so case and punctuation count; white space around a line does not.
    """
    check_pairs(hypotheses, references)
    word_edits = words = character_edits = characters = 0
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        true_words, true_characters = words_of(reference), reference.strip()
        word_edits += edit_distance(true_words, words_of(hypothesis))
        character_edits += edit_distance(true_characters, hypothesis.strip())
        words += len(true_words)
        characters += len(true_characters)
    note = "no reference holds a word: WER and CER are numbers of insertions, not rates"
    return ErrorRates(
        word_edits=word_edits,
        words=words,
        character_edits=character_edits,
        characters=characters,
        notes=(note,) if word_edits and not words else (),
    )


def words_of(line: str) -> list[str]:
    """Return the words of a line as jiwer cuts it: a single tab is part of a word, two characters of space are not."""
    return [word for word in _SPACES.sub(" ", line).strip().split(" ") if word]

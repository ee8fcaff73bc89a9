"""ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004) of lines against reference lines, as rouge-score has them without stemming.

In go hypotheses and references, one each, in the same order; out come mean F1 figures from 0 to 1, and a note where the
tokenizer, which keeps nothing but a to z and digits, has dropped what the lines say.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from textrnn.metrics.edits import common_length
from textrnn.metrics.pairs import check_pairs

SIGNATURE = "f1:mean,case:lc,tok:a-z0-9,stem:no,like:rouge-score"
_TOKENS = re.compile("[a-z0-9]+")
# above this share of letters that the tokenizer drops, a note says so
_DROPPED = 0.01


@dataclass(frozen=True, kw_only=True)
class RougeScores:
    """Mean F1 over the lines, of single words, of pairs of words, and of the longest common subsequence."""

    rouge1: float
    rouge2: float
    rouge_l: float
    notes: tuple[str, ...] = ()


def rouge_scores(hypotheses: Sequence[str], references: Sequence[str]) -> RougeScores:
    """Return the scores of `hypotheses`, one reference each; a line without words on either side scores 0."""
    check_pairs(hypotheses, references)
    scores = []
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        given, true = tokens_of(hypothesis), tokens_of(reference)
        scores.append((_overlap(given, true, 1), _overlap(given, true, 2), _subsequence(given, true)))
    # rounded once, whatever the order of the lines
    rouge1, rouge2, rouge_l = (math.fsum(column) / len(scores) for column in zip(*scores, strict=True))
    return RougeScores(rouge1=rouge1, rouge2=rouge2, rouge_l=rouge_l, notes=_notes([*hypotheses, *references]))


def tokens_of(line: str) -> list[str]:
    """Return the words of a line in lower case, cut at everything that is neither a to z nor a digit."""
    return _TOKENS.findall(line.lower())


def _overlap(given: Sequence[str], true: Sequence[str], n: int) -> float:
    own, wanted = (Counter(zip(*(words[start:] for start in range(n)), strict=False)) for words in (given, true))
    return _f1((own & wanted).total(), own.total(), wanted.total())


def _subsequence(given: Sequence[str], true: Sequence[str]) -> float:
    return _f1(common_length(given, true), len(given), len(true))


def _f1(found: int, given: int, true: int) -> float:
    """Return the harmonic mean of found / given and found / true, 0 where nothing was found."""
    if not found:
        return 0.0
    precision, recall = found / given, found / true
    return 2 * precision * recall / (precision + recall)


def _notes(lines: Sequence[str]) -> tuple[str, ...]:
    # every letter or digit of a line is kept, or dropped: others never were words
    kept = letters = 0
    for line in lines:
        if line.isascii():
            count = sum(map(len, tokens_of(line)))
            kept, letters = kept + count, letters + count
        else:
            kept += sum(map(len, tokens_of(line)))
            letters += sum(character.isalnum() for character in line.lower())
    if letters - kept <= _DROPPED * letters:
        return ()
    share = (letters - kept) / letters
    mend = "they are 0 whatever the lines say" if not kept else "they say little of such lines"
    return (f"ROUGE's tokenizer keeps a-z and 0-9 alone and drops {share:.0%} of the letters: {mend}, read chrF",)

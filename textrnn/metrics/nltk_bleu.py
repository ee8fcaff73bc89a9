"""NLTK's corpus BLEU, for those who have to repeat a figure that was made with it.

In go hypotheses and references, one each, in the same order, and the name of one of NLTK's smoothings; out come NLTK's
own number, from 0 to 1, and notes. It is no other metric than sacrebleu's BLEU, but other words are counted: those that
stand between spaces, for NLTK leaves the cutting to its user.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from textrnn.errors import UserError
from textrnn.metrics.pairs import check_pairs
from textrnn.text.display import printable

# NLTK's names (Chen & Cherry 2014 number them so), and what they do where no n-gram of a length is found.
# From method5 on NLTK looks at the last line of a corpus alone: those are for single sentences.
SMOOTHINGS = {
    "method0": "none, BLEU is 0",
    "method1": "0.1 of an n-gram counts as found",
    "method2": "one n-gram more is found and counted, of each length above one",
    "method3": "1/2, 1/4, 1/8 of an n-gram counts as found (NIST)",
    "method4": "as method3, less for short texts",
}


@dataclass(frozen=True, kw_only=True)
class NltkBleu:
    """NLTK's figure, 0 to 1, with how it was made."""

    score: float
    signature: str
    notes: tuple[str, ...] = ()


def check_smoothing(smoothing: str) -> None:
    """Refuse a smoothing that NLTK does not have, or has for single sentences only."""
    if smoothing not in SMOOTHINGS:
        known = ", ".join(SMOOTHINGS)
        raise UserError(f"unknown smoothing {printable(smoothing)!r}", which="--nltk-bleu", mend=f"give one of {known}")


def nltk_bleu(hypotheses: Sequence[str], references: Sequence[str], *, smoothing: str) -> NltkBleu:
    """Return `nltk.translate.bleu_score.corpus_bleu` of words between spaces; smoothing: one of SMOOTHINGS."""
    check_pairs(hypotheses, references)
    check_smoothing(smoothing)
    from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        score = corpus_bleu(
            [[reference.split()] for reference in references],
            [hypothesis.split() for hypothesis in hypotheses],
            smoothing_function=getattr(SmoothingFunction(), smoothing),
        )
    notes = []
    if warned:
        notes.append(
            "NLTK's BLEU without smoothing: n-grams of some length are never found, so that it is 0 "
            "whatever else is; method1 to method4 smooth"
        )
    return NltkBleu(score=float(score), signature=f"tok:split,smooth:{smoothing},scale:0-1", notes=tuple(notes))

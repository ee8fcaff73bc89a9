"""BLEU and chrF of lines of text against reference lines: sacrebleu's corpus scores, with its signature.

In go hypotheses and references, one each, in the same order; out come scores from 0 to 100 and notes on the traps that
make such a score mean less than it seems. Where the lines came from is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textrnn.metrics.pairs import check_pairs
from textrnn.metrics.signature import signature

_TOKENIZED_LINES = 100  # sacrebleu warns from this many on
_UNSPACED = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))


@dataclass(frozen=True, kw_only=True)
class TranslationScores:
    """Corpus BLEU and chrF, each 0 to 100, over `lines` pairs; conditions: sacrebleu's signature of each."""

    bleu: float
    chrf: float
    lines: int
    conditions: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def signature(self) -> str:
        """sacrebleu's own signatures, of both scores, in one."""
        return signature(**self.conditions)

    def to_json(self) -> dict[str, float | int | str]:
        return {"bleu": self.bleu, "chrf": self.chrf, "lines": self.lines, "signature": self.signature}


def translation_scores(hypotheses: Sequence[str], references: Sequence[str]) -> TranslationScores:
    """Return corpus BLEU (13a tokens, exponential smoothing) and chrF2 of `hypotheses`, one reference each.

    Raises UserError where there is nothing to compare or the numbers of lines differ, TypeError for one string in the
    place of a list.
    """
    from sacrebleu import BLEU, CHRF

    check_pairs(hypotheses, references)
    bleu, chrf = BLEU(force=True), CHRF()  # force: sacrebleu would log what _notes says
    bleu_score = bleu.corpus_score(hypotheses, [references])
    chrf_score = chrf.corpus_score(hypotheses, [references])
    return TranslationScores(
        bleu=bleu_score.score,
        chrf=chrf_score.score,
        lines=len(hypotheses),
        conditions={"bleu": str(bleu.get_signature()), "chrf": str(chrf.get_signature())},
        notes=(*_notes(hypotheses, references), *_order_note(bleu_score)),
    )


def _notes(hypotheses: Sequence[str], references: Sequence[str]) -> list[str]:
    given = [
        (bool(hypothesis.strip()), bool(reference.strip()))
        for hypothesis, reference in zip(hypotheses, references, strict=True)
    ]
    counts = {
        "an empty reference: they can only lower the scores": given.count((True, False)),
        "an empty hypothesis: nothing is found in them": given.count((False, True)),
        "neither hypothesis nor reference: their score is undefined, they add nothing": given.count((False, False)),
    }
    notes = [f"{count:,} of {len(given):,} lines have {what}" for what, count in counts.items() if count]
    tokenized = sum(line.endswith(" .") for line in hypotheses)
    if tokenized >= _TOKENIZED_LINES:
        notes.append(
            f"{tokenized:,} hypotheses end in ' .': words that were split and not joined again lower the scores"
        )
    if mostly_unspaced(references):
        notes.append("BLEU's 13a tokenizer does not split the script of the references into words: read chrF")
    return notes


def _order_note(score: Any) -> list[str]:
    """Return a note where BLEU is 0 for want of 4-grams, however good the lines are."""
    from sacrebleu import BLEU

    if score.totals[-1] or not any(score.counts):
        return []
    order = sum(total > 0 for total in score.totals)
    effective = BLEU.compute_bleu(
        list(score.counts), list(score.totals), score.sys_len, score.ref_len, smooth_method="exp", effective_order=True
    )
    return [
        "no hypothesis has 4 words, so there are no 4-grams and BLEU is 0; "
        f"with the effective order {order} it is {effective.score:.2f}"
    ]


def mostly_unspaced(lines: Sequence[str]) -> bool:
    """Whether most letters are of scripts that put no space between words."""
    letters = [ord(character) for line in lines for character in line if character.isalpha()]
    unspaced = sum(any(low <= code <= high for low, high in _UNSPACED) for code in letters if code > 0x0DFF)
    return unspaced * 2 > len(letters)

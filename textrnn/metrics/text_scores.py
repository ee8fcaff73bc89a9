"""Every score of lines of text against reference lines, together: BLEU, chrF, ROUGE, WER and CER.

In go hypotheses and references, one each, in the same order; out come scores, how they were made, and notes on what
makes them mean less than they seem. Where the lines came from is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import textrnn
from textrnn.metrics import error_rates as errors
from textrnn.metrics import rouge
from textrnn.metrics.nltk_bleu import NltkBleu, check_smoothing, nltk_bleu
from textrnn.metrics.signature import signature
from textrnn.metrics.translation import translation_scores


@dataclass(frozen=True, kw_only=True)
class TextScores:
    """bleu, chrf: 0 to 100. rouge1, rouge2, rouge_l: 0 to 1. wer, cer: from 0, above 1 where there is much too much.

    nltk_bleu: 0 to 1, as NLTK has it; None where it was not asked for.
    """

    bleu: float
    chrf: float
    rouge1: float
    rouge2: float
    rouge_l: float
    wer: float
    cer: float
    lines: int
    signature: str
    nltk_bleu: float | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, float | int | str]:
        """Return the scores by their usual names; that of NLTK only where it was asked for."""
        return {
            "bleu": self.bleu,
            "chrf": self.chrf,
            "rouge1": self.rouge1,
            "rouge2": self.rouge2,
            "rougeL": self.rouge_l,
            "wer": self.wer,
            "cer": self.cer,
            "lines": self.lines,
            **({} if self.nltk_bleu is None else {"nltk_bleu": self.nltk_bleu}),
            "signature": self.signature,
        }


def text_scores(
    hypotheses: Sequence[str], references: Sequence[str], *, nltk_smoothing: str | None = None
) -> TextScores:
    """Return all scores of `hypotheses`, one reference each; nltk_smoothing: with NLTK's BLEU, smoothed so.

    Raises UserError where there is nothing to compare or the numbers of lines differ, TypeError for one string in the
    place of a list.
    """
    if nltk_smoothing is not None:
        check_smoothing(nltk_smoothing)
    translation = translation_scores(hypotheses, references)
    overlap = rouge.rouge_scores(hypotheses, references)
    rates = errors.error_rates(hypotheses, references)
    asked: NltkBleu | None = None
    if nltk_smoothing is not None:
        asked = nltk_bleu(hypotheses, references, smoothing=nltk_smoothing)
    return TextScores(
        bleu=translation.bleu,
        chrf=translation.chrf,
        rouge1=overlap.rouge1,
        rouge2=overlap.rouge2,
        rouge_l=overlap.rouge_l,
        wer=rates.wer,
        cer=rates.cer,
        lines=translation.lines,
        nltk_bleu=None if asked is None else asked.score,
        signature=signature(
            bleu=translation.conditions["bleu"],
            chrf=translation.conditions["chrf"],
            rouge=rouge.SIGNATURE,
            wer=errors.SIGNATURE,
            nltk=None if asked is None else asked.signature,
            textrnn=textrnn.__version__,
        ),
        notes=(*translation.notes, *overlap.notes, *rates.notes, *(() if asked is None else asked.notes)),
    )

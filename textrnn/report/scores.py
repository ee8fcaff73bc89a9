"""Scores of texts as tables for people: a name, a number, and what the number counts.

In go the same facts as JSON has, out come rows of texts. How a row reaches a stream is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.report.figures import UNDEFINED

Row = tuple[str, ...]

# key -> how it is called, digits after the point, what it counts
_OF_PAIRS = {
    "bleu": ("BLEU", 2, "0 to 100, higher is better: word n-grams, 1 to 4"),
    "chrf": ("chrF", 2, "0 to 100, higher is better: character n-grams, 1 to 6"),
    "nltk_bleu": ("NLTK's BLEU", 4, "0 to 1, higher is better: words cut at spaces alone"),
    "rouge1": ("ROUGE-1", 4, "0 to 1, higher is better: mean F1 of words"),
    "rouge2": ("ROUGE-2", 4, "0 to 1, higher is better: mean F1 of word pairs"),
    "rougeL": ("ROUGE-L", 4, "0 to 1, higher is better: mean F1 of words in order"),
    "wer": ("WER", 4, "from 0, lower is better: word edits a reference word"),
    "cer": ("CER", 4, "from 0, lower is better: edits a reference character"),
}
_OF_GENERATED = {
    "distinct_1": ("distinct-1", 4, "0 to 1: different words over all words"),
    "distinct_2": ("distinct-2", 4, "0 to 1: different word pairs over all pairs"),
    "repetition_4": ("repetition", 4, "0 to 1: four words that stood before in the text"),
    "self_bleu": ("self-BLEU", 2, "0 to 100: how alike the texts are"),
    "copied": ("copied", 4, "0 to 1: characters in stretches of the source"),
}


def pair_rows(scores: Mapping[str, Any]) -> list[Row]:
    """Return the scores of hypotheses against references."""
    return [("lines", f"{scores['lines']:,}", ""), *_rows(scores, _OF_PAIRS)]


def generated_rows(figures: Mapping[str, Any]) -> list[Row]:
    """Return the figures of generated texts; those that were not asked for are left out."""
    counts = [(name, f"{figures[name]:,}", "") for name in ("texts", "words", "characters")]
    asked = {name: one for name, one in _OF_GENERATED.items() if name != "copied" or "copied:" in figures["signature"]}
    return [*counts, *_rows(figures, asked)]


def answer_rows(figures: Mapping[str, Any]) -> list[Row]:
    """Return the figures of all labels together."""

    def row(name: str, key: str) -> Row:
        pair = figures["interval_95"].get(key)
        return name, f"{figures[key]:.4f}", "" if pair is None else f"95 %: {pair[0]:.4f} to {pair[1]:.4f}"

    return [
        ("examples", f"{figures['examples']:,}", ""),
        row("accuracy", "accuracy"),
        row("macro F1", "macro_f1"),
        row("macro precision", "macro_precision"),
        row("macro recall", "macro_recall"),
        row("MCC", "mcc"),
    ]


def _rows(figures: Mapping[str, Any], named: Mapping[str, tuple[str, int, str]]) -> list[Row]:
    return [
        (name, UNDEFINED if figures[key] is None else f"{figures[key]:.{digits}f}", meaning)
        for key, (name, digits, meaning) in named.items()
        if key in figures
    ]

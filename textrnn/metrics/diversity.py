"""Whether texts differ from one another and from themselves: distinct-n, self-BLEU, the share that repeats.

In go texts or sequences of units, out come numbers. None of them says whether a text is good: read them beside the same
figure for human text of the same length.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence


def distinct(sequences: Sequence[Sequence[Hashable]], n: int) -> float | None:
    """Return distinct-n (Li et al. 2016): different n-grams over all n-grams of all sequences. 1 is the most diverse.

    It falls as texts get longer, so compare it at equal lengths only. None where no sequence has n units.
    """
    seen: set[tuple[Hashable, ...]] = set()
    total = 0
    for sequence in sequences:
        for gram in _grams(sequence, n):
            seen.add(gram)
            total += 1
    return len(seen) / total if total else None


def repetition(sequences: Sequence[Sequence[Hashable]], n: int) -> float | None:
    """Return the share of n-grams that stood earlier in the same sequence (seq-rep-n, Welleck et al. 2019).

    0 is no repetition; a text caught in a loop nears 1. None where no sequence has n units.
    """
    repeated = total = 0
    for sequence in sequences:
        grams = list(_grams(sequence, n))
        total += len(grams)
        repeated += len(grams) - len(set(grams))
    return repeated / total if total else None


def self_bleu(texts: Sequence[str], *, max_references: int = 50) -> float | None:
    """Return self-BLEU (Zhu et al. 2018), 0 to 100: corpus BLEU of each text against the others. 100 is all the same.

    At most `max_references` others stand against a text, those that follow it in a circle, so that the cost grows with
    the number of texts and not with its square. None for fewer than 2 texts.
    """
    from sacrebleu import BLEU

    if len(texts) < 2:
        return None
    texts = list(texts)
    shifts = range(1, min(len(texts) - 1, max_references) + 1)
    others = [texts[shift:] + texts[:shift] for shift in shifts]
    return float(BLEU(force=True).corpus_score(texts, others).score)


def _grams(sequence: Sequence[Hashable], n: int) -> Iterator[tuple[Hashable, ...]]:
    return zip(*(sequence[start:] for start in range(n)), strict=False)

"""How far held-out texts, or pairs of texts, are known from training: word for word, and but for case and marks.

In go texts of both sides of a split, out come counts and a note. Knows no split and no format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textrnn.data.columns import shown
from textrnn.data.pairs import Pairs
from textrnn.text.display import counted
from textrnn.text.form import text_form

_EXAMPLES = 3


@dataclass(frozen=True)
class Overlap:
    """How many held-out texts are also among those to train on: word for word, and but for case, spaces and marks.

    The latter hold the former. examples: the first few such texts.
    """

    exact: int
    normalised: int
    examples: tuple[str, ...]

    def notes(self, num_held_out: int, what: str = "texts") -> tuple[str, ...]:
        """Return a note if there are any. what: how they are called."""
        if not self.normalised:
            return ()
        share = (
            f"{self.normalised:,} of {num_held_out:,} held-out {what} ({100 * self.normalised / num_held_out:.3g} %)"
        )
        shorts = ", ".join(shown(text) for text in self.examples)
        return (
            f"{share} are among those trained on, {self.exact:,} word for word: the figures flatter; such as {shorts}",
        )


def overlap(train_texts: Sequence[str], valid_texts: Sequence[str]) -> Overlap:
    """Return how far held-out texts are known from training. Empty texts tell nothing and are not counted."""
    seen = set(train_texts)
    seen_forms = {text_form(text) for text in seen} - {""}
    exact = normalised = 0
    examples: list[str] = []
    for text in valid_texts:
        is_exact = text in seen and not text.isspace() and text != ""
        if is_exact or text_form(text) in seen_forms:
            exact, normalised = exact + is_exact, normalised + 1
            if text not in examples and len(examples) < _EXAMPLES:
                examples.append(text)
    return Overlap(exact, normalised, tuple(examples))


def pair_overlap(train: Pairs, valid: Pairs) -> tuple[str, ...]:
    """Return notes of held-out pairs whose source is among those trained on, and of how many the target is as well."""
    notes = overlap(train.sources, valid.sources).notes(len(valid), "sources")
    known = set(zip(train.sources, train.targets, strict=True))
    again = sum(pair in known for pair in zip(valid.sources, valid.targets, strict=True))
    return (*notes, *([f"{counted(again, 'held-out pair')} with source and target as trained on"] if again else []))

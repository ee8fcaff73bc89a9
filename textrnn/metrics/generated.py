"""Generated texts by themselves: how much they differ, how much they repeat, how much they copy.

In go texts, and the text they may have copied from; out come shares, and notes on what makes them mean less than they
seem. None of them says whether a text is good: read them beside the same figures of human texts of the same length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import textrnn
from textrnn.errors import UserError
from textrnn.metrics.copying import MAX_UNITS, SPAN, copied_share
from textrnn.metrics.diversity import distinct, repetition, self_bleu
from textrnn.metrics.signature import short_sha, signature
from textrnn.metrics.translation import mostly_unspaced
from textrnn.text.display import counted

# n-grams of this length stand twice in a text by chance in long texts only (Welleck et al. 2019)
REPEATED = 4
# others that each text is compared with for self-BLEU; the cost grows with their number, the figure hardly
SELF_REFERENCES = 10


@dataclass(frozen=True, kw_only=True)
class Source:
    """A text that may have been copied from: its beginning, all that is looked through, and its whole length."""

    text: str
    characters: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class GeneratedFigures:
    """Figures of `texts` texts of `words` words together; a word is what stands between white space.

    distinct_1, distinct_2: different words, pairs of words, over all. repetition_4: the share of four words in a row
    that stood before in the same text. self_bleu: 0 to 100. copied: the share of characters in stretches that stand in
    the source. None is undefined, or was not asked for.
    """

    texts: int
    words: int
    characters: int
    distinct_1: float | None
    distinct_2: float | None
    repetition_4: float | None
    self_bleu: float | None
    copied: float | None
    signature: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, float | int | str | None]:
        """Return the figures by their names."""
        return {
            "texts": self.texts,
            "words": self.words,
            "characters": self.characters,
            "distinct_1": self.distinct_1,
            "distinct_2": self.distinct_2,
            "repetition_4": self.repetition_4,
            "self_bleu": self.self_bleu,
            "copied": self.copied,
            "signature": self.signature,
        }


def generated_figures(texts: Sequence[str], source: Source | None = None) -> GeneratedFigures:
    """Return the figures of generated texts; source: what they may have been copied from.

    Raises UserError where there is no text, TypeError for one string in the place of a list.
    """
    if isinstance(texts, str):
        raise TypeError("texts is one string, not a list of texts: pass [texts]")
    if not any(text.strip() for text in texts):
        raise UserError("no text to measure", mend="give at least one that is not empty")
    words = [text.split() for text in texts]
    copied = None if source is None else copied_share([_characters(text) for text in texts], _characters(source.text))
    return GeneratedFigures(
        texts=len(texts),
        words=sum(map(len, words)),
        characters=sum(map(len, texts)),
        distinct_1=distinct(words, 1),
        distinct_2=distinct(words, 2),
        repetition_4=repetition(words, REPEATED),
        self_bleu=self_bleu(texts, max_references=SELF_REFERENCES),
        copied=copied,
        signature=signature(
            words="space",
            self_bleu=f"others:{SELF_REFERENCES},smooth:exp,tok:13a",
            copied=None if source is None else f"span:{SPAN},source:{short_sha(source.sha256)}",
            textrnn=textrnn.__version__,
        ),
        notes=tuple(_notes(texts, source)),
    )


def _characters(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _notes(texts: Sequence[str], source: Source | None) -> list[str]:
    notes = []
    if empty := sum(not text.strip() for text in texts):
        notes.append(f"{empty:,} of {counted(len(texts), 'text')} {'is' if empty == 1 else 'are'} empty")
    if len(texts) == 1:
        notes.append("self-BLEU is undefined: it compares each text with the others, and there is one")
    if all(len(text.split()) < REPEATED for text in texts):
        notes.append(f"the repetition is undefined: no text has {REPEATED} words")
    if mostly_unspaced(texts):
        notes.append("the script puts no spaces between words: distinct-n and repetition count whole phrases as words")
    if source is not None and not any(len(text) >= SPAN for text in texts):
        notes.append(f"the copied share is undefined: no text has {SPAN} characters, the shortest stretch that counts")
    if source is not None and source.characters > MAX_UNITS:
        notes.append(
            f"copies are sought in the first {MAX_UNITS:,} of the source's {source.characters:,} characters: "
            "there may be more"
        )
    return notes

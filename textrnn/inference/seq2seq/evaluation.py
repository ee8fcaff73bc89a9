"""The figures of an encoder-decoder on pairs it has not seen: BLEU, chrF, and how many texts are right as they stand.

In: a model, pairs. Out: figures with their conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from textrnn.config.seq2seq import TranslateSettings
from textrnn.data.pairs import Pairs
from textrnn.inference.making import figures_signature
from textrnn.metrics.translation import TranslationScores, translation_scores

# above this share of units that a model never saw its figures say little about the pairs
MANY_UNKNOWN = 0.01


class Written(Protocol):
    """A text that a model wrote. read, unknown: units of its source, and how many of them the model never saw."""

    @property
    def text(self) -> str: ...

    @property
    def read(self) -> int: ...

    @property
    def unknown(self) -> int: ...


class TranslatingModel(Protocol):
    """What measuring asks of a model."""

    @property
    def name(self) -> str:
        """The run's name."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """What the run says of its making."""
        ...

    def translate_with(self, sources: Sequence[str], settings: TranslateSettings) -> Sequence[Written]:
        """Return a text for each source."""
        ...


@dataclass(frozen=True, kw_only=True)
class PairFigures:
    """scores: BLEU and chrF over all pairs. right: texts that are their target, character for character."""

    scores: TranslationScores
    right: int

    @classmethod
    def of(cls, given: Sequence[str], true: Sequence[str]) -> PairFigures:
        """Compare texts with their targets."""
        right = sum(own == other for own, other in zip(given, true, strict=True))
        return cls(scores=translation_scores(given, true), right=right)

    @property
    def notes(self) -> tuple[str, ...]:
        """What makes the figures mean less than they seem."""
        return self.scores.notes

    def to_json(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "pairs": self.scores.lines,
            "bleu": self.scores.bleu,
            "chrf": self.scores.chrf,
            "exact_match": self.right / self.scores.lines,
        }


@dataclass(frozen=True, kw_only=True)
class PairEvaluation:
    """figures: of the model."""

    model: str
    figures: PairFigures
    signature: str
    notes: tuple[str, ...] = ()

    @property
    def bleu(self) -> float:
        """Corpus BLEU, 0 to 100."""
        return self.figures.scores.bleu

    @property
    def chrf(self) -> float:
        """Corpus chrF, 0 to 100."""
        return self.figures.scores.chrf

    @property
    def exact_match(self) -> float:
        """The share of texts that are right as they stand."""
        return self.figures.right / self.figures.scores.lines

    def to_json(self) -> dict[str, Any]:
        """Return the figures under the keys that `evaluate --json` prints."""
        return {"model": self.model, "task": "seq2seq", **self.figures.to_json(), "signature": self.signature}


def evaluate_translator(model: TranslatingModel, pairs: Pairs, settings: TranslateSettings) -> PairEvaluation:
    """Measure `model` on `pairs`."""
    written = model.translate_with(pairs.sources, settings)
    figures = PairFigures.of([one.text for one in written], pairs.targets)
    return PairEvaluation(
        model=model.name,
        figures=figures,
        signature=figures_signature(pairs.sha256, search=settings.signature, **figures.scores.conditions),
        notes=(*figures.notes, *_unknown(written), *_seen(model, pairs)),
    )


def _unknown(written: Sequence[Written]) -> list[str]:
    """Return a note where the model could not read much of the sources."""
    read, unknown = sum(one.read for one in written), sum(one.unknown for one in written)
    if unknown <= MANY_UNKNOWN * read:
        return []
    return [f"{unknown / read:.1%} of the units of the sources are unknown to the model, and were read as <unk>"]


def _seen(model: TranslatingModel, pairs: Pairs) -> list[str]:
    """Return a note where the model knows these very pairs from its training."""
    data = model.config.get("data") or {}
    if data.get("sha256") == pairs.sha256:
        return ["the model was trained on these very pairs, but for what it held out: the figures flatter"]
    return []

"""The figures of a tagger on tagged sentences it has not seen, beside those of looking each word up.

In: a model, sentences. Out: figures with their conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from textrnn.baselines.frequent_tag import FrequentTag
from textrnn.data.spans import marks_spans
from textrnn.data.tag_data import check_known_tags
from textrnn.data.tagged import TaggedSentences
from textrnn.inference.making import figures_signature
from textrnn.metrics.spans import SpanCounts

Tags = Sequence[Sequence[str]]
NO_SPANS = "tags that mark no spans (O, or B, I, E or S with a kind after a dash): span figures are undefined"


@dataclass(frozen=True, kw_only=True)
class TagFigures:
    """words, right: how many, and how many of them have the right tag. spans: None where the tags mark none."""

    sentences: int
    words: int
    right: int
    spans: SpanCounts | None

    @classmethod
    def of(cls, given: Tags, true: Tags) -> TagFigures:
        """Compare tags, sentence by sentence."""
        pairs = [pair for own, other in zip(given, true, strict=True) for pair in zip(own, other, strict=True)]
        has_spans = marks_spans(tag for pair in pairs for tag in pair)
        return cls(
            sentences=len(true),
            words=len(pairs),
            right=sum(own == other for own, other in pairs),
            spans=SpanCounts.of(given, true) if has_spans else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures without how much they are of; what is undefined is null."""
        spans = self.spans
        return {
            "token_accuracy": self.right / self.words,
            "span_precision": None if spans is None else spans.precision,
            "span_recall": None if spans is None else spans.recall,
            "span_f1": None if spans is None else spans.f1,
        }


@dataclass(frozen=True, kw_only=True)
class TaggedEvaluation:
    """figures: of the model. baselines: name and figures of each."""

    model: str
    figures: TagFigures
    baselines: tuple[tuple[str, TagFigures], ...]
    signature: str
    notes: tuple[str, ...] = ()

    @property
    def span_f1(self) -> float | None:
        """F1 over all spans, None where the tags mark none."""
        return None if self.figures.spans is None else self.figures.spans.f1

    @property
    def token_accuracy(self) -> float:
        """The share of words with the right tag."""
        return self.figures.right / self.figures.words

    def to_json(self) -> dict[str, Any]:
        """Return the figures under the keys that `evaluate --json` prints."""
        return {"model": self.model, "task": "tagger", **tagged_json(self), "signature": self.signature}


def tagged_json(evaluation: TaggedEvaluation) -> dict[str, Any]:
    """Return the figures alone, without whose they are."""
    return {
        "sentences": evaluation.figures.sentences,
        **evaluation.figures.to_json(),
        "baselines": [{"name": name, **figures.to_json()} for name, figures in evaluation.baselines],
    }


class TaggingModel(Protocol):
    """What measuring asks of a model."""

    @property
    def name(self) -> str:
        """The run's name."""
        ...

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags, in the order of their ids."""
        ...

    @property
    def baseline(self) -> FrequentTag | None:
        """What to compare with."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """What the run says of its making."""
        ...

    def predict(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return the tags of the words of each sentence."""
        ...


def evaluate_tagger(model: TaggingModel, sentences: TaggedSentences) -> TaggedEvaluation:
    """Measure `model` on `sentences`; a tag that it does not know counts as wrong."""
    given = model.predict(sentences.words)
    figures = TagFigures.of(given, sentences.tags)
    return TaggedEvaluation(
        model=model.name,
        figures=figures,
        baselines=tuple(looked_up([model.baseline], model.tags, sentences.words, sentences.tags)),
        signature=figures_signature(sentences.sha256, spans="conlleval"),
        notes=(
            *check_known_tags(sentences.tags, sentences.places, model.tags),
            *([NO_SPANS] if figures.spans is None else []),
            *_seen(model, sentences),
        ),
    )


def looked_up(
    baselines: Sequence[FrequentTag | None], tags: Sequence[str], words: Tags, true: Tags
) -> list[tuple[str, TagFigures]]:
    """Return name and figures of what simple methods say of the same words."""
    found = []
    for one in baselines:
        if one is not None:
            given = [[tags[id] for id in one.predict(own).tolist()] for own in words]
            found.append((one.name, TagFigures.of(given, true)))
    return found


def _seen(model: TaggingModel, sentences: TaggedSentences) -> list[str]:
    """Return a note where the model knows these very sentences from its training."""
    data = model.config.get("data") or {}
    if data.get("sha256") == sentences.sha256:
        return ["the model was trained on these very sentences, but for what it held out: the figures flatter"]
    return []

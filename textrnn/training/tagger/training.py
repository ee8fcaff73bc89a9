"""Training a tagger, from tagged sentences to a run folder.

In: sentences, settings, where to save. Out: records while it runs, then a model and the facts about its training.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textrnn.baselines.frequent_tag import FrequentTag
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.tagged import TaggedSentences
from textrnn.inference.making import figures_signature
from textrnn.inference.reading import measured_count
from textrnn.inference.tagger.evaluation import NO_SPANS, TaggedEvaluation, looked_up, tagged_json
from textrnn.inference.tagger.model import TASK, Tagger
from textrnn.report.tagged import tagged_lines
from textrnn.runs.folder import Run
from textrnn.training.start import Start
from textrnn.training.tagger.card import tagger_card
from textrnn.training.tagger.preparation import PreparedTagger, prepare_tagger
from textrnn.training.tagger.task import TaggerTask
from textrnn.training.training import Training
from textrnn.training.warm_start import donor_of

# held-out sentences whose tags are shown on the way
SHOWN = 4


class TaggerTraining(Training[TrainTaggerSettings, Tagger]):
    """One training of a tagger."""

    task_name = TASK

    def __init__(
        self,
        sentences: TaggedSentences,
        settings: TrainTaggerSettings,
        start: Start | None = None,
        *,
        valid: TaggedSentences | None = None,
    ) -> None:
        """As `Training`. valid: held-out sentences of their own."""
        start = start or Start()
        donor = None if start.init_from is None else donor_of(start.init_from)

        def prepare(resumed: Run | None) -> PreparedTagger:
            return prepare_tagger(sentences, settings, resumed, valid=valid, donor=donor)

        super().__init__(prepare, start)
        assert isinstance(self._prepared, PreparedTagger) and isinstance(self._prepared.task, TaggerTask)
        self.data, self._task = self._prepared.data, self._prepared.task

    def _subject(self) -> dict[str, Any]:
        return {
            "unit": self.data.tokenizer.unit,
            "vocabulary": len(self.data.tokenizer.symbols),
            "tags": list(self.data.tags) if len(self.data.tags) <= 20 else len(self.data.tags),
            "sentences": len(self.data.train),
        }

    def _counted(self) -> dict[str, Any]:
        return {"examples_seen": self._task.examples_before(self.state.step)}

    def _signature(self) -> str:
        facts = self.data.facts
        sentences = measured_count(self.validation(), "sentences", facts["valid_sentences"])
        return figures_signature(facts["sha256"], protocol="held-out", sentences=sentences, seed=self._prepared.seed)

    def _conclude(self, best: Any, units: int) -> Iterator[str]:
        train, valid, count = self.data.train, self.data.valid, self._task.first(units)
        baseline = FrequentTag.fit(train.words, train.tags)
        self._baseline_arrays = baseline.to_arrays()
        figures = self._task.evaluate(best, units).figures
        beside = looked_up([baseline], self.data.tags, valid.words[:count], valid.names[:count])
        self._validation = tagged_json(
            TaggedEvaluation(model="", figures=figures, baselines=tuple(beside), signature="")
        )
        if figures.spans is None:
            yield NO_SPANS

    def _sample(self, averaged: Any) -> str:
        valid, tags = self.data.valid, self.data.tags
        logits = self._task.logits(averaged, valid.units[:SHOWN])
        given = [[tags[id] for id in own.argmax(axis=1).tolist()] for own in logits]
        return tagged_lines(valid.words[:SHOWN], given, valid.names[:SHOWN])

    def _model_of(self, parameters: Any) -> Tagger:
        return Tagger(
            name=self._name(),
            tokenizer=self.data.tokenizer,
            tags=self.data.tags,
            settings=self.settings,
            parameters=parameters,
            config=self._config(),
            baseline_arrays=self._baseline_arrays,
        )

    def _card(self, *, is_brief: bool) -> str:
        return tagger_card(self.model(), self.data.facts, self.result())

"""Training a language model, from a corpus to a run folder.

In: a corpus, settings, where to save. Out: records while it runs, then a model and the facts about its training.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textrnn.baselines.ngram import NgramModel
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.inference.language_model.loading import model_from_run
from textrnn.inference.language_model.model import TASK, LanguageModel
from textrnn.inference.making import figures_signature
from textrnn.networks.parameters import map_arrays
from textrnn.text.corpus import Corpus
from textrnn.training.language_model.card import language_model_card
from textrnn.training.language_model.preparation import prepare
from textrnn.training.language_model.task import LanguageTask
from textrnn.training.loop import Measured
from textrnn.training.start import Start
from textrnn.training.tensors import to_array
from textrnn.training.training import Training

SAMPLE_LENGTH = 240
SAMPLE_SEED = 0


class LanguageModelTraining(Training[TrainLanguageModelSettings, LanguageModel]):
    """One training of a language model."""

    task_name = TASK

    def __init__(
        self,
        corpus: Corpus,
        settings: TrainLanguageModelSettings,
        start: Start | None = None,
        *,
        valid: Corpus | None = None,
    ) -> None:
        """As `Training`. valid: held-out text of its own."""
        start = start or Start()
        donor = None if start.init_from is None else model_from_run(start.init_from)
        super().__init__(
            partial(prepare, corpus, settings, valid=valid, donor=donor, started_at=start.started_at), start
        )
        assert isinstance(self._prepared.task, LanguageTask)
        self.data, self._protocol = self._prepared.task.data, self._prepared.task.protocol

    def _subject(self) -> dict[str, Any]:
        tokenizer = self.data.tokenizer
        return {"unit": tokenizer.unit, "vocabulary": len(tokenizer.symbols), **self.data.conditions.to_json()}

    def _counted(self) -> dict[str, Any]:
        return {"units_seen": self.state.units_seen}

    def _figures(self, measured: Measured) -> dict[str, Any]:
        return {**measured.to_json(), "protocol": self._protocol}

    def _signature(self) -> str:
        return figures_signature(
            self.data.facts["sha256"], protocol=self._protocol, unit=self.data.tokenizer.unit, seed=self._prepared.seed
        )

    def _conclude(self, best: Any, units: int) -> Iterator[str]:
        self._validation = self._figures(self._prepared.task.evaluate(best, units))
        ngram = NgramModel.fit(self.data.train, vocabulary_size=len(self.data.tokenizer.symbols))
        self._baseline_arrays = ngram.to_arrays()
        yield from ngram.notes

    def _sample(self, averaged: Any) -> str:
        parameters = map_arrays(lambda _, tensor: to_array(tensor), averaged)
        conditions = self.data.conditions.names
        # another one each time, as the steps have it
        condition = conditions[self.state.step % len(conditions)] if conditions else None
        text = self._model_of(parameters).generate("", length=SAMPLE_LENGTH, seed=SAMPLE_SEED, condition=condition)
        return text if condition is None else f"{condition}: {text}"

    def _model_of(self, parameters: Any) -> LanguageModel:
        return LanguageModel(
            name=self._name(),
            tokenizer=self.data.tokenizer,
            settings=self.settings,
            parameters=parameters,
            config=self._config(),
            baseline_arrays=self._baseline_arrays,
            conditions=self.data.conditions,
        )

    def _card(self, *, is_brief: bool) -> str:
        # what is looked for in the training text takes long
        training = None if is_brief else self.data.train
        return language_model_card(self.model(), training, self.data.facts, self.result())

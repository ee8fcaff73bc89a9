"""Training a language model, from a corpus to a run folder.

In: a corpus, settings, where to save. Out: records while it runs, then a model and the facts about its training.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from textrnn.baselines.ngram import NgramModel
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.inference.language_model.loading import model_from_run
from textrnn.inference.language_model.model import TASK, LanguageModel
from textrnn.inference.making import figures_signature, run_config
from textrnn.networks.parameters import map_arrays
from textrnn.runs.card import read_card
from textrnn.runs.folder import Run
from textrnn.text.corpus import Corpus
from textrnn.training.language_model.card import language_model_card
from textrnn.training.language_model.preparation import prepare
from textrnn.training.language_model.task import PROTOCOL, LanguageTask
from textrnn.training.loop import Measured
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
        *,
        folder: Path | None = None,
        overwrite: bool = False,
        resume: bool = False,
        init_from: Run | None = None,
        valid: Corpus | None = None,
        started_at: float | None = None,
        command: str | None = None,
    ) -> None:
        """As `Training`. init_from: a run whose weights to start from. valid: held-out text of its own."""
        started_at = time.monotonic() if started_at is None else started_at
        donor = None if init_from is None else model_from_run(init_from)
        begin = partial(prepare, corpus, settings, valid=valid, donor=donor, started_at=started_at)
        super().__init__(
            begin, folder=folder, overwrite=overwrite, resume=resume, started_at=started_at, command=command
        )
        assert isinstance(self._prepared.task, LanguageTask)
        self.data = self._prepared.task.data

    def _subject(self) -> dict[str, Any]:
        tokenizer = self.data.tokenizer
        return {"unit": tokenizer.unit, "vocabulary": len(tokenizer.symbols)}

    def _counted(self) -> dict[str, Any]:
        return {"units_seen": self.state.units_seen}

    def _figures(self, measured: Measured) -> dict[str, Any]:
        return {**measured.to_json(), "protocol": PROTOCOL}

    def _signature(self) -> str:
        return figures_signature(
            self.data.facts["sha256"], protocol=PROTOCOL, unit=self.data.tokenizer.unit, seed=self._prepared.seed
        )

    def _conclude(self, best: Any, units: int) -> Iterator[str]:
        self._validation = self._figures(self._prepared.task.evaluate(best, units))
        ngram = NgramModel.fit(self.data.train, vocabulary_size=len(self.data.tokenizer.symbols))
        self._baseline_arrays = ngram.to_arrays()
        yield from ngram.notes

    def _sample(self, averaged: Any) -> str:
        parameters = map_arrays(lambda _, tensor: to_array(tensor), averaged)
        return self._model_of(parameters).generate("", length=SAMPLE_LENGTH, seed=SAMPLE_SEED)

    def _model_of(self, parameters: Any) -> LanguageModel:
        return LanguageModel(
            name="" if self.folder is None else self.folder.name,
            tokenizer=self.data.tokenizer,
            settings=self.settings,
            parameters=parameters,
            config=run_config(
                self.settings,
                self.data.facts,
                plan=self._prepared.plan,
                validation=self.validation(),
                command=self._command,
            ),
            baseline_arrays=self._baseline_arrays,
        )

    def card(self) -> str | None:
        """Return the card of the model as it is: that of the run, or one without what takes long to measure.

        None before anything was measured.
        """
        saved = None if self.folder is None else read_card(self.folder)
        if saved is not None or self.validation() is None:
            return saved
        return language_model_card(self.model(), None, self.data.facts, self.result())

    def _card(self) -> str:
        # whoever wants to leave does not wait for what is looked for in the training text
        training = self.data.train if self._stop_wanted is None else None
        return language_model_card(self.model(), training, self.data.facts, self.result())

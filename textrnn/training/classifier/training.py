"""Training a classifier, from labelled rows to a run folder.

In: rows, settings, where to save. Out: records while it runs, then a model and the facts about its training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from textrnn.baselines.bag_of_words import BagOfWords
from textrnn.baselines.known_texts import KnownTexts
from textrnn.baselines.majority import Majority
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.labelled import LabelledRows
from textrnn.inference.classifier.evaluation import measured, measured_json
from textrnn.inference.classifier.model import TASK, TextClassifier
from textrnn.inference.making import figures_signature
from textrnn.inference.reading import measured_count
from textrnn.metrics.calibration import expected_calibration_error
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.report.records import Record
from textrnn.report.verdicts import verdict_lines
from textrnn.runs.folder import Run
from textrnn.training.classifier.card import classifier_card
from textrnn.training.classifier.mixing import cross_fitted, fit_mixing, unfitted
from textrnn.training.classifier.preparation import PreparedClassifier, prepare_classifier
from textrnn.training.classifier.pretraining import Pretraining
from textrnn.training.classifier.task import ClassifierTask, Measured
from textrnn.training.division import kept_numbers
from textrnn.training.start import Start
from textrnn.training.tensors import to_array
from textrnn.training.training import Training
from textrnn.training.warm_start import donor_of, warm_classifier

# held-out texts whose verdicts are shown on the way
SHOWN = 4
# of a budget, what a language model that is trained first may take
PRETRAINING_SHARE = 0.5


class ClassifierTraining(Training[TrainClassifierSettings, TextClassifier]):
    """One training of a classifier."""

    task_name = TASK

    def __init__(
        self,
        rows: LabelledRows,
        settings: TrainClassifierSettings,
        start: Start | None = None,
        *,
        valid: LabelledRows | None = None,
        unlabelled: Sequence[str] = (),
    ) -> None:
        """As `Training`. valid: held-out rows of their own. unlabelled: further texts."""
        start = start or Start()
        donor = None if start.init_from is None else donor_of(start.init_from)

        def prepare(resumed: Run | None) -> PreparedClassifier:
            return prepare_classifier(rows, settings, resumed, valid=valid, unlabelled=unlabelled, donor=donor)

        super().__init__(prepare, start)
        assert isinstance(self._prepared, PreparedClassifier) and isinstance(self._prepared.task, ClassifierTask)
        self.data, self._task, self._ngrams = self._prepared.data, self._prepared.task, self._prepared.ngrams
        self._reads = self._prepared.reads
        self._mixing = self._prepared.mixing
        self._is_mixed = False
        self._unlabelled, self._has_donor = unlabelled, donor is not None
        self._pretraining: Pretraining | None = None
        self._calibration: dict[str, float | None] | None = None

    def stop(self, by: str = "signal") -> None:
        """As `Training`; a language model that is trained first ends too."""
        super().stop(by)
        if self._pretraining is not None:
            self._pretraining.stop(by)

    def _warm_up(self) -> Iterator[Record]:
        if self.settings.pretrain != "language-model" or self._has_donor or self.state.step > 0:
            return
        budget = self.settings.budget
        left = None if budget is None else PRETRAINING_SHARE * (budget - self._elapsed_now())
        texts = (*self.data.train.texts, *self._unlabelled)
        with kept_numbers():
            self._pretraining = Pretraining(texts, self.settings, budget_s=left)
            if self._stop_wanted is None:
                yield from self._pretraining.records()
        fresh = map_arrays(lambda _, tensor: to_array(tensor), self.state.parameters)
        warm = warm_classifier(fresh, self.data.tokenizer, self.data.labels, self._pretraining.model())
        self.state.start_from(named_arrays(warm))

    def _subject(self) -> dict[str, Any]:
        return {
            "unit": self.data.tokenizer.unit,
            "vocabulary": len(self.data.tokenizer.symbols),
            "labels": list(self.data.labels) if len(self.data.labels) <= 20 else len(self.data.labels),
            "texts": len(self.data.train),
        }

    def _plan_facts(self) -> dict[str, Any]:
        return {**super()._plan_facts(), "counted_in": "text"}

    def _counted(self) -> dict[str, Any]:
        return {"examples_seen": self.state.units_seen}

    def _signature(self) -> str:
        facts = self.data.facts
        rows = measured_count(self.validation(), "examples", facts["valid_rows"])
        return figures_signature(facts["sha256"], protocol="held-out", rows=rows, seed=self._prepared.seed)

    def _beside(self) -> dict[str, Mapping[str, np.ndarray]]:
        roles = super()._beside()
        return roles if self._ngrams is None else {**roles, "ngrams": self._ngrams._asdict()}

    def _conclude(self, best: Any, units: int) -> Iterator[str]:
        data, task = self.data, self._task
        parts, truth = task.parts(best, units), data.valid.labels[:units]
        self._mixing, self._is_mixed = fit_mixing(parts), True
        baselines = [kind.fit(data.train.texts, data.train.labels, len(data.labels)) for kind in (Majority, BagOfWords)]
        known = KnownTexts.fit((*data.train.texts, *data.valid.texts))
        self._baseline_arrays = {name: array for one in (*baselines, known) for name, array in one.to_arrays().items()}
        evaluation = measured(
            "", task.answers(cross_fitted(parts)), truth, data.labels,
            baselines=[(one.name, one.predict(data.valid.texts[:units])) for one in baselines],
            signature="", seed=self._prepared.seed,
        )  # fmt: skip
        before = np.exp(task.answers(unfitted(parts)))
        self._calibration = {
            "ece_before": expected_calibration_error(before.max(axis=1), before.argmax(axis=1) == truth),
            "ece_after": evaluation.figures.ece,
        }
        self._validation = measured_json(evaluation)
        yield from evaluation.notes

    def _sample(self, averaged: Any) -> str:
        valid, mixed = self.data.valid, self._task.parts(averaged, SHOWN).mixed(self.mixing)
        chances = np.exp(self._task.answers(mixed))
        return verdict_lines(valid.texts[:SHOWN], valid.labels[:SHOWN], chances, self.data.labels)

    @property
    def mixing(self) -> dict[str, float]:
        """How much each part weighs: as all held-out texts say in the end, as the best evaluation said on the way."""
        best = None if self._loop is None else self._loop.best
        return best.mixing if isinstance(best, Measured) and not self._is_mixed else self._mixing

    def _model_of(self, parameters: Any) -> TextClassifier:
        made = self._config()
        return TextClassifier(
            name=self._name(),
            tokenizer=self.data.tokenizer,
            labels=self.data.labels,
            settings=self.settings,
            parameters=parameters,
            ngrams=self._ngrams,
            config={
                **made,
                "prior": self.data.prior.tolist(),
                "mixing": self.mixing,
                "calibration": self._calibration,
                "ngrams": {name: None if span is None else list(span) for name, span in self._reads.items()},
            },
            baseline_arrays=self._baseline_arrays,
        )

    def _card(self, *, is_brief: bool) -> str:
        return classifier_card(self.model(), self.data.facts, self.result())

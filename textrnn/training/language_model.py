"""Training a language model, from a corpus to a run folder: everything around the loop.

In: a corpus, settings, where to save. Out: records while it runs, then a model and the facts about its training.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch

from textrnn.baselines.ngram import NgramModel
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.errors import WorldError
from textrnn.inference.language_model import TASK, LanguageModel, figures_signature, run_config
from textrnn.inference.load import model_from_run
from textrnn.metrics.likelihood import Likelihood
from textrnn.networks.language_model import LanguageModelParameters
from textrnn.networks.parameters import map_arrays, with_arrays
from textrnn.report.records import Done, Evaluation, Note, Plan, Record, to_json
from textrnn.runs.folder import Run, open_run
from textrnn.runs.layout import MANIFEST
from textrnn.runs.target import check_available
from textrnn.runs.writer import RunWriter
from textrnn.text.corpus import Corpus
from textrnn.training.course import Course, total_steps
from textrnn.training.language_run import language_model_card
from textrnn.training.language_task import PROTOCOL
from textrnn.training.loop import Loop
from textrnn.training.preparation import LEAVING_S, prepare
from textrnn.training.tensors import to_array, to_tensors
from textrnn.training.threads import ThreadChooser

# an evaluation's speed against training's, before it has been measured: no backward pass, larger products
EVALUATION_AGAINST_TRAINING = 2.0
SAMPLE_LENGTH = 240
SAMPLE_SEED = 0


class LanguageModelTraining:
    """One training: made ready and checked when constructed, run by `records`."""

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
        """Check everything, prepare the data, decide all sizes, and take the folder.

        started_at: time.monotonic() at the start of what a budget counts. command: what repeats this, for the card.
        Raises UserError for all that the user can mend, before anything is written.
        """
        self._started_at = time.monotonic() if started_at is None else started_at
        if folder is not None:
            check_available(folder, overwrite=overwrite, resume=resume)
        resumed = open_run(folder, task=TASK) if resume and folder is not None and has_commit(folder) else None
        self._prepared = prepare(
            corpus,
            settings,
            valid=valid,
            resumed=resumed,
            donor=None if init_from is None else model_from_run(init_from),
            elapsed_s=self._elapsed_now,
        )
        self.settings, self.data, self.state = self._prepared.settings, self._prepared.data, self._prepared.state
        self.folder = folder
        # what repeats a run is what began it
        self._command = _seeded(command, self._prepared.seed) if resumed is None else resumed.json("config")["command"]
        self._writer = None if folder is None else RunWriter(folder, overwrite=overwrite, resume=resume)
        self._elapsed_before = self.state.elapsed_s
        self._loop: Loop | None = None
        self._stop_wanted: str | None = None
        self._last: Likelihood | None = None
        # the n-gram model of the training part, which continuations are compared with
        self._baseline_arrays: dict[str, np.ndarray] | None = None

    def _elapsed_now(self) -> float:
        return time.monotonic() - self._started_at

    def stop(self, by: str = "signal") -> None:
        """End after the step under way, save, and let `records` end. Safe to call from a signal handler."""
        self._stop_wanted = by
        if self._loop is not None:
            self._loop.stop(by)

    def records(self) -> Iterator[Record]:
        """Train, saving on the way; the last record is Done."""
        # the folder is taken first, and for as long as there is training: one that cannot be written to is refused now
        with nullcontext() if self._writer is None else self._writer:
            yield from (Note(text=note) for note in self._prepared.notes)
            yield Plan(facts=self._plan_facts())
            self._loop = self._made_loop()
            if self._stop_wanted:
                self._loop.stop(self._stop_wanted)
            for record in chain(self._loop.records(), self._finish(self._loop)):
                yield record
                if isinstance(record, Evaluation):
                    yield from self._recorded(record)
        yield Done(facts=self.result())

    def _recorded(self, record: Evaluation) -> Iterator[Record]:
        try:
            if self._writer is not None:
                self._writer.record(to_json(record))
        except WorldError as error:
            yield Note(text=f"{error}; training goes on")

    def _plan_facts(self) -> dict[str, Any]:
        names = (
            "cell", "num_layers", "hidden_size", "embed_size", "batch_size", "seq_length", "dropout", "optimizer",
        )  # fmt: skip
        return {
            "run": None if self.folder is None else str(self.folder),
            **{name: getattr(self.settings, name) for name in names},
            "parameters": self._prepared.num_parameters,
            "unit": self.data.tokenizer.unit,
            "vocabulary": len(self.data.tokenizer.symbols),
            **{name: value for name, value in self._prepared.plan.items() if name not in names},
        }

    def _made_loop(self) -> Loop:
        settings, spent = self.settings, self._elapsed_now()
        steps, by = total_steps(settings.steps, settings.epochs, self._prepared.task.steps_per_epoch)
        limit = None
        if settings.budget is not None:
            left = settings.budget - self._elapsed_before - spent - LEAVING_S
            limit = self.state.trained_s + max(0.0, left)
        course = Course(
            limit_s=limit,
            total_steps=steps,
            total_by=by,
            steps_per_epoch=self._prepared.task.steps_per_epoch,
            patience=settings.patience,
        )
        return Loop(
            task=self._prepared.task,
            state=self.state,
            course=course,
            clip=settings.clip,
            save_every_s=settings.save_every,
            commit=self._commit,
            sample=self._sample,
            clock=lambda: self._elapsed_before + self._elapsed_now(),
            budget_s=settings.budget,
            threads=ThreadChooser(self._prepared.threads, torch.get_num_threads(), torch.set_num_threads),
            reads_per_s=self._prepared.units_per_second * EVALUATION_AGAINST_TRAINING,
        )

    def _finish(self, loop: Loop) -> Iterator[Record]:
        """Measure the last weights, take the best as the model's, measure those on all held-out text, and commit."""
        if loop.stopped_by != "signal":
            if self.state.step == 0:
                yield Note(text="no step was taken: what is saved is the initial model")
            # patience ends right after an evaluation
            if loop.stopped_by != "patience":
                yield from loop.evaluate(loop.units_on_the_way())
            best = to_tensors(self._parameters_to_run(), self._prepared.device)
            self._last, _ = self._prepared.task.evaluate(best, loop.units_at_the_end())
            ngram = NgramModel.fit(self.data.train, vocabulary_size=len(self.data.tokenizer.symbols))
            self._baseline_arrays = ngram.to_arrays()
            yield from (Note(text=note) for note in ngram.notes)
        self.state.elapsed_s = self._elapsed_before + self._elapsed_now()
        self._commit()

    def _parameters_to_run(self) -> LanguageModelParameters:
        template: LanguageModelParameters = map_arrays(lambda _, tensor: to_array(tensor), self.state.parameters)
        return with_arrays(template, self.state.arrays_to_run())

    def _sample(self, averaged: Any) -> str:
        parameters = map_arrays(lambda _, tensor: to_array(tensor), averaged)
        return self._model_of(parameters).generate("", length=SAMPLE_LENGTH, seed=SAMPLE_SEED)

    def _model_of(self, parameters: LanguageModelParameters) -> LanguageModel:
        return LanguageModel(
            name="" if self.folder is None else self.folder.name,
            tokenizer=self.data.tokenizer,
            settings=self.settings,
            parameters=parameters,
            config=self._config(),
            baseline_arrays=self._baseline_arrays,
        )

    def _config(self) -> dict[str, Any]:
        return run_config(
            self.settings,
            self.data.facts,
            plan=self._prepared.plan,
            validation=self.validation(),
            command=self._command,
        )

    def model(self) -> LanguageModel:
        """Return the model as it stands: the best weights so far."""
        return self._model_of(self._parameters_to_run())

    def validation(self) -> dict[str, Any] | None:
        """Return the held-out figures of the model, None before the last evaluation."""
        return None if self._last is None else {**self._last.to_json(), "protocol": PROTOCOL}

    def result(self) -> dict[str, Any]:
        """Return the facts of the training as `train-lm --json` prints them."""
        return {
            "run": None if self.folder is None else str(self.folder),
            "task": TASK,
            "cell": self.settings.cell,
            "parameters": self._prepared.num_parameters,
            "unit": self.data.tokenizer.unit,
            "vocabulary": len(self.data.tokenizer.symbols),
            "steps": self.state.step,
            "units_seen": self.state.units_seen,
            "seconds": round(self._elapsed_before + self._elapsed_now(), 3),
            "stopped_by": None if self._loop is None else self._loop.stopped_by,
            "validation": self.validation(),
            "signature": figures_signature(
                self.data.facts["sha256"], protocol=PROTOCOL, unit=self.data.tokenizer.unit, seed=self._prepared.seed
            ),
        }

    def _commit(self) -> None:
        """Write the whole state, and the card, as one commit; nothing where there is no folder."""
        if self._writer is None:
            return
        is_finished = self._last is not None
        model = self.model()
        baseline = {} if self._baseline_arrays is None else {"baseline": self._baseline_arrays}
        self._writer.commit(
            task=TASK,
            step=self.state.step,
            json={**model.json_roles(), "resume-state": {**self.state.facts(), "threads": torch.get_num_threads()}},
            arrays={"model": self.state.arrays_to_run(), "resume": self.state.arrays(), **baseline},
            finished=is_finished,
        )
        if is_finished:
            self._writer.write_card(language_model_card(model, self.data.train, self.data.facts, self.result()))


def _seeded(command: str | None, seed: int) -> str | None:
    """Return `command` with the seed that was drawn, where it names none: without it nothing is repeated."""
    return command if command is None or "--seed" in command else f"{command} --seed {seed}"


def has_commit(folder: Path) -> bool:
    """Whether there is a run to go on with in `folder`."""
    return (folder / MANIFEST).exists()

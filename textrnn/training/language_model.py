"""Training a language model, from a corpus to a run folder: everything around the loop.

In: a corpus, settings, where to save. Out: records while it runs, then a model and the facts about its training.
"""

from __future__ import annotations

import secrets
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
from textrnn.config.training import DEFAULT_BUDGET_S
from textrnn.data.text_data import fitted_sizes, prepare_text
from textrnn.errors import UserError
from textrnn.inference.language_model import LanguageModel, figures_signature, run_config
from textrnn.inference.load import model_from_run
from textrnn.metrics.likelihood import Likelihood
from textrnn.networks.initial import initial_parameters, parameter_shapes
from textrnn.networks.language_model import LanguageModelParameters, cell_of
from textrnn.networks.parameters import map_arrays, named_arrays, with_arrays
from textrnn.report.records import Done, Evaluation, Note, Plan, Record, to_json
from textrnn.runs.folder import Run, open_run
from textrnn.runs.layout import MANIFEST
from textrnn.runs.writer import RunWriter
from textrnn.text.corpus import Corpus
from textrnn.text.tokenizer import tokenizer_from_json
from textrnn.training.course import Course, total_steps
from textrnn.training.language_task import PROTOCOL, LanguageTask
from textrnn.training.loop import Loop
from textrnn.training.memory import check_memory
from textrnn.training.optimizer import Optimizers
from textrnn.training.planner import measured_speed, plan
from textrnn.training.state import TrainingState
from textrnn.training.tensors import chosen_device, to_array, to_tensors
from textrnn.training.warm_start import settings_from, warm_parameters

TASK = "language-model"
# of a budget: what the last evaluation may take at most, and what is kept back for saving and leaving
LAST_EVALUATION_SHARE = 0.1
LEAVING_S = 1.0
# an evaluation's speed against training's, before it has been measured: no backward pass
EVALUATION_AGAINST_TRAINING = 2.5
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
        self._command = command
        self._device = chosen_device(settings.device)
        torch.set_num_threads(settings.threads or torch.get_num_threads())
        resumed = open_run(folder, task=TASK) if resume and folder is not None and has_commit(folder) else None
        self._notes: list[str] = []
        settings = self._with_end_and_seed(settings)
        donor = None if init_from is None else model_from_run(init_from)
        if donor is not None and resumed is None:
            settings = settings_from(donor, settings)
        tokenizer = None if resumed is None else tokenizer_from_json(resumed.json("tokenizer"))
        if resumed is not None:
            _check_same_data(resumed, corpus, valid)
        self.data = prepare_text(corpus, settings, valid=valid, tokenizer=tokenizer)
        self._notes.extend(self.data.notes)
        self.plan: dict[str, Any] = {}
        if resumed is None:
            settings = self._decided(settings)
        else:
            self.plan = dict(resumed.json("config").get("plan") or {})
        self.settings = settings
        shapes = parameter_shapes(settings, len(self.data.tokenizer.symbols))
        self.num_parameters = sum(int(np.prod(shape)) for shape in shapes.values())
        check_memory(settings, self.num_parameters, len(self.data.tokenizer.symbols))
        self._task = LanguageTask(self.data, settings, self._seed, self._device)
        self.state = self._state(settings, donor if resumed is None else None)
        if resumed is not None:
            self.state.restore(resumed.arrays("resume"), resumed.json("resume-state"), dict(resumed.arrays("model")))
        self.folder = folder
        self._writer = None if folder is None else RunWriter(folder, overwrite=overwrite, resume=resume)
        self._elapsed_before = self.state.elapsed_s
        self._loop: Loop | None = None
        self._stop_wanted: str | None = None
        self._last: Likelihood | None = None

    def _with_end_and_seed(self, settings: TrainLanguageModelSettings) -> TrainLanguageModelSettings:
        if not settings.has_end:
            settings = settings.replace(budget=DEFAULT_BUDGET_S)
        if settings.seed is None:
            settings = settings.replace(seed=secrets.randbelow(2**31))
            self._notes.append(f"seed {settings.seed}")
        assert settings.seed is not None
        self._seed = settings.seed
        return settings

    def _decided(self, settings: TrainLanguageModelSettings) -> TrainLanguageModelSettings:
        """Return settings whose every size is decided: by the planner under a budget, by constants without."""
        units = len(self.data.train)
        if settings.budget is None:
            settings, note = fitted_sizes(settings.settled(), units)
            self._notes.extend([note] if note else [])
            return settings
        planned = plan(
            settings,
            training_s=settings.budget - self._elapsed_now() - LEAVING_S,
            train_units=units,
            vocabulary_size=len(self.data.tokenizer.symbols),
            speed_of=self._measured_speed,
        )
        self.plan = {
            **planned.chosen,
            "units_per_second": round(planned.units_per_second),
            "epochs": round(planned.epochs, 2),
        }
        settings, note = fitted_sizes(planned.settings, units)
        self._notes.extend([note] if note else [])
        return settings

    def _measured_speed(self, settings: TrainLanguageModelSettings) -> float:
        """Return units per second of real steps with these settings, on weights that are thrown away."""
        check_memory(settings, 0, len(self.data.tokenizer.symbols))
        task, state = LanguageTask(self.data, settings, self._seed, self._device), self._state(settings, None)
        carried: Any = None

        def step() -> int:
            nonlocal carried
            loss, units, carried = task.loss(state.parameters, 0, 0.0, carried)
            loss.backward()  # type: ignore[no-untyped-call]
            state.optimizers.step(0.0)
            return units

        return measured_speed(step)

    def _state(self, settings: TrainLanguageModelSettings, donor: LanguageModel | None) -> TrainingState:
        rng = np.random.default_rng([self._seed, 0x494E])
        fresh = initial_parameters(settings, len(self.data.tokenizer.symbols), rng)
        if donor is not None:
            fresh = warm_parameters(fresh, self.data.tokenizer, donor)
        parameters = to_tensors(fresh, self._device, trainable=True)
        named = named_arrays(parameters)
        optimizers = Optimizers(named, settings, gates=len(cell_of(settings).gates))
        average = {name: tensor.detach().clone() for name, tensor in named.items()}
        return TrainingState(parameters=parameters, optimizers=optimizers, average=average)

    def _elapsed_now(self) -> float:
        return time.monotonic() - self._started_at

    def stop(self, by: str = "signal") -> None:
        """End after the step under way, save, and let `records` end. Safe to call from a signal handler."""
        self._stop_wanted = by
        if self._loop is not None:
            self._loop.stop(by)

    def records(self) -> Iterator[Record]:
        """Train, saving on the way; the last record is Done."""
        yield from (Note(text=note) for note in self._notes)
        yield Plan(facts=self._plan_facts())
        # the folder is taken for as long as there is training
        with nullcontext() if self._writer is None else self._writer:
            self._loop = self._made_loop()
            if self._stop_wanted:
                self._loop.stop(self._stop_wanted)
            for record in chain(self._loop.records(), self._finish(self._loop)):
                if self._writer is not None and isinstance(record, Evaluation):
                    self._writer.record(to_json(record))
                yield record
        yield Done(facts=self.result())

    def _plan_facts(self) -> dict[str, Any]:
        names = (
            "cell", "num_layers", "hidden_size", "embed_size", "batch_size", "seq_length", "dropout", "optimizer",
        )  # fmt: skip
        return {
            "run": None if self.folder is None else str(self.folder),
            **{name: getattr(self.settings, name) for name in names},
            "parameters": self.num_parameters,
            "unit": self.data.tokenizer.unit,
            "vocabulary": len(self.data.tokenizer.symbols),
            **{name: value for name, value in self.plan.items() if name not in names},
        }

    def _made_loop(self) -> Loop:
        settings, spent = self.settings, self._elapsed_now()
        steps, by = total_steps(settings.steps, settings.epochs, self._task.steps_per_epoch)
        limit = None
        if settings.budget is not None:
            # what is left of the budget, less the last evaluation: its size is planned by the speed seen in planning
            speed = self.plan.get("units_per_second") or 20_000
            last = self._task.valid_units / (speed * EVALUATION_AGAINST_TRAINING)
            reserve = LEAVING_S + min(LAST_EVALUATION_SHARE * settings.budget, last)
            limit = self.state.trained_s + max(0.0, settings.budget - self._elapsed_before - spent - reserve)
        course = Course(
            limit_s=limit,
            total_steps=steps,
            total_by=by,
            steps_per_epoch=self._task.steps_per_epoch,
            patience=settings.patience,
        )
        return Loop(
            task=self._task,
            state=self.state,
            course=course,
            clip=settings.clip,
            save_every_s=settings.save_every,
            commit=self._commit,
            sample=self._sample,
            clock=lambda: self._elapsed_before + self._elapsed_now(),
            budget_s=settings.budget,
            evaluation_units_per_s=(self.plan.get("units_per_second") or 20_000) * EVALUATION_AGAINST_TRAINING,
        )

    def _finish(self, loop: Loop) -> Iterator[Record]:
        """Measure the last weights, take the best as the model's, measure those on all held-out text, and commit."""
        if loop.stopped_by != "signal":
            yield from loop.evaluate(loop.units_on_the_way())
            units = self._task.valid_units
            if self.settings.budget is not None and loop.evaluation_units_per_s:
                units = min(units, int(LAST_EVALUATION_SHARE * self.settings.budget * loop.evaluation_units_per_s))
            best = to_tensors(self._parameters_to_run(), self._device)
            self._last, _ = self._task.evaluate(best, max(2, units))
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
        )

    def _config(self) -> dict[str, Any]:
        return run_config(
            self.settings, self.data.facts, plan=self.plan, validation=self.validation(), command=self._command
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
            "parameters": self.num_parameters,
            "unit": self.data.tokenizer.unit,
            "vocabulary": len(self.data.tokenizer.symbols),
            "steps": self.state.step,
            "units_seen": self.state.units_seen,
            "seconds": round(self._elapsed_before + self._elapsed_now(), 3),
            "stopped_by": None if self._loop is None else self._loop.stopped_by,
            "validation": self.validation(),
            "signature": figures_signature(
                self.data.facts["sha256"], protocol=PROTOCOL, unit=self.data.tokenizer.unit, seed=self._seed
            ),
        }

    def _commit(self) -> None:
        """Write the whole state, and the card, as one commit; nothing where there is no folder."""
        if self._writer is None:
            return
        is_finished = self._last is not None
        model = self._model_of(self._parameters_to_run())
        baseline = {"baseline": self._baseline_arrays()} if is_finished else {}
        self._writer.commit(
            task=TASK,
            step=self.state.step,
            json={**model.json_roles(), "resume-state": self.state.facts()},
            arrays={"model": self.state.arrays_to_run(), "resume": self.state.arrays(), **baseline},
            finished=is_finished,
        )

    def _baseline_arrays(self) -> dict[str, np.ndarray]:
        """Return the n-gram model of the training part, which continuations are compared with."""
        return NgramModel.fit(self.data.train, vocabulary_size=len(self.data.tokenizer.symbols)).to_arrays()


def has_commit(folder: Path) -> bool:
    """Whether there is a run to go on with in `folder`."""
    return (folder / MANIFEST).exists()


def _check_same_data(run: Run, corpus: Corpus, valid: Corpus | None) -> None:
    data = run.json("config")["data"]
    for name, had, given in (
        ("the text", data["sha256"], corpus.sha256),
        ("the held-out text", data["valid_sha256"], None if valid is None else valid.sha256),
    ):
        if had != given:
            raise UserError(
                f"{name} is another than {run.name} was trained on (sha256 {str(given)[:12]}, was {str(had)[:12]})",
                mend="give the same text, or train a new run with --init-from",
            )

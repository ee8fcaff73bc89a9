"""One training of any task, from its first record to its last commit: everything around the loop.

In: what was prepared, where to save. Out: records while it runs, then a model and the facts about its training. What is
learned, and from what data, is the subclass's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch

# its optimizers import this at their first step, as long as torch itself takes: here nothing is under way yet
import torch._dynamo

from textrnn.errors import WorldError
from textrnn.inference.making import run_config
from textrnn.networks.parameters import map_arrays, with_arrays
from textrnn.report.records import Done, Evaluation, Note, Plan, Record, to_json
from textrnn.runs.card import read_card
from textrnn.runs.folder import Run, open_run
from textrnn.runs.layout import MANIFEST
from textrnn.runs.rescue import rescued
from textrnn.runs.target import check_available
from textrnn.runs.writer import RunWriter
from textrnn.training import division
from textrnn.training.beginning import seeded
from textrnn.training.course import NO_STEP, Course, total_steps
from textrnn.training.interrupting import interruptible
from textrnn.training.learning import Learning
from textrnn.training.loop import Loop
from textrnn.training.prepared import ModelType, Prepared, Settings
from textrnn.training.start import Start
from textrnn.training.tensors import to_array, to_tensors
from textrnn.training.threads import ThreadChooser

# an evaluation's speed against training's, before it has been measured: no backward pass, larger products
EVALUATION_AGAINST_TRAINING = 2.0


class Training(Learning[Settings, ModelType]):
    """One training: made ready and checked when constructed, run by `records`."""

    def __init__(
        self,
        prepare: Callable[[Run | None], Prepared[Settings]],
        start: Start,
    ) -> None:
        """Check everything, prepare the data, decide all sizes, and take the folder.

        prepare: is given the run to go on with, if any. Raises UserError for all that the user can mend, before
        anything is written.
        """
        folder, overwrite, resume = start.folder, start.overwrite, start.resume
        self._started_at = start.started_at
        if folder is not None:
            check_available(folder, overwrite=overwrite, resume=resume)
        goes_on = resume and folder is not None and has_commit(folder)
        resumed = open_run(folder, task=self.task_name) if goes_on and folder is not None else None
        self._prepared = prepare(resumed)
        self.settings, self.state, self.folder = self._prepared.settings, self._prepared.state, folder
        # what repeats a run is what began it
        begun_by = None if resumed is None else resumed.json("config")["command"]
        self._command: str | None = seeded(start.command, self._prepared.seed) if resumed is None else begun_by
        self._writer = None if folder is None else RunWriter(folder, overwrite=overwrite, resume=resume)
        self._elapsed_before = self.state.elapsed_s
        self._loop: Loop | None = None
        self._stop_wanted: str | None = None
        self._validation: dict[str, Any] | None = None
        # what was measured on the way before this training went on
        self._measured_before = None if resumed is None else resumed.json("config")["validation"]
        self._is_interruptible = False
        # what simple methods learned from the same training part
        self._baseline_arrays: dict[str, np.ndarray] | None = None

    def _beside(self) -> dict[str, Mapping[str, np.ndarray]]:
        """Return the roles of arrays that a run holds beside the weights and what training goes on from."""
        return {} if self._baseline_arrays is None else {"baseline": self._baseline_arrays}

    def card(self) -> str | None:
        """Return the card of the model as it is: the run's, or one of its own; None before its last evaluation."""
        saved = None if self.folder is None else read_card(self.folder)
        return saved or (None if self._validation is None else self._card(is_brief=True))

    def _config(self) -> dict[str, Any]:
        """Return what a run says of its making."""
        return run_config(
            self.settings,
            self._prepared.facts,
            plan=self._prepared.plan,
            validation=self.validation(),
            command=self._command,
        )

    def _name(self) -> str:
        return "" if self.folder is None else self.folder.name

    def _elapsed_now(self) -> float:
        return time.monotonic() - self._started_at

    def stop(self, by: str = "signal") -> None:
        """End after the step under way, save, and let `records` end. Safe to call from a signal handler.

        After the last step there is only measuring, of what is held out and for the card, which KeyboardInterrupt ends.
        """
        self._stop_wanted = by
        if self._is_interruptible:
            raise KeyboardInterrupt
        if self._loop is not None:
            self._loop.stop(by)

    def records(self) -> Iterator[Record]:
        """Train, saving on the way; the last record is Done."""
        # the folder is taken first, and for as long as there is training: one that cannot be written to is refused now
        with nullcontext() if self._writer is None else self._writer:
            yield from (Note(text=note) for note in self._prepared.notes)
            yield Plan(facts=self._plan_facts())
            yield from self._warm_up()
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
        return {
            "run": None if self.folder is None else str(self.folder),
            **{name: getattr(self.settings, name) for name in self.planned},
            "parameters": self._prepared.num_parameters,
            **self._subject(),
            **{name: value for name, value in self._prepared.plan.items() if name not in self.planned},
        }

    def _made_loop(self) -> Loop:
        settings, spent = self.settings, self._elapsed_now()
        task = self._prepared.task
        steps, by = total_steps(settings.steps, settings.epochs, task.steps_per_epoch)
        limit = None
        if settings.budget is not None:
            left = settings.budget - self._elapsed_before - spent - self._prepared.leaving_s
            limit = self.state.trained_s + max(0.0, left)
        course = Course(
            limit_s=limit,
            total_steps=steps,
            total_by=by,
            steps_per_epoch=task.steps_per_epoch,
            patience=settings.patience,
        )
        return Loop(
            task=task,
            state=self.state,
            course=course,
            clip=settings.clip,
            save_every_s=settings.save_every,
            commit=self._commit,
            sample=self._sample,
            clock=lambda: self._elapsed_before + self._elapsed_now(),
            budget_s=settings.budget,
            threads=ThreadChooser(self._prepared.threads, division.num_threads(), division.use_threads),
            reads_per_s=self._prepared.units_per_second * EVALUATION_AGAINST_TRAINING,
        )

    def _finish(self, loop: Loop) -> Iterator[Record]:
        """Measure the last weights, take the best as the model's, measure those on all held-out data, and commit."""
        found: list[Record] = []
        if loop.stopped_by != "signal":
            if self.state.step == 0:
                yield Note(text=NO_STEP)
            # patience ends right after an evaluation
            if loop.stopped_by != "patience" and self._stop_wanted is None:
                with interruptible(self, self.state, loop):
                    found += loop.evaluate(loop.units_on_the_way())
            yield from found
            found = []
        if loop.stopped_by != "signal" and self._stop_wanted is None:
            with interruptible(self, self.state, loop):
                best = to_tensors(self._parameters_to_run(), self._prepared.device)
                found = [Note(text=note) for note in self._conclude(best, loop.units_at_the_end())]
            yield from found
        if self._stop_wanted is not None and self._validation is None:
            # whatever ended the steps, it is the signal that ended the training: what is left to measure can wait
            loop.stopped_by = self._stop_wanted
        self.state.elapsed_s = self._elapsed_before + self._elapsed_now()
        try:
            is_saved = self._commit()
        except WorldError as error:
            assert self._writer is not None
            raise rescued(error, self._writer.folder, self._write) from None
        if self.folder is not None and not is_saved:
            yield Note(text=f"ended before the first evaluation: the run that was in {self.folder} stands")

    def _parameters_to_run(self) -> Any:
        template = map_arrays(lambda _, tensor: to_array(tensor), self.state.parameters)
        return with_arrays(template, self.state.arrays_to_run())

    def model(self) -> ModelType:
        """Return the model as it stands: the best weights so far."""
        return self._model_of(self._parameters_to_run())

    def validation(self) -> dict[str, Any] | None:
        """Return the held-out figures of the model; before its last evaluation those of the best on the way, if any."""
        if self._validation is None and self._loop is not None and self._loop.best is not None:
            return {**self._figures(self._loop.best), "on_the_way": True}
        return self._validation or self._measured_before

    def result(self) -> dict[str, Any]:
        """Return the facts of the training as `--json` prints them."""
        return {
            "run": str(self.folder) if self._writer is not None and self._writer.has_committed else None,
            "task": self.task_name,
            "cell": self.settings.cell,
            "parameters": self._prepared.num_parameters,
            **self._subject(),
            "steps": self.state.step,
            **self._counted(),
            "seconds": round(self._elapsed_before + self._elapsed_now(), 3),
            "stopped_by": None if self._loop is None else self._loop.stopped_by,
            "validation": self.validation(),
            "signature": self._signature(),
        }

    def _commit(self) -> bool:
        """Write the whole state, and the card, as one commit, and return whether that was done.

        It is not where there is no folder, nor over another run before anything was measured: a few steps are not to
        take the place of a finished run.
        """
        is_measured = self._validation is not None or self.state.best_nats is not None
        if self._writer is None or (self._writer.would_replace and not is_measured):
            return False
        self._write(self._writer)
        return True

    def _write(self, writer: RunWriter) -> None:
        is_finished = self._validation is not None
        stopped_by = None if self._loop is None else self._loop.stopped_by
        beside = {"threads": torch.get_num_threads(), "stopped_by": stopped_by, **self._counted()}
        writer.commit(
            task=self.task_name,
            step=self.state.step,
            json={**self.model().json_roles(), "resume-state": {**self.state.facts(), **beside}},
            arrays={"model": self.state.arrays_to_run(), "resume": self.state.arrays(), **self._beside()},
            finished=is_finished,
        )
        if is_finished:
            writer.write_card(self._card_in_time())

    def _card_in_time(self) -> str:
        """Return the card; a signal while it is measured for makes it one without those measurements."""
        card = None
        if self._stop_wanted is None:
            with interruptible(self):
                card = self._card(is_brief=False)
        return card or self._card(is_brief=True)


def has_commit(folder: Path) -> bool:
    """Whether there is a run to go on with in `folder`."""
    return (folder / MANIFEST).exists()

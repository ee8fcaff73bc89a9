"""What all functions that Python users call to train have in common: how they begin, the training, what they return.

Knows no kind of model: what is trained on, and how, is handed in.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from textrnn.config.run import RunSettings, check_held_out
from textrnn.config.training import NetworkTrainingSettings
from textrnn.errors import UserError
from textrnn.inference.load import RUNS_DIR, any_model
from textrnn.runs.find import choose_run, open_named
from textrnn.runs.folder import Run, open_run
from textrnn.training.beginning import settings_to_go_on
from textrnn.training.course import NO_STEP
from textrnn.training.division import kept_numbers
from textrnn.training.start import Start
from textrnn.training.training import Training, has_commit


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a function to train was given beside its data: see there. settings: by name, not checked yet."""

    out: str | PathLike[str] | None
    resume: bool
    overwrite: bool
    init_from: str | PathLike[str] | None
    settings: Mapping[str, Any]

    def train(
        self,
        task: str,
        kind: type[NetworkTrainingSettings],
        begin: Callable[[Any, Start], Training[Any, Any]],
        *,
        valid: object,
        donor: str | None = None,
    ) -> Any:
        """Return the model of a run of kind `task`: one that was finished before, or one trained now.

        begin: makes the training, of checked settings and a start. valid: held-out data of their own, if any. donor:
        the kind of run to start from, None for any.
        """
        check_held_out(valid, self.settings)
        folder = None if self.out is None else Path(self.out)
        begun = self._begun(folder, task)
        if begun is not None and begun.finished:
            return any_model(begun)
        settings = kind.check(self.settings) if begun is None else settings_to_go_on(begun, self.settings, kind)
        start = Start(folder=folder, overwrite=self.overwrite, resume=self.resume, init_from=self._donor(donor))
        with kept_numbers():
            training = begin(settings, start)
            run(training)
        model = training.model()
        model.card = training.card()
        return model

    def _begun(self, folder: Path | None, task: str) -> Run | None:
        """Return the run to go on with, None for a new one; refuse beginnings that contradict one another."""
        donor = {} if self.init_from is None else {"init_from": "it"}
        RunSettings.check({"resume": self.resume, "overwrite": self.overwrite, **donor})
        if self.resume and folder is None:
            raise UserError("resume=True without out", mend="name the run to go on with by out=")
        return open_run(folder, task=task) if self.resume and folder is not None and has_commit(folder) else None

    def _donor(self, task: str | None) -> Run | None:
        if self.init_from is None:
            return None
        name = fspath(self.init_from)
        if task is None:
            return open_named(name, runs_dir=RUNS_DIR)
        return choose_run(name, runs_dir=RUNS_DIR, task=task).run


def run(training: Training[Any, Any]) -> None:
    """Train to the end; what is told of on a terminal is said as a warning where it leaves no model worth having."""
    for _ in training.records():
        pass
    if training.state.step == 0 and training.settings.budget is not None:
        warnings.warn(f"{NO_STEP}: give more --budget", RuntimeWarning, stacklevel=4)


def held_out_pair(valid: Any, what: str) -> tuple[Any, Any]:
    """Return held-out data as two lists, or as the name of a file and None. what: how the lists are called."""
    if isinstance(valid, tuple) and len(valid) != 2:
        raise UserError(f"a tuple of {len(valid)}", which="valid", mend=f"give two lists, {what}, or a file")
    return valid if isinstance(valid, tuple) else (valid, None)

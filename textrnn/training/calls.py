"""What all functions that Python users call to train have in common: how they begin, and the training itself."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from textrnn.config.run import RunSettings
from textrnn.errors import UserError
from textrnn.runs.folder import Run, open_run
from textrnn.training.course import NO_STEP
from textrnn.training.training import Training, has_commit


def begun_run(folder: Path | None, task: str, *, resume: bool, overwrite: bool, has_donor: bool) -> Run | None:
    """Return the run to go on with, None for a new one; refuse beginnings that contradict one another."""
    RunSettings.check({"resume": resume, "overwrite": overwrite, **({"init_from": "it"} if has_donor else {})})
    if resume and folder is None:
        raise UserError("resume=True without out", mend="name the run to go on with by out=")
    return open_run(folder, task=task) if resume and folder is not None and has_commit(folder) else None


def run(training: Training[Any, Any]) -> None:
    """Train to the end; what is told of on a terminal is said as a warning where it leaves no model worth having."""
    for _ in training.records():
        pass
    if training.state.step == 0 and training.settings.budget is not None:
        warnings.warn(f"{NO_STEP}: give more --budget", RuntimeWarning, stacklevel=3)

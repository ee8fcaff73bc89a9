"""`--resume`: which run goes on, with which settings, on which text.

In: what was typed, and the config a run holds. Out: the settings to go on with. A run holds neither the text nor its
path, so that the text is named again, built-in corpora apart; what may change is said by the settings themselves.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.merge import check_resumable, merge
from textrnn.config.run import RunSettings
from textrnn.errors import UserError

TASK = "language-model"


@dataclass(frozen=True)
class Resumed:
    """A run to go on with: its name, what it was made with, whether there is anything left to do."""

    folder: Path
    settings: Mapping[str, Any]
    data: Mapping[str, Any]
    step: int
    is_finished: bool
    # the command that the model card gives
    command: str | None = None


def open_resumed(folder: Path) -> Resumed | None:
    """Return the run in `folder`, or None where nothing was committed yet."""
    from textrnn.inference.load import config_of
    from textrnn.runs.folder import open_run
    from textrnn.runs.layout import MANIFEST

    if not (folder / MANIFEST).exists():
        return None
    run = open_run(folder, task=TASK)
    config, _ = config_of(run, TrainLanguageModelSettings)
    return Resumed(folder, config["settings"], config["data"], run.step, run.finished, config.get("command"))


def settings_to_resume(resumed: Resumed, given: Mapping[str, Any], file: Path | None) -> TrainLanguageModelSettings:
    """Return the run's settings with what was given now in their place; refuse what cannot change in mid-training."""
    kind = TrainLanguageModelSettings
    flags = {name: value for name, value in given.items() if name in kind.model_fields}
    settings = merge(kind, flags, environment=os.environ, file=file, base=resumed.settings, beside=[RunSettings])
    check_resumable(kind.check(resumed.settings), settings, which=str(resumed.folder))
    return settings


def sources_to_resume(resumed: Resumed, files: tuple[str, ...], valid: str | None) -> tuple[str, ...]:
    """Return the text to go on with: the files named now, or the built-in corpus the run was trained on."""
    from textrnn.data.corpora import TEXT_CORPORA

    data, bad = resumed.data, []
    which, mend = f"--resume of {resumed.folder}", "a run holds no text: name it again"
    if not files and data["name"] not in TEXT_CORPORA:
        hint = f"{mend} ({data['name']}, sha256 {data['sha256'][:12]})"
        bad.append(UserError("the text is not named", which=which, mend=hint))
    if valid is None and data.get("valid_sha256"):
        hint = f"{mend} with --valid (sha256 {data['valid_sha256'][:12]})"
        bad.append(UserError("the held-out text is not named", which=which, mend=hint))
    if bad:
        raise UserError.join(bad)
    return files or (str(data["name"]),)


def result_of(resumed: Resumed) -> dict[str, Any]:
    """Return what `train-lm --json` said of a finished run, as far as the run knows it."""
    from textrnn.inference.load import model_from_run
    from textrnn.inference.making import figures_signature
    from textrnn.runs.folder import open_run

    run = open_run(resumed.folder, task=TASK)
    model, state = model_from_run(run), run.json("resume-state") if run.has("resume-state") else {}
    validation, unit, elapsed_s = model.config["validation"] or {}, model.tokenizer.unit, state.get("elapsed_s")
    conditions = {"protocol": validation.get("protocol"), "unit": unit, "seed": model.settings.seed}
    return {
        "run": str(resumed.folder),
        "task": TASK,
        "cell": model.settings.cell,
        "parameters": sum(math.prod(shape) for shape, _ in run.array_shapes("model").values()),
        "unit": unit,
        "vocabulary": len(model.tokenizer.symbols),
        "steps": run.step,
        "units_seen": state.get("units_seen"),
        "seconds": None if elapsed_s is None else round(elapsed_s, 3),
        "stopped_by": state.get("stopped_by"),
        "validation": validation or None,
        "signature": figures_signature(str(resumed.data["sha256"]), **conditions),
    }

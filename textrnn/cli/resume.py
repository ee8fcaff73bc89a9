"""`--resume`: which run goes on, with which settings, on which data.

In: what was typed, and the config a run holds. Out: the settings to go on with. A run holds neither its data nor their
path, so that they are named again, built-in corpora apart; what may change is said by the settings themselves.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textrnn.cli.kinds.kind import Kind
from textrnn.config.merge import check_resumable, merge
from textrnn.config.settings import flag
from textrnn.errors import UserError

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


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


def open_resumed(kind: Kind, folder: Path) -> Resumed | None:
    """Return the run in `folder`, or None where nothing was committed yet."""
    from textrnn.inference.reading import config_of
    from textrnn.runs.folder import open_run
    from textrnn.runs.layout import MANIFEST

    if not (folder / MANIFEST).exists():
        return None
    run = open_run(folder, task=kind.task)
    config, _ = config_of(run, kind.settings)
    return Resumed(folder, config["settings"], config["data"], run.step, run.finished, config.get("command"))


def settings_to_resume(kind: Kind, resumed: Resumed, given: Mapping[str, Any], file: Path | None) -> Any:
    """Return the run's settings with what was given now in their place; refuse what cannot change in mid-training."""
    flags = {name: value for name, value in given.items() if name in kind.settings.model_fields}
    beside = [kind.run_settings]
    settings = merge(kind.settings, flags, environment=os.environ, file=file, base=resumed.settings, beside=beside)
    check_resumable(kind.settings.check(resumed.settings), settings, which=str(resumed.folder))
    return settings


def given_in_vain(kind: Kind, resumed: Resumed, settings: Any, files: tuple[str, ...]) -> list[str]:
    """Return what was given for a run that is finished, and that would have changed how it goes on."""
    before = kind.settings.check(resumed.settings)
    changed = [name for name in kind.settings.model_fields if getattr(settings, name) != getattr(before, name)]
    named = [f"the {kind.data} named"] if files else []
    return [*(f"{flag(name)} {getattr(settings, name)}" for name in changed), *named]


def check_beside(resumed: Resumed, unlabelled: Collection[str]) -> None:
    """Refuse further texts for a run that was begun without them: what they teach is learned before the first step."""
    if unlabelled and resumed.command is not None and "--unlabelled" not in resumed.command:
        what, mend = "--unlabelled for a run that was begun without", "leave it out, or train a new run with it"
        raise UserError(what, which=f"--resume of {resumed.folder}", mend=mend)


def sources_to_resume(kind: Kind, resumed: Resumed, files: tuple[str, ...], valid: str | None) -> tuple[str, ...]:
    """Return the data to go on with: the files named now, or the built-in corpus the run was trained on."""
    data, bad = resumed.data, []
    which, mend = f"--resume of {resumed.folder}", f"a run holds no {kind.data}: name it again"
    if not files and data["name"] not in kind.built_in():
        hint = f"{mend} ({data['name']}, sha256 {data['sha256'][:12]})"
        bad.append(UserError(f"the {kind.data} is not named", which=which, mend=hint))
    if valid is None and data.get("valid_sha256"):
        hint = f"{mend} with --valid (sha256 {data['valid_sha256'][:12]})"
        bad.append(UserError(f"the held-out {kind.data} is not named", which=which, mend=hint))
    if bad:
        raise UserError.join(bad)
    return files or (str(data["name"]),)


def result_of(kind: Kind, resumed: Resumed) -> dict[str, Any]:
    """Return what `--json` said of a finished run, as far as the run knows it."""
    from textrnn.inference.making import figures_signature
    from textrnn.runs.folder import open_run

    run = open_run(resumed.folder, task=kind.task)
    facts, state = kind.facts_of(run), run.json("resume-state") if run.has("resume-state") else {}
    elapsed_s = state.get("elapsed_s")
    return {
        "run": str(resumed.folder),
        "task": kind.task,
        "cell": resumed.settings["cell"],
        "parameters": _num_parameters(run),
        **facts["subject"],
        "steps": run.step,
        # a run may have been written before it said so itself
        kind.counted: state.get(kind.counted, state.get("units_seen")),
        "seconds": None if elapsed_s is None else round(elapsed_s, 3),
        "stopped_by": state.get("stopped_by"),
        "validation": run.json("config")["validation"] or None,
        "signature": figures_signature(str(resumed.data["sha256"]), **facts["conditions"]),
    }


def _num_parameters(run: Run) -> int:
    """Return how many numbers were learned; the keys under which n-grams are found were not."""
    roles = [role for role in ("model", "ngrams") if run.has(role)]
    shapes = [shape for role in roles for name, (shape, _) in run.array_shapes(role).items() if name != "keys"]
    return sum(map(math.prod, shapes))

"""What was typed to `train-lm`, made into a training course: checked first, then the text read, then torch imported.

In: flags, files, the folder. Out: a course that is ready to run, or none where there is nothing left to do.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

from textrnn import cli
from textrnn.cli import streams
from textrnn.cli.options import Given, check
from textrnn.cli.resume import (
    TASK,
    Resumed,
    open_resumed,
    result_of,
    settings_to_resume,
    sources_to_resume,
)
from textrnn.cli.threads import note_oversubscription
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.run import RunSettings, check_held_out
from textrnn.config.settings import ZeroIsOff, flag
from textrnn.config.text import ReadingSettings
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.runs.find import Claim
    from textrnn.runs.folder import Run
    from textrnn.text.corpus import Corpus
    from textrnn.training.language_model import LanguageModelTraining

DEFAULT_TEXT = "shakespeare"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was typed. given: settings by name, those of the run among them. config: a file of further ones."""

    given: Given
    files: tuple[str, ...] = ()
    config: Path | None = None
    runs_dir: Path


@dataclass(frozen=True)
class Course:
    """A training that is ready to run, and where it is saved."""

    training: LanguageModelTraining
    folder: Path
    files: tuple[str, ...]
    valid: str | None
    # of a folder whose name was not given
    claim: Claim | None = None

    def leave(self) -> None:
        """Leave no empty folder behind where nothing was saved."""
        if self.claim is not None:
            self.claim.give_back()

    def command_to_resume(self) -> str:
        """Return the command that goes on with this training."""
        held_out = () if self.valid is None else ("--valid", self.valid)
        return command_line("train-lm", *self.files, *held_out, "--out", str(self.folder), "--resume")


@dataclass(frozen=True)
class Finished:
    """A run to go on with that has ended: what it said then."""

    result: dict[str, Any]


def prepare(wanted: Wanted) -> Course | Finished:
    """Return the course; for a finished run, said on stderr, its result. Raises UserError before anything is saved."""
    place, settings = check(wanted.given, RunSettings, TrainLanguageModelSettings, file=wanted.config)
    check_held_out(place.valid, settings.model_fields_set)
    resumed = _resumed(place, wanted.runs_dir) if place.resume else None
    files = wanted.files or (DEFAULT_TEXT,)
    if resumed is not None:
        settings = settings_to_resume(resumed, wanted.given, wanted.config)
        if resumed.is_finished:
            streams.note(
                f"{resumed.folder} is finished (step {resumed.step:,}); "
                f"--init-from {resumed.folder} trains on from its weights"
            )
            return Finished(result_of(resumed))
        files = sources_to_resume(resumed, wanted.files, place.valid)
    note_oversubscription(settings.threads)
    folder = resumed.folder if resumed is not None else None if place.out is None else Path(place.out)
    init_from = _check_places(place, wanted.runs_dir, folder, is_resumed=resumed is not None)
    _check_device(settings.device)

    corpus, valid = _read(files, settings), _read([place.valid], settings) if place.valid is not None else None
    from textrnn.training.language_model import LanguageModelTraining

    claim = None if folder is not None else _claim(wanted.runs_dir, corpus, settings)
    if claim is not None:
        folder = claim.folder
    assert folder is not None
    try:
        training = LanguageModelTraining(
            corpus,
            settings,
            folder=folder,
            overwrite=place.overwrite,
            resume=resumed is not None,
            init_from=init_from,
            valid=valid,
            started_at=cli.started_at,
            command=(resumed and resumed.command) or _command_to_repeat(files, settings, place.valid),
        )
    except BaseException:
        if claim is not None:
            claim.give_back()
        raise
    return Course(training, folder, files, place.valid, claim)


def command_line(*words: str) -> str:
    """Return this program and `words` as they would be typed: by its path where its name alone does not find it."""
    return shlex.join([_program(), *words])


def _program() -> str:
    if which("textrnn") or not sys.argv[0].endswith("textrnn"):
        return "textrnn"
    path = Path(sys.argv[0])
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _resumed(place: RunSettings, runs_dir: Path) -> Resumed | None:
    from textrnn.runs.find import choose_unfinished

    if place.out is not None:
        folder = Path(place.out)
    else:
        choice = choose_unfinished(runs_dir, task=TASK)
        streams.notes(choice.notes)
        folder = choice.run.folder
    resumed = open_resumed(folder)
    if resumed is None:
        streams.note(f"{folder} holds no commit yet: training starts anew")
    elif place.out is None:
        streams.note(f"going on with {folder} (step {resumed.step:,}), the newest unfinished run")
    return resumed


def _check_places(place: RunSettings, runs_dir: Path, folder: Path | None, *, is_resumed: bool) -> Run | None:
    """Refuse a folder that is taken, before any text is read; return the run whose weights are started from."""
    from textrnn.runs.target import check_available, check_writable

    if folder is None:
        check_writable(runs_dir)
    else:
        check_available(folder, overwrite=place.overwrite, resume=is_resumed)
    if place.init_from is None:
        return None
    from textrnn.runs.find import choose_run

    return choose_run(place.init_from, runs_dir=runs_dir, task=TASK).run


def _check_device(name: str) -> None:
    """Refuse a GPU that is not there, before any text is read; only torch knows."""
    if name.startswith("cuda"):
        from textrnn.training.tensors import chosen_device

        chosen_device(name)


def _read(files: Any, settings: TrainLanguageModelSettings) -> Corpus:
    from textrnn.data.corpora import resolve_text

    if "-" in files and sys.stdin.isatty():
        streams.note("reading the text from the terminal; end it with Ctrl-D")
    return resolve_text(files, **{name: getattr(settings, name) for name in ReadingSettings.model_fields})


def _claim(runs_dir: Path, corpus: Corpus, settings: TrainLanguageModelSettings) -> Claim:
    from textrnn.runs.find import claim_run_folder

    return claim_run_folder(runs_dir, corpus.names[0], settings.cell)


def _command_to_repeat(files: tuple[str, ...], settings: TrainLanguageModelSettings, valid: str | None) -> str:
    """Return the command for the model card: a run holds no path of the text, only its name."""
    words = [printable(Path(file).name or file) for file in files]
    words += [] if valid is None else ["--valid", printable(Path(valid).name)]
    for name, value in settings.given().items():
        if isinstance(value, bool):
            words.append(flag(name) if value else flag(name).replace("--", "--no-", 1))
        elif value is None and ZeroIsOff in type(settings).model_fields[name].metadata:
            words += [flag(name), "0"]
        elif value is not None:
            words += [flag(name), f"{value:g}s" if name in ("budget", "save_every") else str(value)]
    return shlex.join(["textrnn", "train-lm", *words])

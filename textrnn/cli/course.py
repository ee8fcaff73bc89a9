"""What was typed to a training command, made into a course: checked first, then the data read, then torch imported.

In: the kind, flags, files, the folder. Out: a course that is ready to run, or none where there is nothing left to do.
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
from textrnn.cli.kinds.kind import Kind
from textrnn.cli.options import Given, check
from textrnn.cli.resume import (
    Resumed,
    check_beside,
    given_in_vain,
    open_resumed,
    result_of,
    settings_to_resume,
    sources_to_resume,
)
from textrnn.cli.signals import Signals
from textrnn.cli.threads import note_oversubscription
from textrnn.config.run import RunSettings, check_held_out
from textrnn.config.settings import ZeroIsOff, flag
from textrnn.errors import UserError
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.runs.find import Claim
    from textrnn.runs.folder import Run
    from textrnn.training.training import Training


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was typed. given: settings by name, those of the run among them. config: a file of further ones.

    started_at: from when a budget counts, by time.monotonic().
    """

    given: Given
    files: tuple[str, ...] = ()
    config: Path | None = None
    runs_dir: Path
    started_at: float = cli.started_at


@dataclass(frozen=True)
class Course:
    """A training that is ready to run, and where it is saved. beside: the flags that name further files."""

    kind: Kind
    training: Training[Any, Any]
    folder: Path
    files: tuple[str, ...]
    beside: tuple[str, ...]
    # of a folder whose name was not given
    claim: Claim | None = None

    def leave(self) -> None:
        """Leave no empty folder behind where nothing was saved."""
        if self.claim is not None:
            self.claim.give_back()

    def command_to_resume(self) -> str:
        """Return the command that goes on with this training."""
        return command_line(self.kind.command, *self.files, *self.beside, "--out", str(self.folder), "--resume")

    def command_to_use(self) -> str:
        """Return the command that puts its run to use."""
        return command_line(*(str(self.folder) if word == "RUN" else word for word in self.kind.use_of(self.training)))


@dataclass(frozen=True)
class Finished:
    """A run to go on with that has ended: what it said then."""

    result: dict[str, Any]


def prepare(kind: Kind, wanted: Wanted, signals: Signals) -> Course | Finished:
    """Return the course; for a finished run, said on stderr, its result. Raises UserError before anything is saved.

    signals: held but for what may take long, the reading of data and what is made of it; a course is returned with
    them held.
    """
    signals.hold()
    place, settings = check(wanted.given, kind.run_settings, kind.settings, file=wanted.config)
    check_held_out(place.valid, settings.model_fields_set)
    resumed = _resumed(kind, place, wanted.runs_dir) if place.resume else None
    files = _files(kind, wanted.files, is_resumed=resumed is not None)
    if resumed is not None:
        settings = settings_to_resume(kind, resumed, wanted.given, wanted.config)
        if resumed.is_finished:
            mend = f"; --init-from {resumed.folder} trains on from its weights" if kind.has_donors else ""
            streams.note(f"{resumed.folder} is finished (step {resumed.step:,}){mend}")
            if without_effect := given_in_vain(kind, resumed, settings, wanted.files):
                streams.note(f"{', '.join(without_effect)} changes nothing any more: nothing was read or trained")
            return Finished(result_of(kind, resumed))
        check_beside(resumed, getattr(place, "unlabelled", ()))
        files = sources_to_resume(kind, resumed, wanted.files, place.valid)
    note_oversubscription(settings.threads)
    folder = resumed.folder if resumed is not None else None if place.out is None else Path(place.out)
    init_from = _check_places(kind, place, wanted.runs_dir, folder, is_resumed=resumed is not None)
    _check_device(settings.device)
    kind.import_data()
    signals.let_go()
    data = _read(kind, files, place, settings, resumed)
    command = (resumed and resumed.command) or _command_to_repeat(kind, files, place, settings)
    return _begun(
        kind, wanted, data, settings, place, folder, signals,
        files=files, resume=resumed is not None, init_from=init_from, command=command,
    )  # fmt: skip


def _files(kind: Kind, files: tuple[str, ...], *, is_resumed: bool) -> tuple[str, ...]:
    """Return the data that is named, or what is trained on where none is."""
    if files or is_resumed:
        # what a run that goes on was trained on is for the run to say
        return files
    if kind.default is None:
        raise UserError("no FILE", which=f"textrnn {kind.command}", mend=f"name the {kind.data} to train on")
    return (kind.default,)


def command_line(*words: str) -> str:
    """Return this program and `words` as they would be typed: by its path where its name alone does not find it."""
    return shlex.join([_program(), *words])


def _program() -> str:
    if which("textrnn") or not sys.argv[0].endswith("textrnn"):
        return "textrnn"
    path = Path(sys.argv[0])
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


@dataclass(frozen=True)
class _Data:
    """What is trained on, what is held out where that has a file of its own, and what is read beside."""

    train: Any
    valid: Any
    beside: dict[str, Any]


def _read(kind: Kind, files: tuple[str, ...], place: RunSettings, settings: Any, resumed: Resumed | None) -> _Data:
    """Read all data, and refuse what no training can use."""
    given = [*files, *_named_beside(place)]
    if given.count("-") > 1:
        raise UserError("standard input given twice", mend="give - once")
    if "-" in given and sys.stdin.isatty():
        streams.note(f"reading the {kind.data} from the terminal; end it with Ctrl-D")
    data = kind.read(files, settings)
    valid = None if place.valid is None else kind.read([place.valid], settings)
    kind.check(data, valid)
    # what they taught before the first step stands in the run
    return _Data(data, valid, kind.read_beside(place, settings) if resumed is None or not resumed.step else {})


def _begun(
    kind: Kind,
    wanted: Wanted,
    data: _Data,
    settings: Any,
    place: RunSettings,
    folder: Path | None,
    signals: Signals,
    *,
    files: tuple[str, ...],
    **given: Any,
) -> Course:
    """Import torch, take the folder, and return the course."""
    from textrnn.runs.find import claim_run_folder

    signals.hold()
    kind.import_training()
    from textrnn.training.start import Start

    claim = None if folder is not None else claim_run_folder(wanted.runs_dir, kind.name_of(data.train), settings.cell)
    if claim is not None:
        folder = claim.folder
    assert folder is not None
    try:
        signals.let_go()
        training = kind.begin(
            data.train,
            settings,
            Start(folder=folder, overwrite=place.overwrite, started_at=wanted.started_at, **given),
            valid=data.valid,
            **data.beside,
        )
        signals.hold()
    except BaseException:
        if claim is not None:
            claim.give_back()
        raise
    return Course(kind, training, folder, files, tuple(_named_beside(place)), claim)


def _named_beside(place: RunSettings) -> list[str]:
    """Return the flags that name files beside those that are trained on, with the files."""
    given = {"--valid": [place.valid], "--unlabelled": getattr(place, "unlabelled", ())}
    return [word for name, files in given.items() for file in files if file is not None for word in (name, file)]


def _resumed(kind: Kind, place: RunSettings, runs_dir: Path) -> Resumed | None:
    from textrnn.runs.find import choose_unfinished

    if place.out is not None:
        folder = Path(place.out)
    else:
        choice = choose_unfinished(runs_dir, task=kind.task)
        streams.notes(choice.notes)
        folder = choice.run.folder
    resumed = open_resumed(kind, folder)
    if resumed is None:
        streams.note(f"{folder} holds no commit yet: training starts anew")
    elif place.out is None:
        streams.note(f"going on with {folder} (step {resumed.step:,}), the newest unfinished run")
    return resumed


def _check_places(
    kind: Kind, place: RunSettings, runs_dir: Path, folder: Path | None, *, is_resumed: bool
) -> Run | None:
    """Refuse a folder that is taken, before any data is read; return the run whose weights are started from."""
    from textrnn.runs.target import check_available, check_writable

    if folder is None:
        check_writable(runs_dir)
    else:
        check_available(folder, overwrite=place.overwrite, resume=is_resumed)
    if place.init_from is None:
        return None
    from textrnn.runs.find import choose_run, open_named

    if kind.donor is None:
        return open_named(place.init_from, runs_dir=runs_dir)
    return choose_run(place.init_from, runs_dir=runs_dir, task=kind.donor).run


def _check_device(name: str) -> None:
    """Refuse a GPU that is not there, before any data is read; only torch knows."""
    if name.startswith("cuda"):
        from textrnn.training.tensors import chosen_device

        chosen_device(name)


def _command_to_repeat(kind: Kind, files: tuple[str, ...], place: RunSettings, settings: Any) -> str:
    """Return the command for the model card: a run holds no path of its data, only its name."""
    named = [*files, *_named_beside(place), *([] if place.init_from is None else ["--init-from", place.init_from])]
    words = [printable(Path(word).name or word) for word in named]
    for name, value in settings.given().items():
        if isinstance(value, bool):
            words.append(flag(name) if value else flag(name).replace("--", "--no-", 1))
        elif value is None and ZeroIsOff in type(settings).model_fields[name].metadata:
            words += [flag(name), "0"]
        elif value is not None:
            words += [flag(name), f"{value:g}s" if name in ("budget", "save_every") else str(value)]
    return shlex.join(["textrnn", kind.command, *words])

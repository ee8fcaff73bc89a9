"""Which run is meant: a name or nothing at all in, a run folder out.

Looks under the folder of runs and among the models that ship with the package. Knows manifests, not what a run holds.
"""

from __future__ import annotations

import difflib
import os
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath

from textrnn.errors import UserError
from textrnn.runs import disk
from textrnn.runs.folder import Run, open_run
from textrnn.runs.layout import MANIFEST, METRICS_ROLE, RESUME_ROLES
from textrnn.runs.manifest import TASKS, Manifest, NewerFormatError, read_manifest
from textrnn.text.display import printable

SHIPPED = ("shakespeare", "sentiment")

_NEVER = datetime.min.replace(tzinfo=UTC)
# Before this no run was written; a clock that says so, or that is ahead of ours by more than zones explain, is wrong.
_FIRST_TIME = datetime(2024, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_DATA_SUFFIXES = {".gz", ".bz2", ".xz", ".txt", ".text", ".md", ".csv", ".tsv", ".jsonl", ".conll"}
_MAX_NAME = 60


@dataclass(frozen=True)
class RunSummary:
    """What a manifest and the lengths of its files say. A damaged run has a `problem`; without a manifest, no task."""

    folder: Path
    is_shipped: bool
    problem: str | None = None
    is_newer: bool = False
    task: str = ""
    step: int = 0
    committed_at: str = ""
    finished: bool = False
    can_resume: bool = False
    size_bytes: int = 0

    @property
    def name(self) -> str:
        """The name by which `--model` finds it."""
        return self.folder.name

    @property
    def age(self) -> tuple[datetime, int, str]:
        """What orders runs by time; those written under a wrong clock count as the oldest, and are ordered by step."""
        return _sensible_time(self.committed_at), self.step, self.name


@dataclass(frozen=True)
class Choice:
    """The run that is meant, opened; whether it was chosen by default; what was passed over on the way."""

    run: Run
    by_default: bool
    notes: tuple[str, ...] = ()


def choose_run(model: str | None, *, runs_dir: str | os.PathLike[str], task: str) -> Choice:
    """Open the run that `--model` names, or the newest one of the kind, or the one that ships.

    Damaged runs are passed over with a note where no run was named; one that is named is refused.
    """
    runs_dir = Path(runs_dir)
    if model is not None:
        return Choice(open_run(_named(model, runs_dir), task=task), by_default=False)
    return _first_sound(list_runs(runs_dir), runs_dir, task, "train one, or name one with --model")


def choose_unfinished(runs_dir: str | os.PathLike[str], *, task: str) -> Choice:
    """Open the newest run of the kind whose training can go on; damaged ones are passed over with a note."""
    runs_dir = Path(runs_dir)
    ours = [summary for summary in list_runs(runs_dir) if not summary.is_shipped]
    open_ended = [summary for summary in ours if not summary.task or (summary.can_resume and not summary.finished)]
    return _first_sound(open_ended, runs_dir, task, "name the run to go on with by --out", "unfinished ")


def open_named(model: str, *, runs_dir: str | os.PathLike[str]) -> Run:
    """Open the run that a name or a path means, of whatever kind it is."""
    return open_run(_named(model, Path(runs_dir)))


def find_run(model: str | None, *, runs_dir: str | os.PathLike[str], task: str) -> tuple[Path, bool]:
    """Return the folder that `choose_run` opens and whether it was chosen by default."""
    choice = choose_run(model, runs_dir=runs_dir, task=task)
    return choice.run.folder, choice.by_default


def list_runs(runs_dir: str | os.PathLike[str]) -> list[RunSummary]:
    """Return the runs under `runs_dir`, newest first, and then those that ship; none is read beyond its manifest."""
    shipped = [shipped_dir() / name for name in SHIPPED]
    theirs = [_summary(folder, is_shipped=True) for folder in shipped if _is_run(folder)]
    # In an editable checkout the models that ship lie among the runs.
    real = {os.path.realpath(folder) for folder in shipped}
    folders = [folder for folder in _runs_in(Path(runs_dir)) if os.path.realpath(folder) not in real]
    ours = [_summary(folder, is_shipped=False) for folder in folders]
    return [*sorted(ours, key=lambda summary: summary.age, reverse=True), *theirs]


def shipped_dir() -> Path:
    """Return the folder of the models that ship: in the package, or beside it in an editable checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "checkpoints"
    return inside if inside.is_dir() else package.parent / "checkpoints"


def new_run_folder(runs_dir: str | os.PathLike[str], data_name: str, cell: str) -> Path:
    """Return `<data name>-<cell>` under `runs_dir`, numbered when taken. Makes nothing."""
    name = f"{_plain_name(data_name)}-{cell}"
    folder, number = Path(runs_dir) / name, 2
    while os.path.lexists(folder):
        folder, number = Path(runs_dir) / f"{name}-{number}", number + 1
    return folder


@dataclass(frozen=True)
class Claim:
    """A new run folder, made so that no other training takes its name; made: what was made for it, innermost first."""

    folder: Path
    made: tuple[Path, ...]

    def give_back(self) -> None:
        """Remove what was made and is still empty."""
        for folder in self.made:
            with suppress(OSError):
                os.rmdir(folder)


def claim_run_folder(runs_dir: str | os.PathLike[str], data_name: str, cell: str) -> Claim:
    """Make `new_run_folder`, the next one where another training is quicker. Raises OSError."""
    runs_dir = Path(runs_dir)
    missing = [folder for folder in (runs_dir, *runs_dir.parents) if not os.path.lexists(folder)]
    os.makedirs(runs_dir, exist_ok=True)
    while True:
        folder = new_run_folder(runs_dir, data_name, cell)
        try:
            os.mkdir(folder)
        except FileExistsError:
            continue
        return Claim(folder, (folder, *missing))


def _named(model: str, runs_dir: Path) -> Path:
    places = [Path(model)] if model else []
    if model and not Path(model).is_absolute() and ".." not in Path(model).parts:
        places += [runs_dir / model, *([shipped_dir() / model] if model in SHIPPED else [])]
    for place in places:
        if _is_run(place):
            return place
    for place in places:
        if os.path.exists(place):
            # No run, but there: opening it says what it is.
            return place
    names = list(dict.fromkeys(summary.name for summary in list_runs(runs_dir)))
    close = difflib.get_close_matches(model, names, n=1)
    mend = f"did you mean {close[0]!r}?" if close else f"found are {', '.join(map(printable, names)) or 'none'}"
    raise UserError(f"no run named {model!r}", which=printable(runs_dir), mend=mend)


def _runs_in(runs_dir: Path) -> list[Path]:
    try:
        return [runs_dir / name for name in os.listdir(runs_dir) if _is_run(runs_dir / name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        which = printable(runs_dir)
        raise UserError(
            f"cannot look for runs ({error.strerror})", which=which, mend="give another --runs-dir"
        ) from None


def _is_run(folder: Path) -> bool:
    return os.path.exists(folder / MANIFEST)


def _summary(folder: Path, is_shipped: bool) -> RunSummary:
    try:
        manifest = read_manifest(folder)
    except UserError as error:
        return RunSummary(folder, is_shipped, problem=str(error), is_newer=isinstance(error, NewerFormatError))
    return RunSummary(
        folder,
        is_shipped,
        problem=_problem(folder, manifest),
        task=manifest.task,
        step=manifest.step,
        committed_at=manifest.committed_at,
        finished=manifest.finished,
        can_resume=all(role in manifest.roles for role in RESUME_ROLES),
        size_bytes=sum(entry.size for entry in manifest.roles.values()),
    )


def _problem(folder: Path, manifest: Manifest) -> str | None:
    for role, entry in manifest.roles.items():
        path = folder / entry.file
        try:
            disk.check_size(path, path.stat().st_size, entry, may_go_on=role == METRICS_ROLE)
        except FileNotFoundError:
            if entry.size:
                return f"missing file in {printable(path)}"
        except (UserError, OSError) as error:
            return printable(str(error))
    return None


def _first_sound(summaries: list[RunSummary], runs_dir: Path, task: str, mend: str, which: str = "") -> Choice:
    # One whose manifest cannot be read has no kind and no time: it may be the one that was meant, so it is tried first.
    candidates = [summary for summary in summaries if not summary.task]
    candidates += [summary for summary in summaries if summary.task == task]
    notes: list[str] = []
    for summary in candidates:
        try:
            return Choice(open_run(summary.folder, task=task), by_default=True, notes=tuple(notes))
        except UserError as error:
            notes.append(f"passed over a run that cannot be used: {error}")
    what = f"no {which}{TASKS[task][0].partition(' ')[2]} found" + "".join(f" ({note})" for note in notes)
    raise UserError(what, which=printable(runs_dir), mend=mend)


def _sensible_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return _NEVER
    time = time.replace(tzinfo=time.tzinfo or UTC)
    return time if _FIRST_TIME <= time <= datetime.now(UTC) + _AHEAD else _NEVER


def _plain_name(data_name: str) -> str:
    """Return a name that any file system takes, from whatever the data is called."""
    name = unicodedata.normalize("NFC", PurePosixPath(PureWindowsPath(data_name).name).name)
    while (suffix := PurePosixPath(name).suffix).lower() in _DATA_SUFFIXES and suffix != name:
        name = name.removesuffix(suffix)
    plain = re.sub(r"[^\w.+]+", "-", name).strip("-._")[:_MAX_NAME]
    return plain or ("stdin" if data_name == "-" else "text")

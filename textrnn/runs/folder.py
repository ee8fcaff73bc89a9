"""A run folder that is read: opened whole and verified, or refused in one line that says which file and how to mend it.

In goes a path, out comes a Run: JSON values and arrays by role. Does not know what they mean. The other direction is
`runs.writer`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textrnn.errors import UserError
from textrnn.runs import disk
from textrnn.runs.layout import LOCK, MANIFEST, METRICS_ROLE, RESUME_ROLES
from textrnn.runs.manifest import TASKS, Manifest, NotARunError, parse_manifest, read_manifest_bytes
from textrnn.runs.strict_json import parse_json
from textrnn.runs.tensors import Array, not_finite, read_header, unpack
from textrnn.text.display import printable

# Files of weights that may hold a pickle, or a zip of pickles: they are known by their names and never opened.
_UNOPENED = {".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin", ".t7", ".npz", ".npy", ".joblib", ".h5", ".keras"}
_READ_ATTEMPTS = 1000


@dataclass(frozen=True)
class Run:
    """An opened, verified run folder. What running needs is in memory, so a commit meanwhile changes nothing here."""

    folder: Path
    manifest: Manifest
    _contents: Mapping[str, bytearray] = field(repr=False)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    @property
    def task(self) -> str:
        """What kind of run it is, such as "language-model"."""
        return self.manifest.task

    @property
    def step(self) -> int:
        """The training step that was committed."""
        return self.manifest.step

    @property
    def committed_at(self) -> str:
        """When it was committed, ISO 8601 in UTC, as the clock of that machine had it."""
        return self.manifest.committed_at

    @property
    def finished(self) -> bool:
        """Whether training ended by itself, so that there is nothing to go on with."""
        return self.manifest.finished

    @property
    def model_sha256(self) -> str:
        """The sha256 of the file of weights."""
        return self.manifest.roles["model"].sha256

    def has(self, role: str) -> bool:
        """Whether the run holds a role; a shipped run holds none to resume from."""
        return role in self.manifest.roles

    def json(self, role: str) -> Any:
        """Return the object of a role kept as JSON, a fresh one each time."""
        try:
            value = parse_json(self._bytes(role))
        except ValueError as error:
            raise self.bad(role, str(error)) from None
        if not isinstance(value, dict):
            raise self.bad(role, "is no JSON object")
        return value

    def arrays(self, role: str) -> dict[str, Array]:
        """Return the arrays of a role as stored, fresh ones each time; NaN and infinities are refused."""
        try:
            kept = self._contents.get(role)
            arrays = unpack(self._bytes(role) if kept is None else bytearray(kept))
        except ValueError as error:
            raise self.bad(role, str(error)) from None
        if bad := not_finite(arrays):
            raise self.bad(role, f"holds NaN or infinity ({_few(bad)})")
        return arrays

    def array_shapes(self, role: str) -> dict[str, tuple[tuple[int, ...], str]]:
        """Return name -> (shape, numpy's name of the dtype) from the header alone, before any array is made."""
        try:
            header = read_header(self._bytes(role))
        except ValueError as error:
            raise self.bad(role, str(error)) from None
        return {name: (tensor.shape, tensor.dtype.name) for name, tensor in header.items()}

    def check_shapes(self, role: str, expected: Mapping[str, tuple[int, ...]]) -> None:
        """Refuse arrays that are not exactly those `expected`, by name and shape; reads the header alone."""
        found = {name: shape for name, (shape, _) in self.array_shapes(role).items()}
        both = found.keys() & expected.keys()
        wrong = [f"{name} {found[name]}, not {expected[name]}" for name in both if found[name] != tuple(expected[name])]
        problems = {
            "lacks tensors": _few(expected.keys() - found.keys()),
            "has tensors too many": _few(found.keys() - expected.keys()),
            "has shapes other than its config says": _few(wrong),
        }
        if said := [f"{what} ({names})" for what, names in problems.items() if names]:
            raise self.bad(role, "; ".join(said))

    def metrics(self) -> list[dict[str, Any]]:
        """Return the records that the commit covers."""
        entry = self.manifest.roles[METRICS_ROLE]
        if entry.size == 0:
            return []
        lines = disk.read_checked(self.folder, entry, may_go_on=True).split(b"\n")[:-1]
        try:
            return [parse_json(line) for line in lines]
        except ValueError as error:
            raise self.bad(METRICS_ROLE, str(error)) from None

    def _bytes(self, role: str) -> bytearray:
        if role in self._contents:
            return self._contents[role]
        if role not in self.manifest.roles:
            mend = "train it again" if role not in RESUME_ROLES else "it can be run, but its training cannot go on"
            raise UserError(f"no {role}", which=printable(self.folder), mend=mend)
        return disk.read_checked(self.folder, self.manifest.roles[role])

    def bad(self, role: str, problem: str) -> UserError:
        """Return the error for a role whose file is whole and holds what it cannot."""
        which = printable(self.folder / self.manifest.roles[role].file)
        return UserError(f"{role} that {printable(problem)}", which=which, mend="this file cannot be used; train again")


def open_run(folder: str | os.PathLike[str], *, task: str | None = None) -> Run:
    """Open a run folder and verify every file that its manifest names; with `task`, a run of another kind is refused.

    Safe while a training commits to the folder: what comes back is one commit, the one before or the one after.
    """
    path = Path(folder)
    _check_is_run(path)
    for _ in range(_READ_ATTEMPTS):
        seen = read_manifest_bytes(path)
        manifest = parse_manifest(seen, printable(path / MANIFEST))
        _check_task(path, manifest.task, task)
        try:
            return Run(path, manifest, _verified(path, manifest))
        except UserError:
            if read_manifest_bytes(path) == seen:
                raise
            # A commit came between: its sweep has taken what we were reading.
    raise UserError("commits faster than it can be read", which=printable(path), mend="try again")


def _verified(folder: Path, manifest: Manifest) -> dict[str, bytearray]:
    contents = {}
    for role, entry in manifest.roles.items():
        if role == METRICS_ROLE:
            if entry.size:
                disk.check(folder, entry, may_go_on=True)
        elif role in RESUME_ROLES:
            disk.check(folder, entry)
        else:
            contents[role] = disk.read_checked(folder, entry)
    return contents


def _check_is_run(path: Path) -> None:
    which, mend = printable(path), "give a run folder; `textrnn runs` lists those found"
    if not os.path.exists(path):
        raise UserError("no such run", which=which, mend=mend)
    if os.path.isdir(path):
        if not os.access(path, os.R_OK | os.X_OK):
            raise UserError("permission denied", which=which, mend="make the folder readable for you")
        if not os.path.exists(path / MANIFEST):
            is_young = os.path.exists(path / LOCK)
            raise NotARunError("nothing committed yet" if is_young else f"no {MANIFEST}", which=which, mend=mend)
    elif path.suffix.lower() in _UNOPENED:
        what = "weights of another tool (such files can hold code and are never opened)"
        raise UserError(what, which=which, mend="give a run folder that textrnn has written")
    elif os.path.exists(path.parent / MANIFEST):
        raise UserError("one file of a run", which=which, mend=f"give its folder, {printable(path.parent)}")
    else:
        starts = disk.read_start(path, 8)
        raise UserError(f"no run folder but a file that starts with {starts!r}", which=which, mend=mend)


def _check_task(folder: Path, task: str, wanted: str | None) -> None:
    if task not in TASKS:
        mend = f"this textrnn knows {', '.join(TASKS)}; upgrade it: pip install --upgrade textrnn"
        raise UserError(f"a run of the unknown kind {task!r}", which=printable(folder), mend=mend)
    if wanted is not None and task != wanted:
        kind, commands = TASKS[task]
        raise UserError(f"{printable(folder)} is {kind}, not {TASKS[wanted][0]}", mend=f"use {commands}")


def _few(names: Iterable[str]) -> str:
    ordered = sorted(names)
    return ", ".join(name[:80] for name in ordered[:5]) + (f" and {len(ordered) - 5} more" if len(ordered) > 5 else "")

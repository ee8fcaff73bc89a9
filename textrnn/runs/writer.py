"""A run folder that is being written: the lock, the commits, the metrics, the card.

In go JSON values and arrays by role; a commit makes them the run, all or nothing, whenever the process or the machine
stops. Knows roles, not what they hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textrnn.errors import WorldError
from textrnn.runs import card, disk, lock
from textrnn.runs.layout import CARD, LOCK, MANIFEST, METRICS, METRICS_ROLE, REQUIRED_ROLES, ROLES, Entry, file_name
from textrnn.runs.manifest import Manifest, read_manifest
from textrnn.runs.metrics_log import NOTHING, MetricsLog
from textrnn.runs.strict_json import to_json
from textrnn.runs.target import check_no_nul, check_target, not_writable
from textrnn.runs.tensors import Array, not_finite, pack
from textrnn.text.display import printable

Pieces = Sequence[bytes | memoryview]


class RunWriter:
    """The one writer of a run folder, from `with` to the end of its block.

    Entering refuses a folder that holds something else or an existing run (unless one of `overwrite` and `resume` is
    set), proves by writing that the folder can be written to, takes the lock and sweeps what a crash has left behind.
    `resumes` then says whether there is a commit to go on from. With `overwrite` the old run stands until the first
    commit.
    """

    def __init__(self, folder: str | os.PathLike[str], *, overwrite: bool = False, resume: bool = False) -> None:
        assert not (overwrite and resume)
        folder = Path(folder)
        check_no_nul(folder)
        # Written through a link, not over it.
        self.folder = Path(os.path.realpath(folder))
        self.resumes = False
        self._overwrite, self._resume = overwrite, resume
        self._lock: lock.Lock | None = None
        self._log: MetricsLog | None = None
        self._standing: Manifest | None = None
        # Every name that a manifest on the disk may name: no sweep touches these.
        self._kept: set[str] = set()
        # Records that wait for the first commit, as long as the metrics are those of the run that is overwritten.
        self._waiting: list[Mapping[str, Any]] = []
        self._is_new_folder = False

    @property
    def has_committed(self) -> bool:
        """Whether there is a commit of this training, or of the one that it goes on with."""
        return self._standing is not None

    @property
    def would_replace(self) -> bool:
        """Whether the next commit is the one that replaces a run that was there before."""
        return self._overwrite and self._standing is None and bool(self._kept)

    def __enter__(self) -> RunWriter:
        check_target(self.folder, overwrite=self._overwrite, resume=self._resume)
        try:
            self._is_new_folder = not os.path.exists(self.folder)
            os.makedirs(self.folder, exist_ok=True)
            self._lock = lock.acquire(self.folder / LOCK)
            self._prepare()
        except OSError as error:
            self._release()
            raise not_writable(error, self.folder) from None
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def commit(
        self,
        *,
        task: str,
        step: int,
        json: Mapping[str, Any],
        arrays: Mapping[str, Mapping[str, Array]],
        finished: bool,
        committed_at: str | None = None,
    ) -> None:
        """Make these roles the run, and nothing else; WorldError if that fails, and then the commit before it stands.

        Arrays must be finite: a run with a NaN could not be opened again. `committed_at` (ISO 8601) is by default now.
        """
        for role, named in arrays.items():
            if bad := not_finite(named):
                what = f"NaN or infinity in {', '.join(bad[:5])} of {role}; not committed"
                raise WorldError(what, which=printable(self.folder), mend=self._what_stands())
        contents: dict[str, Pieces] = {role: [to_json(value)] for role, value in json.items()}
        contents |= {role: list(pack(named)) for role, named in arrays.items()}
        assert contents.keys() >= set(REQUIRED_ROLES) and contents.keys() <= ROLES.keys()
        time = committed_at or datetime.now(UTC).isoformat(timespec="microseconds")
        before, kept = self._standing, self._kept
        try:
            self._check_lock()
            entries = self._write(contents, step)
            for covered in self._metrics_to_cover():
                roles = entries | {METRICS_ROLE: covered}
                self._publish(Manifest(task=task, step=step, committed_at=time, finished=finished, roles=roles))
        except OSError as error:
            # Half a commit must not fill the disk.
            if self._standing is before:
                self._kept = kept
            disk.sweep(self.folder, self._kept)
            raise disk.failure(error, f"could not save step {step}", self.folder, self._what_stands()) from None

    def record(self, record: Mapping[str, Any]) -> None:
        """Append a record to the metrics; the next commit covers it. WorldError if the disk does not take it."""
        if self._log is None or self._waiting:
            self._waiting.append(dict(record))
            return
        try:
            self._log.append(record)
        except OSError as error:
            raise disk.failure(error, f"could not append to {METRICS}", self.folder, self._what_stands()) from None

    def write_card(self, text: str) -> bool:
        """Write the model card and return True; one that people have edited is left as it is, and that is False."""
        assert self._standing is not None
        try:
            return card.write_card(self.folder, text)
        except OSError as error:
            raise disk.failure(error, f"could not write {CARD}", self.folder, self._what_stands()) from None

    def _prepare(self) -> None:
        """Under the lock: look again, sweep, and open the metrics where the commit ends."""
        check_target(self.folder, overwrite=self._overwrite, resume=self._resume)
        if (self.folder / MANIFEST).exists():
            if self._overwrite:
                self._kept = set(os.listdir(self.folder))
                return
            self._standing = read_manifest(self.folder)
            self._kept = self._standing.names
            self.resumes = True
        covered = self._standing.roles[METRICS_ROLE] if self._standing else NOTHING
        self._log = MetricsLog(self.folder, covered)
        disk.sweep(self.folder, self._kept)

    def _write(self, contents: Mapping[str, Pieces], step: int) -> dict[str, Entry]:
        entries = {}
        for role, pieces in contents.items():
            serial = 1
            while os.path.lexists(self.folder / file_name(role, step, serial)):
                serial += 1
            entry = disk.describe(file_name(role, step, serial), pieces)
            standing = self._standing.roles.get(role) if self._standing and self._standing.step == step else None
            if standing is not None and (standing.size, standing.sha256) == (entry.size, entry.sha256):
                entry = standing
            else:
                disk.write_new(self.folder / entry.file, pieces)
            entries[role] = entry
        disk.sync_folder(self.folder)
        return entries

    def _metrics_to_cover(self) -> Iterable[Entry]:
        """Yield what the manifest is to cover of the metrics; each is published before the next is asked for.

        Over an old run, whose manifest covers its own metrics, that takes two steps: first none of them, then the new.
        """
        if self._log is None:
            yield NOTHING
            self._log = MetricsLog(self.folder)
            if not self._waiting:
                return
        while self._waiting:
            self._log.append(self._waiting[0])
            del self._waiting[0]
        yield self._log.sync()

    def _publish(self, manifest: Manifest) -> None:
        # Until the new manifest is on the disk, a power cut falls back to the old one and its files.
        self._kept = self._kept | manifest.names
        disk.replace_manifest(self.folder, manifest.to_bytes())
        self._standing = manifest
        disk.sync_folder(self.folder)
        self._kept = manifest.names
        disk.sweep(self.folder, self._kept)

    def _check_lock(self) -> None:
        if self._lock is None or not self._lock.is_held():
            what = f"{LOCK} is gone, or another training's; not committed"
            raise WorldError(what, which=printable(self.folder), mend="save to another folder")

    def _what_stands(self) -> str:
        if self._standing is not None:
            return f"the commit of step {self._standing.step} still stands"
        return "the run that was there still stands" if self._kept else "nothing is saved yet"

    def _release(self) -> None:
        if self._log is not None:
            self._log.close()
            if not self._kept and self._lock is not None and self._lock.is_held():
                # Leave nothing of a run that was never committed.
                disk.sweep(self.folder, ())
                disk.remove(self.folder / METRICS)
        if self._lock is not None:
            self._lock.release()
        if self._is_new_folder:
            # Fails, as it should, where a run was committed.
            with suppress(OSError):
                os.rmdir(self.folder)

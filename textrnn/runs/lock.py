"""run.lock: at most one training writes to a run folder.

The file says who holds it: process, host, since when. Making it is the one step that only one process can win
(O_CREAT | O_EXCL), on every system and file system. A lock whose process is gone is broken by whoever holds the lock
*on that lock*, so that two processes that come at once cannot both break it, and none breaks the fresh lock of the
other. Knows nothing of runs.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from textrnn.errors import UserError
from textrnn.runs.strict_json import parse_json, to_json
from textrnn.text.display import printable

_ATTEMPTS = 100
_PAUSE_S = 0.005


@dataclass(frozen=True)
class Holder:
    """A process: its number, its host, when it was born (where the system tells), and when it took the lock."""

    pid: int
    host: str
    born: str
    since: str


class Lock:
    """A lock that is held until `release`; its file stays open so that Windows refuses to delete it meanwhile."""

    def __init__(self, path: Path, descriptor: int, content: bytes) -> None:
        self._path, self._descriptor, self._content = path, descriptor, content

    def is_held(self) -> bool:
        """Whether the file is still the one that was made; someone may have deleted it."""
        return _read(self._path) == self._content

    def release(self) -> None:
        """Give the lock back."""
        is_held = self.is_held()
        os.close(self._descriptor)
        if is_held:
            _remove(self._path)


def acquire(path: Path) -> Lock:
    """Take the lock, or raise UserError saying who holds it; raises OSError where the folder cannot be written to."""
    for _ in range(_ATTEMPTS):
        content = to_json(asdict(_myself()))
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            _refuse_or_break(path)
            continue
        try:
            os.write(descriptor, content)
            os.fsync(descriptor)
        except OSError:
            os.close(descriptor)
            _remove(path)
            raise
        return Lock(path, descriptor, content)
    raise UserError("in use by another process", which=printable(path.parent), mend="wait for it to end")


def check_free(path: Path) -> None:
    """Raise UserError where a living process holds the lock. Reads only; the lock may be taken right after."""
    content = _settled(path)
    holder = None if content is None else _holder(content)
    if holder is not None and _is_alive(holder):
        raise _in_use(path, holder)


def _refuse_or_break(path: Path) -> None:
    content = _settled(path)
    if content is None:
        return
    holder = _holder(content)
    if holder is not None and _is_alive(holder):
        raise _in_use(path, holder)
    claim = acquire(path.with_name(f"{path.name}.{hashlib.sha256(content).hexdigest()[:16]}"))
    try:
        # Only who holds this claim removes this very lock, so it cannot change between the look and the removal.
        if _read(path) == content:
            _remove(path)
    except PermissionError:
        if sys.platform == "win32" and holder is not None:
            raise _in_use(path, holder) from None
        raise
    finally:
        claim.release()


def _in_use(path: Path, holder: Holder) -> UserError:
    whom = "this very process" if holder.pid == os.getpid() else f"process {holder.pid}"
    what = f"in use by {whom} on {printable(holder.host)} since {printable(holder.since)}"
    mend = f"wait for it to end or stop it; if no such training runs any more, delete {path.name}"
    return UserError(what, which=printable(path.parent), mend=mend)


def _settled(path: Path) -> bytes | None:
    """Return what the lock says, None if it is gone; one that is being made gets the time to be filled in."""
    content = _read(path)
    for _ in range(_ATTEMPTS):
        if content is None or _holder(content) is not None:
            break
        time.sleep(_PAUSE_S)
        content = _read(path)
    return content


def _read(path: Path) -> bytes | None:
    try:
        with open(path, "rb") as handle:
            return handle.read(4096)
    except FileNotFoundError:
        return None


def _remove(path: Path) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _holder(content: bytes) -> Holder | None:
    try:
        holder = Holder(**parse_json(content))
    except (ValueError, TypeError):
        return None
    is_process = type(holder.pid) is int and holder.pid > 0
    return holder if is_process and all(isinstance(text, str) for text in astuple(holder)[1:]) else None


def _myself() -> Holder:
    born = _born(os.getpid()) or ""
    return Holder(os.getpid(), platform.node(), born, datetime.now(UTC).isoformat())


def _is_alive(holder: Holder) -> bool:
    """Whether the holder may still be running; a process on another host always may."""
    if holder.host != platform.node():
        return True
    if sys.platform == "win32":
        # There `kill` with signal 0 ends a process; and the removal of a lock that is held open fails.
        return False
    try:
        os.kill(holder.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    born = _born(holder.pid)
    # Born at another time, it is another process that has been given the number since.
    return born is not None and (born == holder.born or "" in (born, holder.born))


def _born(pid: int) -> str | None:
    """Return when a process was born, in ticks since the system started; "" if not told, None for a dead one."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as handle:
            # "pid (name) state …": the name may hold spaces and parentheses; the birth is the 22nd field.
            fields = handle.read().rpartition(b")")[2].split()
    except OSError:
        return ""
    return None if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")

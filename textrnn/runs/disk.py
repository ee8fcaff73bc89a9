"""What a run folder does to the disk: read a file whole or not at all, write a new one that stays, sweep left-overs.

In go paths and bytes, out come bytes and what a manifest says of them. Does not know what the files mean. What is wrong
with a file that is read is a UserError; writing raises OSError, for the caller knows what then still stands.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from io import FileIO
from pathlib import Path

from textrnn.errors import UserError, WorldError
from textrnn.runs.layout import MANIFEST, Entry, draft, is_left_over
from textrnn.text.display import printable

DAMAGED = "it was damaged or edited since it was written; copy the run again from where it came from, or train it again"

_CHUNK_BYTES = 1024 * 1024
_BINARY = getattr(os, "O_BINARY", 0)
# Opening a named pipe must not wait for its other end.
_READ = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
# A link in somebody's run folder must not lead our writing elsewhere.
_EXTEND = os.O_WRONLY | os.O_CREAT | _BINARY | getattr(os, "O_NOFOLLOW", 0)


def read_small(path: Path, max_bytes: int) -> bytes:
    """Return the bytes of a file that cannot be large; one that is larger is refused before it is read."""
    with _open(path) as handle:
        size = os.fstat(handle.fileno()).st_size
        if size > max_bytes:
            raise UserError(f"more bytes ({size}) than it can need", which=printable(path), mend=DAMAGED)
        return handle.readall()


def read_start(path: Path, count: int) -> bytes:
    """Return the first bytes of a file, to say what it is."""
    with _open(path) as handle:
        return handle.read(count)


def read_checked(folder: Path, entry: Entry, *, may_go_on: bool = False) -> bytearray:
    """Return the bytes that `entry` covers; a file of another length or another sha256 is refused."""
    with _open_sized(folder, entry, may_go_on) as handle:
        data = bytearray(entry.size)
        have, view = 0, memoryview(data)
        while count := handle.readinto(view[have:]):
            have += count
    _compare(folder, entry, have, hashlib.sha256(data).hexdigest())
    return data


def check(folder: Path, entry: Entry, *, may_go_on: bool = False) -> None:
    """Read what `entry` covers and keep nothing; a file of another length or another sha256 is refused."""
    have, digest = 0, hashlib.sha256()
    with _open_sized(folder, entry, may_go_on) as handle:
        while chunk := handle.read(min(_CHUNK_BYTES, entry.size - have)):
            have += len(chunk)
            digest.update(chunk)
    _compare(folder, entry, have, digest.hexdigest())


def check_size(path: Path, have: int, entry: Entry, *, may_go_on: bool = False) -> None:
    """Refuse a file that is shorter than `entry` says, or longer (unless it `may_go_on`)."""
    if have < entry.size:
        raise UserError(f"cut short: has {have} of {entry.size} bytes", which=printable(path), mend=DAMAGED)
    if have > entry.size and not may_go_on:
        what = f"trailing bytes: has {have} where {entry.size} were written"
        raise UserError(what, which=printable(path), mend=DAMAGED)


def describe(name: str, pieces: Iterable[bytes | memoryview]) -> Entry:
    """Return what a manifest says of a file that consists of `pieces`."""
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return Entry(name, size, digest.hexdigest())


def write_new(path: Path, pieces: Iterable[bytes | memoryview]) -> None:
    """Write a file that must not exist yet and wait until it is on the disk."""
    descriptor = os.open(path, _CREATE, 0o666)
    try:
        for piece in pieces:
            write_all(descriptor, piece)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of `data`, however little the system takes at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def open_to_extend(path: Path) -> int:
    """Return the descriptor of a file to write to, made if missing; a link is not followed."""
    return os.open(path, _EXTEND, 0o666)


def replace_manifest(folder: Path, data: bytes) -> None:
    """Make `data` the manifest, in one step that a reader sees done or not done."""
    source = folder / draft(MANIFEST)
    remove(source)
    write_new(source, [data])
    for _ in range(100):
        try:
            return os.replace(source, folder / MANIFEST)
        except PermissionError:
            if sys.platform != "win32":
                raise
            # Windows refuses while someone reads the old manifest; readers are quick.
            time.sleep(0.02)
    os.replace(source, folder / MANIFEST)


def put_anew(path: Path, data: bytes) -> None:
    """Write a file whole under its name, the old one removed first: the manifest is the only name that is replaced."""
    source = path.with_name(draft(path.name))
    remove(source)
    write_new(source, [data])
    remove(path)
    os.rename(source, path)


def sync_folder(folder: Path) -> None:
    """Wait until the names in the folder are on the disk, where the system can do that."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def sweep(folder: Path, keep: Collection[str]) -> None:
    """Remove what commits have left behind, apart from `keep`; what cannot be removed now goes at the next sweep."""
    with suppress(OSError):
        for name in sorted(os.listdir(folder)):
            if name not in keep and is_left_over(name):
                with suppress(OSError):
                    os.unlink(folder / name)


def failure(error: OSError, what: str, folder: Path, mend: str) -> WorldError:
    """Return the report of something that the disk did not do."""
    return WorldError(f"{what} ({error.strerror or error})", which=printable(folder), mend=mend)


def _open(path: Path) -> FileIO:
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        raise UserError("missing file", which=printable(path), mend=DAMAGED) from None
    except PermissionError:
        raise UserError("permission denied", which=printable(path), mend="make it readable for you") from None
    except OSError as error:
        raise failure(error, "cannot read", path, "check the disk") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UserError("not a regular file", which=printable(path), mend=DAMAGED)
    return FileIO(descriptor, "rb")


def _open_sized(folder: Path, entry: Entry, may_go_on: bool) -> FileIO:
    path = folder / entry.file
    handle = _open(path)
    try:
        check_size(path, os.fstat(handle.fileno()).st_size, entry, may_go_on=may_go_on)
    except UserError:
        handle.close()
        raise
    return handle


def _compare(folder: Path, entry: Entry, have: int, sha256: str) -> None:
    check_size(folder / entry.file, have, entry)
    if sha256 != entry.sha256:
        raise UserError("sha256 mismatch", which=printable(folder / entry.file), mend=DAMAGED)

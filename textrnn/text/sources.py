"""Where text comes from: files, folders and standard input, found before anything is read.

In goes a name that a user gave; out come sources, each of which is opened once and read front to back, so that a pipe
is as good as a file. Knows nothing of what the bytes mean.
"""

from __future__ import annotations

import difflib
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO

from textrnn.errors import TextrnnError, UserError, WorldError
from textrnn.text.display import printable
from textrnn.text.notes import ReadingNotes

STANDARD_INPUT = "-"
HEAD_BYTES = 64 * 1024
# no mark of an encoding or a compression is longer
_MARK_BYTES = 10
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Source:
    """One input: `name` is what it is called in the corpus, `which` what it is called in messages.

    identity: what a file is whatever the path to it, None where there is no telling.
    """

    name: str
    which: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    identity: tuple[int, int] | None = None

    def chunks(self) -> Iterator[bytes]:
        """Open the source and yield its bytes; the first chunk holds the first HEAD_BYTES if there are so many."""
        return with_head(self._read(lambda stream: stream.read(_CHUNK_BYTES)))

    def arriving(self) -> Iterator[bytes]:
        """Open the source and yield its bytes as they come: a line of a pipe does not wait for the next one."""
        return with_mark(self._read(lambda stream: getattr(stream, "read1", stream.read)(HEAD_BYTES)))

    def _read(self, some: Callable[[BinaryIO], bytes]) -> Iterator[bytes]:
        try:
            with self.open() as stream:
                while data := some(stream):
                    yield data
        except OSError as error:
            raise _refusal(error, self.which) from error


def with_head(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield `chunks` with the first HEAD_BYTES in one; nothing yields one empty chunk."""
    head = b""
    while len(head) < HEAD_BYTES and (more := next(chunks, b"")):
        head += more
    yield head
    yield from chunks


def with_mark(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield `chunks`, the first long enough to know a mark by, unless a line ends before; nothing yields one empty."""
    head = b""
    while len(head) < _MARK_BYTES and not (b"\n" in head or b"\r" in head) and (more := next(chunks, b"")):
        head += more
    yield head
    yield from chunks


def find_sources(
    name: str | os.PathLike[str], *, stdin: BinaryIO | None, notes: ReadingNotes, known: Iterable[str] = ()
) -> list[Source]:
    """Return what `name` stands for: one source, or the files below a folder in the order of their paths.

    known: what else could have been meant by the name of a file that does not exist.
    """
    path = os.fspath(name)
    which = printable(path)
    if path == STANDARD_INPUT:
        return [Source("stdin", "standard input", lambda: _standard_input(stdin))]
    try:
        found = os.stat(path)
        if not stat.S_ISDIR(found.st_mode):
            return [_file(path, os.path.basename(path), found)]
        relative = sorted((os.path.relpath(file, path) for file in _files_below(path, notes)), key=_parts)
        files = [os.path.join(path, file) for file in relative]
        sources = [_file(file, "/".join(_parts(end)), os.stat(file)) for file, end in zip(files, relative, strict=True)]
    except ValueError:
        raise UserError("no file has a NUL in its name", which=which, mend="leave it out") from None
    except FileNotFoundError as error:
        raise UserError(f"{which or 'a file without a name'} does not exist", mend=_nearest(path, known)) from error
    except OSError as error:
        raise _refusal(error, which) from error
    if not sources:
        raise UserError("no text file", which=which, mend="give a file, or a folder that holds text files")
    return sources


def _file(path: str, name: str, found: os.stat_result) -> Source:
    identity = (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) and found.st_ino else None
    return Source(name, printable(path), lambda: open(path, "rb"), identity)


def _standard_input(stdin: BinaryIO | None) -> AbstractContextManager[BinaryIO]:
    stream = stdin or getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise UserError("there is no standard input", mend="give a file")
    if stream.isatty():
        raise UserError("standard input is a terminal", mend="pipe a text into it, or give a file")
    return nullcontext(stream)


def _files_below(folder: str, notes: ReadingNotes) -> Iterator[str]:
    """Yield the regular files below `folder`, each folder once whatever links lead to it."""
    seen = set()
    which = printable(folder)

    def fail(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, followlinks=True, onerror=fail):
        here = os.stat(parent)
        if (here.st_dev, here.st_ino) in seen:
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        hidden = [name for name in (*folders, *files) if name.startswith(".")]
        if hidden:
            notes.add("hidden files passed over", which, len(hidden))
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and name not in hidden:
                yield path
            elif name not in hidden:
                notes.add("passed over: broken links and what is no regular file", which, 1)


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def _nearest(path: str, known: Iterable[str]) -> str:
    folder, name = os.path.split(path)
    try:
        there = os.listdir(folder or os.curdir)
    except OSError:
        return f"there is no folder {printable(folder)} either"
    near = difflib.get_close_matches(name, [*there, *known], n=1)
    if not near:
        return "check the name"
    return f"did you mean {printable(near[0] if near[0] in known else os.path.join(folder, near[0]))}?"


def _refusal(error: OSError, which: str) -> TextrnnError:
    if isinstance(error, PermissionError):
        return UserError("permission denied", which=which, mend="make it readable for you")
    if isinstance(error, FileNotFoundError):
        return UserError("the file vanished", which=which, mend="give it again")
    if error.errno in (errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ENXIO):
        return UserError(f"no file can be reached ({error.strerror})", which=which, mend="check the path")
    return WorldError(f"reading failed ({error.strerror or error})", which=which)

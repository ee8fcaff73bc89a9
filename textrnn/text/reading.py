"""One input read: bytes of a source to pieces of text, decompressed and decoded, with the SHA-256 of what was read.

Knows one input at a time; what several make together is the corpus's business.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from textrnn.errors import UserError
from textrnn.text.compression import compression_of, expand
from textrnn.text.decoding import ReadingOptions, decode
from textrnn.text.display import printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.sources import Source, find_sources, with_head, with_mark


class Reading:
    """Reads one source once. `digest` holds when the pieces are used up."""

    def __init__(self, source: Source, options: ReadingOptions, notes: ReadingNotes) -> None:
        self._source, self._options, self._notes = source, options, notes
        self._hash = hashlib.sha256()

    def pieces(self) -> Iterator[str]:
        """Yield the text in pieces of about a million characters at most."""
        return self._decoded(self._source.chunks(), with_head, is_arriving=False)

    def arriving(self) -> Iterator[str]:
        """Yield the text in pieces as they come, a pipe's without waiting until there is more."""
        return self._decoded(self._source.arriving(), with_mark, is_arriving=True)

    @property
    def digest(self) -> bytes:
        """The SHA-256 digest of the source's bytes, compressed ones as they are."""
        return self._hash.digest()

    def _decoded(
        self, chunks: Iterator[bytes], headed: Callable[[Iterator[bytes]], Iterator[bytes]], *, is_arriving: bool
    ) -> Iterator[str]:
        which = self._source.which
        chunks = self._hashed(chunks)
        head = next(chunks)
        compression = compression_of(head)
        chunks = _again(head, chunks)
        if compression is not None:
            chunks = headed(expand(chunks, compression, which, self._options.max_bytes))
        yield from decode(chunks, which, self._options, self._notes, is_arriving=is_arriving)

    def _hashed(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._hash.update(chunk)
            yield chunk


@dataclass(frozen=True)
class Text:
    """A small text read at once."""

    text: str
    sha256: str
    notes: tuple[str, ...]


def read_text(
    source: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
    keep_line_ends: bool = False,
    allow_binary: bool = False,
    max_bytes: int | None = None,
) -> Text:
    """Read one file, or standard input (`-`), whole; unlike a corpus it may be empty."""
    options = ReadingOptions(
        encoding=encoding, errors=errors, keep_line_ends=keep_line_ends, allow_binary=allow_binary, max_bytes=max_bytes
    )
    options.check()
    if os.path.isdir(source):
        raise UserError("is a folder", which=printable(source), mend="give a file")
    notes = ReadingNotes()
    (found,) = find_sources(source, stdin=stdin, notes=notes)
    reading = Reading(found, options, notes)
    text = "".join(reading.pieces())
    return Text(text, reading.digest.hex(), notes.lines())


def _again(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks

"""Compressed bytes to bytes: gzip, bzip2 and xz, known by their first bytes and not by a file's name.

Memory does not grow with what comes out. A file cut short or damaged is refused with the place, and one that swells
beyond all reason is refused before it fills the disk.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Protocol

from textrnn.errors import UserError

_STEP_BYTES = 1 << 20
# Text shrinks to a third or a fifth, and logs to a fiftieth; a bomb to a thousandth.
_SUSPECT_RATIO = 100
_SUSPECT_BYTES = 256 * 1024 * 1024


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor in the manner of bz2's and lzma's: it keeps what it has not yet used."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_FORMATS: dict[str, tuple[tuple[bytes, ...], Callable[[], _Decompressor]]] = {
    "gzip": ((b"\x1f\x8b\x08",), _Gzip),
    "bzip2": (
        # The number of a block or of the end follows, pi or its root: "BZh" alone may begin a text.
        tuple(b"BZh%d%s" % (level, first) for level in range(1, 10) for first in (b"1AY&SY", b"\x17rE8P\x90")),
        bz2.BZ2Decompressor,
    ),
    "xz": ((b"\xfd7zXZ\x00",), lzma.LZMADecompressor),
}
_LONGEST_MARK = 10


def compression_of(head: bytes) -> str | None:
    """Return the name of the compression that bytes starting with `head` are in, or None."""
    return next((name for name, (marks, _) in _FORMATS.items() if head.startswith(marks)), None)


def expand(chunks: Iterator[bytes], name: str, which: str, max_bytes: int | None = None) -> Iterator[bytes]:
    """Yield the bytes that were compressed, in chunks of a megabyte at most.

    `max_bytes` limits what may come out; without it only what looks like a bomb is refused.
    """
    marks, make = _FORMATS[name]
    stream, rest, read, written = make(), b"", 0, 0
    for chunk in chain(chunks, (b"",)):
        read += len(chunk)
        rest += chunk
        while True:
            if stream.eof:
                rest = rest.lstrip(b"\0")
                if not rest or (chunk and len(rest) < _LONGEST_MARK):
                    break
                if not rest.startswith(marks):
                    what = f"data after the end of the {name} stream, at byte {read - len(rest):,}"
                    raise UserError(what, which=which, mend="get the file again, or decompress it and give the text")
                stream = make()
            try:
                data = stream.decompress(rest, _STEP_BYTES)
            except (OSError, zlib.error, lzma.LZMAError) as error:
                what = f"damaged {name} data before byte {read:,} ({error})"
                raise UserError(what, which=which, mend="get the file again") from error
            rest = stream.unused_data if stream.eof else b""
            written += len(data)
            _check_size(written, read, which, max_bytes)
            if data:
                yield data
            if not stream.eof and len(data) < _STEP_BYTES:
                break
    if not stream.eof:
        raise UserError(f"{name} data cut short after {read:,} bytes", which=which, mend="get the file again")


def _check_size(written: int, read: int, which: str, max_bytes: int | None) -> None:
    if max_bytes is not None and written > max_bytes:
        what = f"more than {max_bytes:,} bytes come out of {read:,} compressed ones"
    elif written > _SUSPECT_BYTES and written > _SUSPECT_RATIO * read:
        what = f"{read:,} compressed bytes swell more than {_SUSPECT_RATIO}-fold, to over {written:,}"
    else:
        return
    raise UserError(what, which=which, mend="if that is meant, decompress the file and give the text")

"""Compressed input by reference (the standard library compresses) and by what must be refused."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from textrnn.errors import UserError
from textrnn.text import compression
from textrnn.text.corpus import read_corpus

COMPRESSORS = [gzip.compress, bz2.compress, lzma.compress]
TEXT = "".join(random.Random(0).choices("abcdefgh \né", k=300_000))

compressors = pytest.mark.parametrize("compress", COMPRESSORS, ids=["gzip", "bzip2", "xz"])
Compress = Callable[[bytes], bytes]


def expand(data: bytes, size: int = 1 << 20, **options: int) -> bytes:
    name = compression.compression_of(data)
    assert name is not None
    chunks = iter([data[start : start + size] for start in range(0, len(data), size)])
    return b"".join(compression.expand(chunks, name, "x", **options))


@compressors
def test_compressed_file_is_known_by_its_bytes(tmp_path: Path, compress: Compress) -> None:
    path = tmp_path / "no-telling-name"
    path.write_bytes(compress(TEXT.encode()))
    corpus = read_corpus([path])
    assert corpus.text() == TEXT
    assert corpus.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@compressors
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_several_streams_in_a_row_are_one_text_in_any_chunks(compress: Compress, size: int) -> None:
    data = compress(b"one ") + compress(b"") + compress(b"two") + b"\0" * 16
    assert expand(data, size) == b"one two"


@compressors
def test_cut_short_is_refused_with_the_place(tmp_path: Path, compress: Compress) -> None:
    data = compress(TEXT.encode())[:-20]
    path = tmp_path / "a"
    path.write_bytes(data)
    with pytest.raises(UserError, match=f"cut short after {len(data):,} bytes"):
        read_corpus([path])


@compressors
def test_damage_is_refused(compress: Compress) -> None:
    data = bytearray(compress(TEXT.encode()))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(UserError, match="damaged"):
        expand(bytes(data))


@compressors
def test_what_follows_the_stream_is_refused(compress: Compress) -> None:
    data = compress(b"text")
    with pytest.raises(UserError, match=f"after the end of the .* at byte {len(data)}"):
        expand(data + b"junk")


@compressors
def test_limit_is_kept(compress: Compress) -> None:
    data = compress(b"a" * 5_000_000)
    with pytest.raises(UserError, match="more than 4,000,000 bytes"):
        expand(data, max_bytes=4_000_000)
    assert len(expand(data, max_bytes=5_000_000)) == 5_000_000


@compressors
def test_bomb_is_refused_long_before_it_has_swollen(compress: Compress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "_SUSPECT_BYTES", 2_000_000)
    name = compression.compression_of(bomb := compress(b"a" * 20_000_000))
    assert name is not None
    swollen = 0
    with pytest.raises(UserError, match="swell more than 100-fold"):
        for chunk in compression.expand(iter([bomb]), name, "x"):
            swollen += len(chunk)
    assert swollen <= 3_000_000
    assert len(expand(compress(TEXT.encode() * 8))) == len(TEXT.encode()) * 8

"""The corpus by law: any part is what slicing the whole gives, in memory and on disk."""

from __future__ import annotations

import errno
import gc
import hashlib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.errors import UserError, WorldError
from textrnn.text import sources, spool
from textrnn.text.corpus import Corpus, corpus_from_text, read_corpus
from textrnn.text.spool import cache_folder
from textrnn.text.tokenizer import fit_tokenizer

texts = st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=6)


@pytest.fixture(params=["memory", "disk"])
def small_pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEXTRNN_CACHE", str(tmp_path))
    monkeypatch.setattr(spool, "PIECE_CHARACTERS", 4)
    if request.param == "disk":
        monkeypatch.setattr(spool, "MEMORY_BYTES", 8)


@pytest.mark.usefixtures("small_pieces")
def test_part_is_a_slice_with_its_documents() -> None:
    @given(texts, st.data())
    def check(documents: list[str], data: st.DataObject) -> None:
        corpus = corpus_from_text(documents)
        whole = "".join(documents)
        start = data.draw(st.integers(0, len(whole)))
        stop = data.draw(st.integers(start, len(whole)))
        part = corpus.part(start, stop)
        expected, begin = [], 0
        for document in documents:
            piece = document[max(0, start - begin) : max(0, stop - begin)]
            expected += [piece] if piece else []
            begin += len(document)
        assert corpus.text() == whole
        assert corpus.characters == len(whole)
        assert part.characters == stop - start
        assert part.num_documents == len(expected)
        # Documents may be used in any order and more than once.
        found = list(part.documents())
        assert ["".join(pieces) for pieces in reversed(found)] == expected[::-1]
        assert ["".join(pieces) for pieces in part.documents()] == expected

    check()


@pytest.mark.usefixtures("small_pieces")
def test_pieces_are_bounded() -> None:
    corpus = corpus_from_text("x" * 50)
    assert max(len(piece) for document in corpus.part(1, 49).documents() for piece in document) == 4


def test_facts() -> None:
    corpus = corpus_from_text(["ab", "", "bc\U0001f642"], name="mine")
    assert [(document.name, document.characters) for document in corpus.documents] == [("mine 1", 2), ("mine 3", 3)]
    assert (corpus.names, corpus.alphabet, corpus.alphabet_size) == (("mine",), "abc\U0001f642", 4)
    assert corpus_from_text("ab").sha256 == hashlib.sha256(b"ab").hexdigest()


def test_part_outside_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="part"):
        corpus_from_text("ab").part(1, 3)


def test_lone_surrogate_is_refused_with_its_position() -> None:
    with pytest.raises(UserError, match=r"lone surrogate U\+D800 at character 3 in text"):
        corpus_from_text("abc\ud800")


def test_empty_text_is_refused() -> None:
    for text in ("", [], ["", ""]):
        with pytest.raises(UserError, match="empty"):
            corpus_from_text(text)


def test_large_corpus_lies_in_the_cache_folder_and_vanishes_with_the_last_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    make = spool.tempfile.TemporaryFile

    def watched(**options: object):
        assert options["dir"] == tmp_path / "cache"
        file = make(**options)  # type: ignore[call-overload]
        closed.append(file)
        return file

    monkeypatch.setenv("TEXTRNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(spool, "MEMORY_BYTES", 100)
    monkeypatch.setattr(spool.tempfile, "TemporaryFile", watched)
    path = tmp_path / "a.txt"
    path.write_text("é" * 200, encoding="utf-8")
    corpus: Corpus | None = read_corpus([path])
    assert corpus is not None
    part = corpus.part(0, 200)
    corpus = None
    gc.collect()
    assert "".join(next(part.documents())) == "é" * 200
    del part
    gc.collect()
    assert [file.closed for file in closed] == [True]
    assert list((tmp_path / "cache").iterdir()) == []


def test_small_corpus_touches_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTRNN_CACHE", str(tmp_path / "cache"))
    corpus_from_text("abc").text()
    assert not (tmp_path / "cache").exists()


def test_full_disk_is_the_worlds_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spool, "MEMORY_BYTES", 1)
    monkeypatch.setattr(spool.tempfile, "TemporaryFile", full)
    with pytest.raises(WorldError, match=r"No space left.*TEXTRNN_CACHE"):
        corpus_from_text("abc")


def test_cache_folder_falls_back_to_the_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("TEXTRNN_CACHE", str(blocked / "cache"))
    monkeypatch.setattr(spool.tempfile, "gettempdir", lambda: str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("TEXTRNN_CACHE", str(tmp_path / "new" / "cache"))
    assert cache_folder() == tmp_path / "new" / "cache"
    assert cache_folder().is_dir()


@pytest.mark.parametrize("kind", ["char", "byte", "word"])
def test_memory_does_not_grow_with_the_text(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text in a single line is read, fitted on and encoded with memory for a few of its pieces."""
    monkeypatch.setenv("TEXTRNN_CACHE", str(tmp_path))
    monkeypatch.setattr(spool, "MEMORY_BYTES", 1 << 20)
    monkeypatch.setattr(spool, "PIECE_CHARACTERS", 1 << 16)
    monkeypatch.setattr(sources, "_CHUNK_BYTES", 1 << 16)
    path = tmp_path / "line.txt"
    path.write_bytes((b"w" * 98 + b", ") * 80_000)
    tracemalloc.start()
    corpus = read_corpus([path])
    part = corpus.part(0, corpus.characters)
    tokenizer = fit_tokenizer(kind, part)
    units = sum(len(ids) for document in part.documents() for ids in tokenizer.encode_pieces(document))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert units == (2 * 80_000 if kind == "word" else path.stat().st_size)
    assert peak_bytes < path.stat().st_size * 0.5

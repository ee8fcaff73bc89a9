"""The ids of a text, the same in memory and on disk."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from textrnn.data import ids as ids_module
from textrnn.data.ids import collect_ids, id_dtype
from textrnn.errors import WorldError
from textrnn.text.corpus import Corpus, corpus_from_text
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer
from textrnn.text.vocabulary import END, UNKNOWN


def fitted(corpus: Corpus, kind: str = "char") -> Tokenizer:
    return fit_tokenizer(kind, corpus.part(0, corpus.characters))


@pytest.mark.parametrize(
    ("vocabulary_size", "dtype"),
    [(3, np.uint8), (256, np.uint8), (257, np.uint16), (65536, np.uint16), (65537, np.uint32)],
)
def test_the_narrowest_type_holds_every_id(vocabulary_size: int, dtype: type) -> None:
    assert id_dtype(vocabulary_size) == dtype
    assert np.iinfo(id_dtype(vocabulary_size)).max >= vocabulary_size - 1


def test_one_document_is_its_ids() -> None:
    corpus = corpus_from_text("abracadabra\n" * 10)
    tokenizer = fitted(corpus)
    assert np.array_equal(collect_ids(tokenizer, corpus.part(0, corpus.characters)), tokenizer.encode(corpus.text()))


def test_documents_are_parted_by_a_boundary_that_no_text_can_give() -> None:
    corpus = corpus_from_text(["abc", "bcd", "d"])
    tokenizer = fitted(corpus)
    parts = [tokenizer.encode(text).tolist() for text in ("abc", "bcd", "d")]
    inner = [*parts[0], END, *parts[1], END, *parts[2]]
    assert collect_ids(tokenizer, corpus.part(0, 7)).tolist() == inner
    assert collect_ids(tokenizer, corpus.part(0, 7), opening=True).tolist() == [END, *inner]
    assert END not in tokenizer.encode("abcd<end>\x01\x00")


def test_a_part_holds_the_boundaries_inside_it() -> None:
    corpus = corpus_from_text(["abc", "bcd"])
    tokenizer = fitted(corpus)
    end_of_first = tokenizer.encode("c").tolist()
    assert collect_ids(tokenizer, corpus.part(2, 4)).tolist() == [*end_of_first, END, *tokenizer.encode("b").tolist()]
    assert collect_ids(tokenizer, corpus.part(3, 6)).tolist() == tokenizer.encode("bcd").tolist()
    assert len(collect_ids(tokenizer, corpus.part(3, 3))) == 0


def test_unknown_units_keep_their_place() -> None:
    tokenizer = fitted(corpus_from_text("aabb"))
    assert collect_ids(tokenizer, corpus_from_text("axb").part(0, 3)).tolist()[1] == UNKNOWN


@pytest.mark.parametrize("kind", ["char", "byte", "word"])
def test_on_disk_the_ids_are_the_same(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEXTRNN_CACHE", str(tmp_path))
    corpus = corpus_from_text(["the cat sat. " * 300, "on a mät 猫 " * 200, "end"])
    tokenizer = fitted(corpus, kind)
    part = corpus.part(0, corpus.characters)
    in_memory = collect_ids(tokenizer, part, opening=True)
    assert not isinstance(in_memory, np.memmap)
    # small enough for several documents to lie beyond it
    monkeypatch.setattr(ids_module, "MEMORY_LIMIT", 100)
    on_disk = collect_ids(tokenizer, part, opening=True)
    assert isinstance(on_disk, np.memmap)
    assert on_disk.dtype == in_memory.dtype
    assert np.array_equal(on_disk, in_memory)
    # nobody has to clean up
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_one_line_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    corpus = corpus_from_text("abc" * 100)
    monkeypatch.setattr(ids_module, "MEMORY_LIMIT", 10)
    monkeypatch.setattr(ids_module.tempfile, "TemporaryFile", full)
    with pytest.raises(WorldError, match=r"No space left on device.*TEXTRNN_CACHE"):
        collect_ids(fitted(corpus), corpus.part(0, 300))

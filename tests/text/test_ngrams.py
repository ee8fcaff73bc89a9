"""The n-grams of texts: keys against a plain definition, a text at a time; neighbours, families and empty texts."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.text.ngrams import NgramReader, families, run_keys, word_key, words_of

TEXTS = (
    "A lovely film, a lovely film!", "", "dull", "   ", "I loved every minute of it.\nYou will too.", "İstanbul ΑΣ'Α ß",
    "فيلم جميل جدا", "एक सुंदर फिल्म", "🎬😀 😀", "a", "cafe\u0301 café", "no\xa0break", "\ud800 half", "x" * 2500,
)  # fmt: skip
MULTIPLIER, MASK = 0x9E3779B97F4A7C15, 2**64 - 1


def key_of(run: Sequence[int], family: int) -> int:
    """The key of one run by its definition, in whole numbers of Python."""
    mixed = len(run)
    for unit in run:
        mixed = ((mixed ^ unit) * MULTIPLIER) & MASK
        mixed ^= mixed >> 29
    return (mixed >> 32 & ~1) | family


def by_definition(text: str, words: tuple[int, int], characters: tuple[int, int] | None) -> set[int]:
    def runs(units: list[int], orders: tuple[int, int], family: int) -> set[int]:
        return {
            key_of(units[start : start + order], family)
            for order in range(orders[0], orders[1] + 1)
            for start in range(len(units) - order + 1)
        }

    found = runs([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words_of(text)], words, 0)
    if characters is not None:
        found |= runs([ord(one) for one in " ".join(text.lower().split())], characters, 1)
    return found


def rows_of(reader: NgramReader, texts: Sequence[str]) -> list[list[int]]:
    rows, keys = reader.read(texts)
    return [keys[rows == row].tolist() for row in range(len(texts))]


@pytest.mark.parametrize("words", [(1, 1), (1, 3), (2, 4)])
@pytest.mark.parametrize("characters", [None, (1, 1), (2, 6)])
def test_keys_are_those_of_the_definition(words: tuple[int, int], characters: tuple[int, int] | None) -> None:
    reader = NgramReader(words=words, characters=characters)
    for text, keys in zip(TEXTS, rows_of(reader, TEXTS), strict=True):
        assert keys == sorted(by_definition(text, words, characters)), text


@given(st.lists(st.text(alphabet="ab ,\nİé😀", max_size=12), max_size=6))
def test_neighbours_never_matter(texts: list[str]) -> None:
    reader = NgramReader(words=(1, 3), characters=(2, 4))
    together = rows_of(reader, texts)
    fresh = NgramReader(words=(1, 3), characters=(2, 4))
    assert together == [rows_of(fresh, [text])[0] for text in texts]
    assert together[::-1] == rows_of(reader, texts[::-1])


def test_rows_and_keys_ascend() -> None:
    rows, keys = NgramReader(words=(1, 3), characters=(2, 6)).read(TEXTS)
    assert (np.diff(rows) >= 0).all() and keys.dtype == np.uint32
    assert all((np.diff(keys[rows == row].astype(np.int64)) > 0).all() for row in range(len(TEXTS)))


def test_words_are_even_and_characters_odd() -> None:
    text = ["a lovely film"]
    _, words = NgramReader(words=(1, 2), characters=None).read(text)
    _, both = NgramReader(words=(1, 2), characters=(2, 3)).read(text)
    assert not families(words).any() and len(words) == 5
    assert np.array_equal(both[families(both) == 0], words)
    characters = set(zip("a lovely film", "a lovely film"[1:], strict=False))
    triples = {"a lovely film"[start : start + 3] for start in range(11)}
    assert np.count_nonzero(families(both) == 1) == len(characters) + len(triples)


def test_nothing_has_no_n_grams() -> None:
    for characters in (None, (1, 3)):
        reader = NgramReader(words=(1, 2), characters=characters)
        for texts in ([], [""], ["", "  ", ""]):
            rows, keys = reader.read(texts)
            assert len(rows) == len(keys) == 0
            assert (rows.dtype.kind, keys.dtype) == ("i", np.uint32)


def test_case_and_spaces_do_not_matter_but_order_and_marks_do() -> None:
    reader = NgramReader(words=(1, 2), characters=(2, 4))
    same = rows_of(reader, ["A lovely  film", "a LOVELY film "])
    assert same[0] == same[1]
    other = rows_of(reader, ["a lovely film", "a film lovely", "a lovely film!"])
    assert other[0] != other[1] and set(other[0]) < set(other[2])


def test_no_run_reaches_over_a_texts_end() -> None:
    units, rows = np.arange(7, dtype=np.uint32), np.array([0, 0, 0, 1, 1, 2, 2])
    for order, expected in ((1, [0, 0, 0, 1, 1, 2, 2]), (2, [0, 0, 1, 2]), (3, [0]), (4, []), (8, [])):
        found, keys = run_keys(units, rows, order)
        assert found.tolist() == expected and len(keys) == len(expected)


def test_long_runs_hardly_collide() -> None:
    """Of 20,000 different words and pairs two share a key with a chance of one in ten."""
    words = " ".join(f"word{number}" for number in range(10_000))
    _, keys = NgramReader(words=(1, 2), characters=None).read([words])
    assert len(keys) >= 19_999 - 2


def test_keys_are_the_same_in_every_process() -> None:
    code = (
        "from textrnn.text.ngrams import NgramReader as R; print(R(words=(1, 2), characters=(2, 3)).read(['a b'])[1])"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert {run.stdout for run in runs} == {f"{NgramReader(words=(1, 2), characters=(2, 3)).read(['a b'])[1]}\n"}
    assert word_key("lovely") == zlib.crc32(b"lovely")


def test_what_is_remembered_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NgramReader, "_MOST_WORDS", 3)
    reader, fresh = (NgramReader(words=(1, 2), characters=None) for _ in range(2))
    for text in ("a b c d e", "f g", "a b", "c d e f g h"):
        assert rows_of(reader, [text]) == rows_of(fresh, [text])
        assert len(reader._known) <= 9

"""What a word looks like."""

from __future__ import annotations

import pytest

from textrnn.text.shapes import SHAPES, shape, shape_id


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Paris", "Xx"), ("NATO", "X"), ("iPhone", "xXx"), ("U.S.", "X.X."), ("2014", "d"), ("#fun", "#x"),
        ("mid-1980s", "x-dx"), ("...", "."), ("Ελλάδα", "Xx"), ("東京", "x"), ("a1b2c3d4e5", "xdxdxdxd"), ("", ""),
    ],
)  # fmt: skip
def test_runs_are_one_sign(word: str, expected: str) -> None:
    assert shape(word) == expected


def test_rows_are_in_the_table_and_the_first_is_no_word_s() -> None:
    assert shape_id("") == 0
    words = ["Paris", "PARIS", "paris", "U.S.", "1", "\ud800"]
    rows = list(map(shape_id, words))
    assert all(1 <= row < SHAPES for row in rows) and len(set(rows[:3])) == 3
    assert shape_id("Rome") == rows[0]

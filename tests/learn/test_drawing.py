"""The pictures made of characters: what stands where, by the numbers that went in."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.learn import drawing
from textrnn.report.draw import ASCII, UNICODE, cells
from textrnn.report.picture import Line

finite = st.floats(-1e9, 1e9)
names = st.lists(st.text("abcxyz", min_size=1, max_size=4), min_size=1, max_size=4, unique=True)


def plain(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0.000"), (-0.12345, "-0.123"), (0.0004, "4.0e-04"), (1e6, "1.0e+06"), (1234, "1,234"), ("f'", "f'"),
        (math.inf, "infinite"), (-math.inf, "-infinite"), (math.nan, "beyond all numbers"),
    ],
)  # fmt: skip
def test_numbers_in_a_table(value: str | float, shown: str) -> None:
    assert drawing.number(value) == shown


def test_a_table_aligns_numbers_to_the_right() -> None:
    lines = plain(drawing.table([("a", 1.0, 2), ("bb", -10.5, 3000)], 80, ["", "x", "count"]))
    assert lines == ["          x  count", "a     1.000      2", "bb  -10.500  3,000"]
    assert drawing.table([], 80) == []


def test_a_table_that_is_too_wide_comes_in_parts_with_its_first_column() -> None:
    lines = plain(drawing.table([("row", *map(float, range(6)))], 20, ["", *"abcdef"]))
    assert lines == [
        "         a      b", "row  0.000  1.000", "", "         c      d", "row  2.000  3.000", "", "         e      f",
        "row  4.000  5.000",
    ]  # fmt: skip


def test_a_bar_is_as_long_as_its_share() -> None:
    lines = plain(drawing.bars({"one": 1.0, "half": 0.5, "none": 0.0}, 40, glyphs=ASCII))
    lengths = [line.count("#") for line in lines]
    room = 40 - len("half") - len("1.000") - 4
    assert lengths == [room, round(room / 2), 0]
    assert [line.count("#") for line in plain(drawing.bars({"a": 1.0}, 40, top=2.0, glyphs=ASCII))] == [
        round((40 - 1 - 5 - 4) / 2)
    ]


def test_bars_below_zero_go_to_the_left() -> None:
    up, down = plain(drawing.bars({"up": 1.0, "down": -0.5}, 60, glyphs=ASCII))
    middle = up.index("|")
    assert down.index("|") == middle
    assert set(up[middle + 1 :]) == {"#"} and "#" not in up[:middle]
    assert down.endswith("#|") and up.count("#") == pytest.approx(2 * down.count("#"), abs=1)


@given(names, st.data(), st.integers(20, 100))
def test_no_picture_is_wider_than_the_room(keys: list[str], data: st.DataObject, width: int) -> None:
    count = data.draw(st.integers(1, 60))
    values = st.lists(finite, min_size=count, max_size=count)
    series = {key: data.draw(values) for key in keys}
    heads = {key: series[key][0] for key in keys}
    for glyphs in (UNICODE, ASCII):
        for drawn in (
            drawing.curves(series, max(width, 30), across=("first", "last"), glyphs=glyphs),
            drawing.heat(["a"] * count, series, width, limit=1e9),
            drawing.bars(heads, max(width, 40), glyphs=glyphs),
        ):
            assert max(map(cells, plain(drawn))) <= max(width, 40)
            assert glyphs is UNICODE or all(line.isascii() for line in plain(drawn))


def test_curves_stand_at_their_heights() -> None:
    flat, rising = [1.0] * 11, [10.0**k for k in range(11)]
    lines = plain(
        drawing.curves({"up": rising, "even": flat}, 19, across=(0, 10), height=11, is_log=True, glyphs=ASCII)
    )
    left = lines[0].index("|") + 1
    marked = {(row, column - left) for row, line in enumerate(lines[:11]) for column, c in enumerate(line) if c == "u"}
    # equal factors are equal heights: a straight line from the lowest row to the highest
    assert {row for row, _ in marked} == set(range(10))  # the lowest is under the other curve
    assert all(column == pytest.approx(10 - row, abs=1) for row, column in marked)
    assert lines[10].count("e") >= 10
    assert lines[0].startswith("1e+10") and lines[10].startswith("1e+00")
    assert [line.split() for line in lines[11:]] == [["0", "10"], ["u", "up"], ["e", "even"]]


def test_curves_leave_out_what_a_logarithm_has_not() -> None:
    lines = plain(drawing.curves({"a": [0.0, -1.0, math.inf, math.nan, 2.0]}, 40, across=("", ""), is_log=True))
    # one value of five is left, in a fifth of the columns, and in one row
    assert [line.count("a") > 0 for line in lines[:-2]].count(True) == 1
    assert sum(line.count("a") for line in lines[:-2]) == pytest.approx((40 - 7) / 5, abs=1)


def test_marks_differ() -> None:
    assert drawing.marks_of(["rnn", "lstm", "gru"]) == ["r", "l", "g"]
    assert len(set(drawing.marks_of(["aa", "aa ", "a", "b"]))) == 4


def test_heat_has_a_digit_for_every_number() -> None:
    lines = plain(drawing.heat(list("abcd"), {"x": [0.0, 0.15, -0.7, 1.0], "yy": [0.3, 0.0, 0.0, -0.04]}, 60))
    assert lines == ["     a b c d", "x    0 2-7 9", "yy   3 0 0 0"]
    assert plain(drawing.heat(list("ab"), {"x": [2.0, 5.0]}, 60, limit=5.0)) == ["    a b", "x   4 9"]


def test_heat_goes_on_below_where_there_is_no_room() -> None:
    lines = plain(drawing.heat(list("abcdefgh"), {"x": [0.1 * k for k in range(8)]}, 11))
    assert lines == ["    a b c d", "x   0 1 2 3", "", "    e f g h", "x   4 5 6 7"]


def test_sparklines_share_a_scale() -> None:
    low, high = plain(drawing.sparklines({"low": [0.0, 1.0], "high": [10.0, 10.0]}, 60, glyphs=ASCII))
    assert set(low.split()[1]) == {"_"} and set(high.split()[1]) == {"'"}
    assert low.endswith("0.000 -> 1.000")

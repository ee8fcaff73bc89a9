"""Series are read as they stand, and every cell that is no number is named by its line."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textrnn.data.series import read_series, series_of
from textrnn.data.series_look import is_series
from textrnn.errors import UserError


def written(folder: Path, text: str, name: str = "sales.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_only_column_of_numbers_beside_dates(tmp_path: Path) -> None:
    text = '"Month","Sold"\n"2020-01",3\n"2020-02",4.5\n"2020-03",-1e2\n'
    series = read_series(written(tmp_path, text))
    assert series.columns == ("Sold",) and series.name == "sales"
    assert series.values.tolist() == [[3.0], [4.5], [-100.0]]
    assert series.labels == ("2020-01", "2020-02", "2020-03") and not series.notes


def test_several_columns_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "t,a,b\n1,2,3\n2,4,6\n")
    series = read_series(path, column=("b", "a"))
    assert series.columns == ("b", "a") and series.values.tolist() == [[3.0, 2.0], [6.0, 4.0]]
    with pytest.raises(UserError, match=r"3 columns of numbers: 't', 'a', 'b'.*--column"):
        read_series(path)
    # a column that counts the rows is no series beside another
    assert read_series(written(tmp_path, "year,a\n2001,2\n2002,4\n")).columns == ("a",)


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    name = "sales.tsv" if delimiter == "\t" else "sales.csv"
    path = written(tmp_path, f"day{delimiter}a\nMon{delimiter}2\nTue{delimiter}3\n", name)
    assert read_series(path).values.tolist() == [[2.0], [3.0]]


def test_numbers_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "4\n5\n\n6\n", "numbers.txt")
    assert read_series(path).columns == ("value",)
    assert read_series(path, column=("n",)).columns == ("n",)
    assert read_series(path).values[:, 0].tolist() == [4.0, 5.0, 6.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n1\n\"\"\n", r"an empty cell in column 'a' in .*line 3"),
        ("a\n1\nNaN\n2\nnan\n", r"missing in column 'a' on 2 rows .*lines 3, 5"),
        ("a\n1\n2\n3\nx\n", r"no number in column 'a' \('x'\) in .*line 5"),
        ("a\n1\n2\ninf\n", r"no number in column 'a' \('inf'\) in .*line 4"),
        ("a\n1\n1e400\n", r"a number above 1e\+100 in column 'a' \('1e400'\) in .*line 3"),
        ('a\n1\n2\n"1,234"\n', r"no number in column 'a' \('1,234'\) in .*line 4"),
        ("a,b\n1,2\n3\n", r"fewer fields than in the header \(1 instead of 2\) in .*line 3"),
        ("1,2\n3,4\n", "no header: the first line holds numbers"),
        ("a\n", "no rows below the header"),
        ("", "no numbers|empty"),
        ("a,b\nx,y\n", r"no column of numbers among 'a', 'b' \(the first cell: 'x'\)"),
        ('a\n"1,5"\n"2,5"\n', r"no column of numbers among 'a' \(the first cell: '1,5'\).*with a point before dec"),
        ("a;b\n1;2\n", "1 column between commas, and semicolons in the first line"),
        ("a;b\n1;2,5\n", "1 column between commas, and semicolons in the first line"),
    ],
)  # fmt: skip
def test_what_is_no_series_is_refused_by_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_series(written(tmp_path, text))
    assert re.search(message, str(caught.value)), str(caught.value)


def test_missing_columns_are_named_beside_those_found(tmp_path: Path) -> None:
    path = written(tmp_path, "day,wind,rain\nMon,1,2\n")
    with pytest.raises(UserError, match=r"no column 'wnd' among 'day', 'wind', 'rain'.*did you mean --column 'wind'"):
        read_series(path, column=("wnd", "rain"))
    with pytest.raises(UserError, match="semicolons in the first line"):
        read_series(written(tmp_path, "day;wind\nMon;1\n"), column=("wind",))
    with pytest.raises(UserError, match="2 columns are called 'a'"):
        read_series(written(tmp_path, "a,a\n1,2\n"), column=("a",))


def test_a_column_is_meant_in_whichever_code_points_it_is_typed(tmp_path: Path) -> None:
    decomposed, composed = "cafe\u0301", "caf\u00e9"
    assert read_series(written(tmp_path, f"{decomposed},b\n1,2\n"), column=(composed,)).columns == (decomposed,)
    both = written(tmp_path, f"{decomposed},{composed}\n1,2\n")
    assert read_series(both, column=(composed,)).values.tolist() == [[2.0]]


def test_dates_that_do_not_rise_are_said(tmp_path: Path) -> None:
    series = read_series(written(tmp_path, "date,a\n2020-01-02,1\n2020-01-02,2\n2020-01-01,3\n"))
    assert series.values[:, 0].tolist() == [1.0, 2.0, 3.0]
    assert [note.partition(": ")[2].partition(";")[0] for note in series.notes] == [
        "the same date as the row before", "an earlier date than the row before"
    ]  # fmt: skip
    assert "line 3" in series.notes[0] and "line 4" in series.notes[1]


def test_numbers_of_a_program() -> None:
    assert series_of([1, 2, 3]).values.shape == (3, 1)
    assert series_of(np.ones((3, 2))).columns == ("value1", "value2")
    assert series_of([[1, 2]], columns=("a", "b")).columns == ("a", "b")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "an array of shape"), (["x"], "no numbers"), ([1, float("nan")], "nan in 'value'"), ([[[1]]], "shape"),
        ([1, 1e300], "1e\\+300"), (3, "shape"),
    ],
)  # fmt: skip
def test_what_is_no_series_of_a_program(values: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        series_of(values)


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("a.csv", "Month,Sold\n2020-01,3\n", True), ("a.csv", "text,label\nx,1\n", False),
        ("a.csv", "review,stars\n" + "many words " * 10 + ",5\n", False), ("a.csv", "a,b\nx,y\n", False),
        ("a.csv", "stars,review\n1,bad\n2,good\n", False),
        ("a.txt", "1\n2\n", False), ("a.tsv", "1+2\t3\n2+2\t4\n", False), ("a.csv", "", False),
    ],
)  # fmt: skip
def test_whether_a_file_looks_like_series(tmp_path: Path, name: str, text: str, answer: bool) -> None:
    assert is_series(written(tmp_path, text, name)) is answer
    assert not is_series(tmp_path / "nowhere.csv") and not is_series("-")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False]), "nan in 'value' in series row 1"),
        (np.ma.array([1, 2, 3], mask=[False, True, False]), "nan in 'value' in series row 1"),
        ([1.0, None], "nan in 'value' in series row 1"),
        ([True, False], "no numbers but bool in series"),
        (["1", "2"], "no numbers but str32 in series"),
        (np.array([1, 2], "datetime64[D]"), r"no numbers but datetime64\[D\] in series"),
        (np.array([1 + 2j]), "no numbers but complex128 in series"),
        ([10**400], "no numbers in series"),
        (iter([1.0]), "no numbers in series"),
    ],
)
def test_what_a_program_has_that_is_no_number(given: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        series_of(given)


def test_numbers_of_any_class_are_numbers() -> None:
    for given in ([1, 2], np.array([1, 2], object), np.array([1, 2], np.float16), [Fraction(1), Decimal(2)]):
        assert series_of(given).values.tolist() == [[1.0], [2.0]]

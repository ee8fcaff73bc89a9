"""Doubts about labels and texts: each bad data set is seen for what it is, and a good one leaves nothing to say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.labelled import LabelledRows, rows_of
from textrnn.data.labels import (
    check_known_labels,
    check_training_rows,
    doubts,
    label_order,
    majority,
)
from textrnn.data.near_labels import _is_one_letter, near_labels
from textrnn.errors import UserError


def rows(labels: Sequence[str], texts: Sequence[str] | None = None) -> LabelledRows:
    return rows_of(texts or [f"text {number}" for number in range(len(labels))], labels, name="r")


def test_good_rows_leave_nothing_to_say() -> None:
    assert check_training_rows(rows(["pos", "neg", "neu"] * 10)) == ()
    assert check_training_rows(rows(["1", "2", "3", "4", "5"] * 10)) == ()


def test_one_label_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        check_training_rows(rows(["pos"] * 3))
    assert str(caught.value) == "one label alone, 'pos' on all 3 rows in r: give texts with two labels at least"


def test_a_label_with_one_row_is_refused_unless_nothing_is_split_off() -> None:
    data = rows(["pos", "neg", "odd", "pos", "neg"])
    with pytest.raises(
        UserError, match=r"^only 1 row with the label 'odd' \(r row 2\) in r: give each 2 rows at least"
    ):
        check_training_rows(data)
    assert check_training_rows(data, is_split=False) == ()
    with pytest.raises(UserError, match=r"'4' \(r row 4\) and 5 more in r: is the label in another column"):
        check_training_rows(rows([str(number) for number in range(10)]))


def test_imbalance_names_counts_and_what_guessing_gets() -> None:
    (note,) = check_training_rows(rows(["neg"] * 99 + ["positive"] * 2))
    assert "'neg' 99, 'positive' 2" in note and "'neg' is right in 98.0 %" in note and "--class-weights" in note
    assert check_training_rows(rows(["neg"] * 19 + ["positive"] * 2)) == ()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            ["Pos"] * 3 + ["pos"] * 4,
            "labels that differ in case, spaces or form alone: 'pos' (4 rows) and 'Pos' (3 rows)",
        ),
        (["pos "] * 3 + ["pos"] * 4, "alone: 'pos' (4 rows) and 'pos ' (3 rows)"),
        (["caf\u00e9"] * 3 + ["cafe\u0301"] * 2, "alone: 'caf\u00e9' (3 rows) and 'cafe\u0301' (2 rows)"),
        (["1"] * 3 + ["1.0"] * 2, "alone: '1' (3 rows) and '1.0' (2 rows)"),
        (
            ["positive"] * 300 + ["postive"] * 2,
            "a slip? The rare label 'postive' (2 rows) is one letter from 'positive'",
        ),
        (["positive"] * 300 + ["postiive"] * 2, "'postiive' (2 rows) is one letter from 'positive' (300 rows)"),
        (["n"] * 300 + ["positve", "positive"], "'positive' (1 row) is one letter from 'positve' (1 row)"),
        (["positive"] * 300 + ["positivee"], "'positivee' (1 row) is one letter from 'positive' (300 rows)"),
    ],
)
def test_names_that_may_be_meant_as_one(labels: list[str], said: str) -> None:
    (note,) = doubts(rows(labels))
    assert said in note


@pytest.mark.parametrize(
    "labels",
    [
        # neither rare, nor long enough, nor letters
        ["positive"] * 30 + ["postive"] * 20,
        ["neg"] * 300 + ["neu"] * 2,
        ["1001"] * 300 + ["1002"] * 2,
        ["positive"] * 300 + ["possible"] * 2,
    ],
)
def test_names_that_are_meant_as_two(labels: list[str]) -> None:
    assert doubts(rows(labels)) == ()


def distance(one: str, other: str) -> int:
    """The textbook's distance: letters put in, left out, changed, or swapped with the next (optimal alignment)."""
    table = [[max(i, j) if not i * j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            changed = table[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, changed)
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


short = st.text(st.sampled_from("abc"), min_size=4, max_size=7)


@given(short, short)
def test_one_letter_apart_is_the_textbooks_distance(one: str, other: str) -> None:
    assert (distance(one, other) == 1) == (one != other and _is_one_letter(one, other))
    assert bool(near_labels({one: 1, other: 1000})) == (distance(one, other) == 1) or one == other


def test_labels_of_several_kinds_are_noted() -> None:
    note, nothing = doubts(rows(["1", "pos", "True", "NaN", "-2.5e3", "neg"]))
    assert nothing.endswith(" taken as they are written: 'NaN' (1 row)")
    assert note == (
        "labels of several kinds, each taken as text: numbers ('-2.5e3'), words for nothing ('NaN'), "
        "truth values ('True'), names ('neg')"
    )


def test_empty_texts_are_counted_with_their_places() -> None:
    texts = ["a", "", " ", "\n", "", "\t", "", "b"]
    (note,) = doubts(rows(["x", "y"] * 4, texts))
    assert note == "6 empty texts (r row 1, r row 2, r row 3, r row 4, r row 5 and 1 more); --skip-bad leaves them out"


def test_rows_that_stand_twice_and_texts_with_two_labels() -> None:
    texts = ["a", "a", "a", "b", "b", "c", "c", "d", "d", "e"]
    labels = ["x", "x", "x", "x", "y", "y", "x", "y", "x", "x"]
    assert doubts(rows(labels, texts)) == (
        "2 rows repeat an earlier one, text and label",
        "3 texts with different labels: 'b' is 'x' (r row 3) and 'y' (r row 4); 'c' is 'y' (r row 5) and "
        "'x' (r row 6); 'd' is 'y' (r row 7) and 'x' (r row 8)",
    )


def test_labels_a_model_does_not_know_are_named() -> None:
    data = rows(["pos", "new", "neg", "new", "Neg"])
    assert check_known_labels(data, ["neg", "pos"]) == (
        "the model does not know the label 'Neg': 1 row counted as wrong, first r row 4",
        "the model does not know the label 'new': 2 rows counted as wrong, first r row 1",
        "macro figures are means over the labels that the model knows: rows of others lower accuracy and precision",
    )
    assert check_known_labels(data, ["neg", "pos", "new", "Neg"]) == ()


def test_order_and_majority_do_not_depend_on_the_order_of_rows() -> None:
    assert label_order(["b", "a", "B", "b"]) == ("B", "a", "b")
    assert majority(["b", "a", "a", "b", "c"]) == ("a", 0.4)
    assert majority(["c", "b", "b", "a", "a"]) == ("a", 0.4)


def test_long_texts_are_shown_short_and_harmless() -> None:
    text = "\x1b[31m" + "word " * 1000
    data = rows(["x", "y"], [text, text])
    (note,) = doubts(data)
    assert len(note) < 200 and "\x1b" not in note and "\\x1b[31mword" in note


def test_many_labels_that_are_alike_are_no_flood() -> None:
    numbered = {f"label{number:04}": 2 for number in range(1000)}
    assert len(near_labels(numbered)) == 6
    slips = {f"{name}ly": 500 for name in "abcdefgh" for name in [name * 6]}
    slips |= {f"{name}l": 1 for name in "abcdefgh" for name in [name * 6]}
    notes = near_labels(slips)
    assert len(notes) == 6 and notes[-1] == "and 3 more such pairs of labels"

"""Spans of tags, by an oracle that tries every pair of places, and by what seqeval 1.2.2 gave on the same tags."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.spans import Span, marks_spans, spans
from textrnn.metrics.spans import SpanCounts

TAGS = ["O", *(f"{sign}-{kind}" for sign in "BIES" for kind in ("per", "loc")), "B", "I", "E", "S", "B-a-b", "I-"]


def oracle(tags: list[str]) -> set[Span]:
    """Every stretch of words of one kind that hold together, and that no word before or after it holds to.

    A word holds to the one before where both are of a kind, that one has not ended, and this one does not begin.
    """

    def kind(tag: str) -> str:
        return tag.partition("-")[2] or "_"

    def holds(place: int) -> bool:
        before, own = tags[place - 1], tags[place]
        return before[0] in "BI" and own[0] in "IE" and kind(before) == kind(own)

    return {
        Span(kind(tags[start]), start, end)
        for start in range(len(tags))
        for end in range(start, len(tags))
        if tags[start] != "O"
        and all(holds(place) for place in range(start + 1, end + 1))
        and not (start and holds(start))
        and not (end + 1 < len(tags) and holds(end + 1))
    }


@given(st.lists(st.sampled_from(TAGS), max_size=12))
def test_spans_are_those_of_the_oracle(tags: list[str]) -> None:
    found = spans(tags)
    assert len(set(found)) == len(found) and set(found) == oracle(tags)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        # IOB2; IOB1, where a span begins with I; BIOES
        ("B-per I-per O B-loc", [("per", 0, 1), ("loc", 3, 3)]),
        ("I-per I-per O I-loc B-loc I-loc", [("per", 0, 1), ("loc", 3, 3), ("loc", 4, 5)]),
        ("B-per I-per E-per S-loc O", [("per", 0, 2), ("loc", 3, 3)]),
        # broken: another kind inside, an end that nothing began, two ends
        ("B-per I-loc I-loc", [("per", 0, 0), ("loc", 1, 2)]),
        ("O E-per E-per I-per", [("per", 1, 1), ("per", 2, 2), ("per", 3, 3)]),
        ("S-per I-per", [("per", 0, 0), ("per", 1, 1)]),
        ("", []),
        ("O O", []),
    ],
)
def test_each_scheme_and_what_breaks_it(tags: str, expected: list[tuple[str, int, int]]) -> None:
    assert spans(tags.split()) == expected


# (seed, precision, recall, F1) of seqeval.metrics on 20 sentences of 1 to 12 tags, drawn as below
SEQEVAL = [
    (0, 0.7719298245614035, 0.7521367521367521, 0.761904761904762),
    (1, 0.7863247863247863, 0.8141592920353983, 0.7999999999999999),
    (2, 0.7121212121212122, 0.734375, 0.7230769230769231),
]


@pytest.mark.parametrize(("seed", "precision", "recall", "f1"), SEQEVAL)
def test_figures_are_those_of_seqeval(seed: int, precision: float, recall: float, f1: float) -> None:
    given, true = drawn(seed)
    counts = SpanCounts.of(given, true)
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx((precision, recall, f1), abs=1e-15)


def drawn(seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """Given and true tags, equal in most places."""
    rng = np.random.default_rng(seed)
    true = [rng.choice(TAGS[:9], rng.integers(1, 13)).tolist() for _ in range(20)]
    given = [[str(rng.choice(TAGS[:9])) if rng.random() < 0.3 else tag for tag in row] for row in true]
    return given, true


def test_counts_are_added_up_and_divided_once() -> None:
    given, true = drawn(0)
    parts = [SpanCounts.of([own], [other]) for own, other in zip(given, true, strict=True)]
    whole = SpanCounts.of(given, true)
    assert whole == SpanCounts(*(sum(getattr(part, name) for part in parts) for name in ("given", "true", "right")))
    assert whole.f1 != pytest.approx(np.mean([part.f1 for part in parts]))


def test_nothing_given_and_nothing_true_is_zero() -> None:
    nothing = SpanCounts.of([["O"]], [["O"]])
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)
    missed = SpanCounts.of([["O"]], [["B-x"]])
    assert (missed.precision, missed.recall, missed.f1) == (0, 0, 0)


def test_tags_that_mark_no_spans_are_known() -> None:
    assert marks_spans(["O", "B-per", "I-", "S", "E-a b"]) and marks_spans([])
    assert not any(marks_spans(["O", tag]) for tag in ("NN", "B_per", "o", "Bper", "X-per", ""))

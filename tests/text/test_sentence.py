"""Plain sentences cut as the tagged data of a model has words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.text.sentence import words_of

KNOWN = {"u.s.", "'s", "n't", ":)", "don't", "Oslo", ".", "..."}


def is_known(word: str) -> bool:
    return word in KNOWN or word.lower() in KNOWN


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Anna flew to Oslo.", ["Anna", "flew", "to", "Oslo", "."]),
        ('"Never again," she said...', ['"', "Never", "again", ",", '"', "she", "said", "..."]),
        ("in the U.S., too", ["in", "the", "U.S.", ",", "too"]),
        ("Anna's boat isn't here :)", ["Anna", "'s", "boat", "is", "n't", "here", ":)"]),
        # known whole; a clitic that the model has not as a word; marks inside a word
        ("don't I'm well-known", ["don't", "I'm", "well-known"]),
        ("(@anna #fun $5)", ["(", "@anna", "#fun", "$5", ")"]),
        ("@ # $!", ["@", "#", "$", "!"]),
        ("  \t ", []),
        ("", []),
        ("one two  one", ["one", "two", "one"]),
    ],
)
def test_marks_and_clitics_are_words_where_the_model_does_not_know_better(sentence: str, expected: list[str]) -> None:
    assert words_of(sentence, is_known) == expected


@given(st.text(max_size=30))
def test_nothing_is_lost_but_white_space(sentence: str) -> None:
    words = words_of(sentence, is_known)
    assert "".join(words) == "".join(sentence.split()) and all(words)


def test_a_long_run_of_marks_is_cut_at_once() -> None:
    assert words_of("a" + "!?" * 200_000 + "b", is_known) == ["a" + "!?" * 200_000 + "b"]

"""Passages: joined they are the text, whatever it is; they end where sentences and lines do, and none is too long."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.text.passages import LONGEST, PASSAGES, lines, sentence_ends, sentences

ANY = st.text(alphabet=st.sampled_from("ab .!?…。\n\t\"')é"), max_size=60) | st.text(max_size=40)


@given(ANY)
def test_joined_they_are_the_text(text: str) -> None:
    for cut in PASSAGES.values():
        found = cut(text)
        assert "".join(found) == text
        assert all(passage.strip() for passage in found) or not text.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
        ("Wait... what?! Yes.", ["Wait... ", "what?! ", "Yes."]),
        ('"Go." He went. (So he did.) End', ['"Go." ', "He went. ", "(So he did.) ", "End"]),
        ("it costs 3.50 at example.com today", ["it costs 3.50 at example.com today"]),
        ("a film . a bad one .", ["a film . ", "a bad one ."]),
        ("他来了。「好！」她说。", ["他来了。", "「好！", "」她说。"]),
        ("क्या? हाँ। ठीक", ["क्या? ", "हाँ। ", "ठीक"]),
        ('A title\n"A quotation" and\n\n\nmore', ["A title\n", '"A quotation" and\n\n\n', "more"]),
        ("\n\n  first. second", ["\n\n  first. ", "second"]),
        ("only. \n ", ["only. \n "]),
        ("", [""]),
        (" \n", [" \n"]),
    ],
)
def test_sentences_end_where_it_says(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_lines_keep_their_line_breaks_and_the_empty_lines_behind_them() -> None:
    assert lines("one. two\nthree\n\n \nfour") == ["one. two\n", "three\n\n", " \nfour"]
    assert lines("one. two") == ["one. two"]


@pytest.mark.parametrize("cut", [sentences, lines])
def test_what_has_no_end_is_cut_at_white_space_and_nothing_is_lost(cut: Callable[[str], list[str]]) -> None:
    text = " ".join(f"word{number}" for number in range(10_000))
    found = cut(text)
    assert "".join(found) == text and max(map(len, found)) <= LONGEST
    assert all(passage.endswith(" ") for passage in found[:-1])
    unbroken = cut("x" * 1001)
    assert [len(passage) for passage in unbroken] == [LONGEST, LONGEST, 1001 - 2 * LONGEST]
    # white space without end is not a passage of its own
    assert all(passage.strip() for passage in cut("a" + " " * 3000 + "b" + " " * 3000))


def test_ends_are_the_places_behind_sentences() -> None:
    text = "One. Two!"
    assert [text[:end] for end in sentence_ends(text)] == ["One. "]


@pytest.mark.parametrize("text", [".", " ", "\n", ". ", "a\n", " \n", "a", "。", '"'])
def test_a_million_of_anything_takes_no_longer_than_its_length(text: str) -> None:
    """A time that grows with the square would be hours."""
    many = text * (1_000_000 // len(text))
    for cut in (sentences, lines):
        assert sum(map(len, cut(many))) == len(many)

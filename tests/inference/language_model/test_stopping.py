"""Stop strings against a reading character by character, and what is held back."""

from __future__ import annotations

import random

import pytest

from textrnn.inference.language_model.stopping import StopStrings, unreachable
from textrnn.text.tokenizers.char import CharTokenizer
from textrnn.text.tokenizers.word import WordTokenizer


def read_whole(text: str, stops: list[str]) -> tuple[str, bool]:
    """The definition: after each character, is a stop string complete?"""
    for read in range(1, len(text) + 1):
        complete = [stop for stop in stops if text[:read].endswith(stop)]
        if complete:
            return text[: read - max(map(len, complete))], True
    return text, False


def test_against_the_definition_however_the_text_is_cut() -> None:
    rng = random.Random(0)
    found = 0
    for _ in range(5_000):
        stops = ["".join(rng.choices("ab", k=rng.randint(1, 6))) for _ in range(rng.randint(1, 4))]
        text = "".join(rng.choices("abc", k=rng.randint(0, 25)))
        watch, written, place = StopStrings(stops), "", 0
        while place < len(text) and not watch.found:
            size = rng.randint(0, 5)
            written += watch.feed(text[place : place + size])
            place += size
            assert text.startswith(written)
        read = text[:place]
        if not watch.found:
            written += watch.finish()
        assert (written, watch.found) == read_whole(text, stops)
        assert watch.cut == (len(read) - len(written) if watch.found else 0)
        found += watch.found
    assert 1_000 < found < 4_900


def test_only_what_may_become_a_stop_string_is_held_back() -> None:
    rng = random.Random(1)
    for _ in range(500):
        stops = ["".join(rng.choices("ab", k=rng.randint(2, 6))) for _ in range(2)]
        watch, read, written = StopStrings(stops), "", ""
        for _ in range(20):
            read += (character := rng.choice("abc"))
            written += watch.feed(character)
            if watch.found:
                break
            beginnings = [stop[:size] for stop in stops for size in range(len(stop))]
            held = max(len(beginning) for beginning in beginnings if read.endswith(beginning))
            assert len(read) - len(written) == held


def test_a_stop_string_that_overlaps_itself() -> None:
    watch = StopStrings(["aab"])
    assert [watch.feed(character) for character in "aaaab"] == ["", "", "a", "a", ""]
    assert watch.found and watch.cut == 3 and watch.finish() == ""


def test_the_longest_of_those_that_end_together() -> None:
    assert StopStrings(["\n", "\n\n", "b\n"]).feed("ab\n") == "a"


def test_a_long_stop_string_takes_no_more_than_itself() -> None:
    watch = StopStrings(["a" * 50_000 + "b"])
    assert watch.feed("a" * 60_000) == "a" * 10_000
    assert watch.feed("b") == "" and watch.found


def test_a_stop_string_that_the_model_cannot_write_is_noted() -> None:
    tokenizer = CharTokenizer(("<unk>", "<end>", "a", "b"), 2)
    assert unreachable(["ab", "a"], tokenizer) == ()
    assert unreachable(["ab", "a\x07"], tokenizer) == (r"--stop 'a\x07' can never match: the model never saw '\x07'",)


def test_a_stop_string_may_begin_and_end_within_a_word() -> None:
    tokenizer = WordTokenizer(("<unk>", "<end>", "to", "be", ","), 2, lowercase=False)
    assert unreachable(["o b", "e, ", "b"], tokenizer) == ()
    assert unreachable(["e!"], tokenizer) == ("--stop 'e!' can never match: the model never saw '!'",)


@pytest.mark.parametrize("text", ["", "abc"])
def test_what_is_no_stop_string_passes_at_once(text: str) -> None:
    assert StopStrings(["x"]).feed(text) == text

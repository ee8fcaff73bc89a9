from __future__ import annotations

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.explain.words import Explanation, Reason, Words, word_spans


def without(text: str, *left_out: int) -> str:
    words = Words(text, word_spans(text))
    kept = np.ones(len(words), bool)
    kept[[*left_out]] = False
    return words.keep(kept)


@pytest.mark.parametrize(
    ("text", "left_out", "rest"),
    [
        ("a fine film", (1,), "a film"),
        ("a fine film", (0,), "fine film"),
        ("a fine film", (2,), "a fine"),
        ("a fine film", (), "a fine film"),
        ("a fine film", (0, 1, 2), ""),
        ("one  two\n\nthree four", (1, 2), "one four"),
        ("one  two\n\nthree four", (0,), "two\n\nthree four"),
        (" padded text ", (), " padded text "),
        (" padded text ", (1,), " padded"),
        (" padded text ", (0,), "text "),
        ("well-made film.", (1,), "well made film."),
        ("well-made film.", (2,), "well- film."),
        ("good\ue000bad", (1,), "good bad"),
        ("好看的", (1,), "好 的"),
    ],
)
def test_the_text_without_some_words(text: str, left_out: tuple[int, ...], rest: str) -> None:
    assert without(text, *left_out) == rest


def test_what_belongs_to_no_word_stays() -> None:
    words = Words("«good, at all»", [(1, 5), (7, 9), (10, 13)])
    assert words.keep(np.array([True, False, True])) == "«good, all»"
    assert words.keep(np.array([False, True, True])) == "« , at all»"
    assert words.keep(np.zeros(3, bool)) == "« , »"


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.randoms(use_true_random=False))
def test_the_words_kept_are_those_of_the_rest(text: str, random: object) -> None:
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    words = Words(text, spans)
    kept = np.array([random.random() < 0.5 for _ in spans], bool)  # type: ignore[attr-defined]
    expected = [text[start:stop] for (start, stop), flag in zip(spans, kept, strict=True) if flag]
    assert re.findall(r"\S+", words.keep(kept)) == expected
    assert words.keep(np.ones(len(spans), bool)) == text


@pytest.mark.parametrize("spans", [[(0, 3), (2, 5)], [(3, 5), (0, 2)], [(1, 1)], [(0, 9)], [(-1, 2)]])
def test_spans_that_are_none_are_refused(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="in order and without overlap"):
        Words("a text", spans)


def test_a_million_spaces_take_no_time() -> None:
    text = "good" + " " * 1_000_000 + "bad " + "\n" * 1_000_000 + "film"
    started = time.process_time()
    assert without(text, 1) == "good film"
    assert time.process_time() - started < 20  # going back at each space would take hours


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It isn't good...", ["It", "isn't", "good", "..."]),
        ("हिन्दी फ़िल्म", ["हिन्दी", "फ़िल्म"]),
        ("فيلم رائع!", ["فيلم", "رائع", "!"]),
        ("好看的abc電影", ["好", "看", "的", "abc", "電", "影"]),
        ("👩\u200d🚀 ok", ["👩\u200d🚀", "ok"]),
        (" \n", []),
    ],
)
def test_what_a_word_is(text: str, words: list[str]) -> None:
    assert [text[start:stop] for start, stop in word_spans(text)] == words


def test_an_explanation_as_json_and_by_size() -> None:
    reasons = (Reason("not", 0, 3, -1.5), Reason("good", 4, 8, 0.5), Reason("film", 9, 13, 1.5))
    explanation = Explanation(
        label="pos", reasons=reasons, method="by hand", completeness_error=0.0, base=0.25, value=0.75
    )
    assert [reason.text for reason in explanation.largest_first] == ["not", "film", "good"]
    assert explanation.to_json() == {
        "reasons": [
            {"text": "not", "start": 0, "end": 3, "weight": -1.5},
            {"text": "good", "start": 4, "end": 8, "weight": 0.5},
            {"text": "film", "start": 9, "end": 13, "weight": 1.5},
        ],
        "method": "by hand",
        "completeness_error": 0.0,
    }

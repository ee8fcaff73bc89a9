from __future__ import annotations

import logging
import random

import pytest
from sacrebleu import BLEU, CHRF

from textrnn.errors import UserError
from textrnn.metrics.translation import translation_scores

WORDS = ["the", "cat", "sat", "on", "mat", ".", ",", "naïve", "Кот", "-", "", "a-b", "3.14", "\n", "猫が"]


def random_lines(rng: random.Random, count: int) -> list[str]:
    return [" ".join(rng.choice(WORDS) for _ in range(rng.randrange(0, 12))) for _ in range(count)]


def test_equal_to_sacrebleu_on_random_corpora() -> None:
    rng = random.Random(0)
    for _ in range(150):
        count = rng.randrange(1, 8)
        hypotheses, references = random_lines(rng, count), random_lines(rng, count)
        scores = translation_scores(hypotheses, references)
        assert scores.bleu == BLEU().corpus_score(hypotheses, [references]).score
        assert scores.chrf == CHRF().corpus_score(hypotheses, [references]).score
        assert scores.lines == count


def test_the_signature_is_sacrebleus() -> None:
    bleu, chrf = BLEU(), CHRF()
    bleu.corpus_score(["a b c d"], [["a b c d"]])
    chrf.corpus_score(["a b c d"], [["a b c d"]])
    expected = f"bleu:{bleu.get_signature()}//chrf:{chrf.get_signature()}".replace("|", ",").replace("//", "|")
    assert translation_scores(["a b c d"], ["a b c d"]).signature == expected


def test_a_perfect_text_scores_100_without_notes() -> None:
    scores = translation_scores(["the cat sat on the mat"], ["the cat sat on the mat"])
    assert (scores.bleu, scores.chrf, scores.notes) == (pytest.approx(100), pytest.approx(100), ())
    assert scores.to_json() == {"bleu": scores.bleu, "chrf": scores.chrf, "lines": 1, "signature": scores.signature}


def test_no_lines() -> None:
    with pytest.raises(UserError, match="no lines to compare"):
        translation_scores([], [])


def test_different_numbers_of_lines_are_both_named() -> None:
    with pytest.raises(UserError, match=r"3 hypotheses but 1,200 references"):
        translation_scores(["a"] * 3, ["a"] * 1200)


@pytest.mark.parametrize(("hypotheses", "references"), [("a b", ["a b"]), (["a b"], "a b")])
def test_a_string_in_place_of_a_list(hypotheses: list[str], references: list[str]) -> None:
    with pytest.raises(TypeError, match=r"one string, not a list of lines: pass \["):
        translation_scores(hypotheses, references)


@pytest.mark.parametrize(
    ("hypothesis", "reference", "note"),
    [
        ("the cat sat on", "", "1 of 3 lines have an empty reference"),
        ("", "the cat sat on", "1 of 3 lines have an empty hypothesis"),
        (" ", "\n", "1 of 3 lines have neither hypothesis nor reference: their score is undefined"),
    ],
)
def test_empty_lines_are_counted_in_a_note(hypothesis: str, reference: str, note: str) -> None:
    whole = ["one two three four five"] * 2
    scores = translation_scores([hypothesis, *whole], [reference, *whole])
    assert len(scores.notes) == 1
    assert scores.notes[0].startswith(note)


@pytest.mark.parametrize("pair", [("the cat sat on", ""), ("", "the cat sat on"), ("", "")])
def test_nothing_but_empty_lines_scores_0(pair: tuple[str, str]) -> None:
    scores = translation_scores([pair[0]], [pair[1]])
    assert scores.bleu == 0
    assert scores.notes


def test_a_perfect_text_of_3_words_has_bleu_0_and_a_note_why() -> None:
    scores = translation_scores(["the cat sat"], ["the cat sat"])
    assert scores.bleu == 0
    assert scores.notes == (
        "no hypothesis has 4 words, so there are no 4-grams and BLEU is 0; with the effective order 3 it is 100.00",
    )


def test_words_never_joined_again_are_a_note_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    lines = ["the cat sat on the mat ."] * 100
    with caplog.at_level(logging.DEBUG):
        scores = translation_scores(lines, lines)
        assert translation_scores(lines[:99], lines[:99]).notes == ()
    assert scores.notes[0].startswith("100 hypotheses end in ' .'")
    assert not caplog.records


def test_a_script_without_spaces_points_to_chrf() -> None:
    scores = translation_scores(["春はあけぼの。やうやう白く"], ["春はあけぼの。やうやう白くなり行く"])
    assert any("read chrF" in note for note in scores.notes)
    assert not any(
        "read chrF" in note for note in translation_scores(["один два три четыре"] * 2, ["a b c d"] * 2).notes
    )

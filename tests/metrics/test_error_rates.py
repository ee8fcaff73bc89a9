from __future__ import annotations

import pytest

from textrnn.errors import UserError
from textrnn.metrics.error_rates import error_rates, words_of

Pairs = tuple[list[str], list[str]]


def test_equal_to_jiwer_pair_by_pair_and_together(random_pairs: Pairs) -> None:
    jiwer = pytest.importorskip("jiwer")
    for hypothesis, reference in zip(*random_pairs, strict=True):
        rates = error_rates([hypothesis], [reference])
        assert (rates.wer, rates.cer) == (jiwer.wer(reference, hypothesis), jiwer.cer(reference, hypothesis))
    rates = error_rates(*random_pairs)
    hypotheses, references = random_pairs
    assert (rates.wer, rates.cer) == (jiwer.wer(references, hypotheses), jiwer.cer(references, hypotheses))


def test_edits_are_added_up_before_they_are_divided() -> None:
    # 1 edit of 1 word and 0 of 9: a mean of the lines' rates would be a half
    rates = error_rates(["b", "a b c d e f g h i"], ["a", "a b c d e f g h i"])
    assert rates.wer == 0.1 and rates.cer == 1 / 18


def test_empty_lines() -> None:
    nothing = error_rates([""], [" "])
    assert (nothing.wer, nothing.cer, nothing.notes) == (0, 0, ())
    assert error_rates([""], ["two words"]).wer == 1
    inserted = error_rates(["two words"], [""])
    assert (inserted.wer, inserted.cer) == (2, 9)
    assert inserted.notes == ("no reference holds a word: WER and CER are numbers of insertions, not rates",)


def test_words_stand_between_spaces_as_jiwer_has_them() -> None:
    assert words_of("  a  b\tc \t d\u00a0e ") == ["a", "b\tc", "d\u00a0e"]


@pytest.mark.parametrize(("hypotheses", "references"), [("a b", ["a b"]), (["a b"], "a b")])
def test_a_string_in_place_of_a_list(hypotheses: list[str], references: list[str]) -> None:
    with pytest.raises(TypeError, match=r"one string, not a list of lines: pass \["):
        error_rates(hypotheses, references)


def test_different_numbers_of_lines() -> None:
    with pytest.raises(UserError, match="1 hypotheses but 2 references"):
        error_rates(["a"], ["a", "b"])

from __future__ import annotations

import warnings

import pytest

from textrnn.errors import UserError
from textrnn.metrics.nltk_bleu import SMOOTHINGS, nltk_bleu

Pairs = tuple[list[str], list[str]]


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_equal_to_nltk(random_pairs: Pairs, smoothing: str) -> None:
    from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu

    hypotheses, references = random_pairs
    # pair by pair, and ten at a time
    for size in (1, 10):
        for start in range(0, 1000, size):
            own, true = hypotheses[start : start + size], references[start : start + size]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = corpus_bleu(
                    [[line.split()] for line in true],
                    [line.split() for line in own],
                    smoothing_function=getattr(SmoothingFunction(), smoothing),
                )
            assert nltk_bleu(own, true, smoothing=smoothing).score == expected


def test_known_value() -> None:
    # the first example of NLTK's documentation of sentence_bleu, of one of its references
    hypothesis = "It is a guide to action which ensures that the military always obeys the commands of the party"
    reference = "It is a guide to action that ensures that the military will forever heed Party commands"
    found = nltk_bleu([hypothesis], [reference], smoothing="method0")
    assert found.score == pytest.approx(0.4118, abs=5e-5)
    assert found.signature == "tok:split,smooth:method0,scale:0-1" and found.notes == ()


def test_no_smoothing_and_nothing_found_is_a_note_and_no_warning() -> None:
    found = nltk_bleu(["a b"], ["a b"], smoothing="method0")
    assert found.score < 1e-70 and "method1 to method4 smooth" in found.notes[0]
    assert nltk_bleu(["a b"], ["a b"], smoothing="method1").notes == ()


def test_smoothings_for_single_sentences_are_refused() -> None:
    with pytest.raises(UserError, match="unknown smoothing 'method5' in --nltk-bleu: give one of method0, "):
        nltk_bleu(["a"], ["a"], smoothing="method5")

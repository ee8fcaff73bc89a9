from __future__ import annotations

import statistics

import pytest

from textrnn.errors import UserError
from textrnn.metrics.rouge import rouge_scores

Pairs = tuple[list[str], list[str]]


def test_equal_to_rouge_score_pair_by_pair_and_together(random_pairs: Pairs) -> None:
    rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer")
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    columns = []
    for hypothesis, reference in zip(*random_pairs, strict=True):
        expected = [scorer.score(reference, hypothesis)[name].fmeasure for name in ("rouge1", "rouge2", "rougeL")]
        found = rouge_scores([hypothesis], [reference])
        assert [found.rouge1, found.rouge2, found.rouge_l] == pytest.approx(expected, abs=1e-12)
        columns.append(expected)
    means = [statistics.fmean(column) for column in zip(*columns, strict=True)]
    found = rouge_scores(*random_pairs)
    assert [found.rouge1, found.rouge2, found.rouge_l] == pytest.approx(means, abs=1e-12)
    assert 0.2 < found.rouge2 < found.rouge1 < 0.8


def test_known_values() -> None:
    # Lin 2004, section 3.1: against "police killed the gunman" ROUGE-L is 3/4 and 2/4
    scores = [rouge_scores([line], ["police killed the gunman"]).rouge_l
              for line in ("police kill the gunman", "the gunman kill police")]  # fmt: skip
    assert scores == [0.75, 0.5]


def test_empty_lines_score_0() -> None:
    for pair in (("", ""), ("a b", ""), ("", "a b"), (".", "!")):
        scores = rouge_scores([pair[0]], [pair[1]])
        assert (scores.rouge1, scores.rouge2, scores.rouge_l, scores.notes) == (0, 0, 0, ())


def test_what_the_tokenizer_drops_is_a_note() -> None:
    same = rouge_scores(["Привет, мир"], ["Привет, мир"])
    assert same.rouge1 == 0
    (note,) = same.notes
    assert "drops 100% of the letters: they are 0 whatever the lines say, read chrF" in note
    (note,) = rouge_scores(["the cat"], ["мир"]).notes
    assert "drops 33% of the letters: they say little of such lines" in note
    # one accent in a long text is no news
    assert rouge_scores(["a café"] + ["the cat sat on the mat"] * 9, ["a café"] + ["the cat"] * 9).notes == ()


def test_what_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="no lines to compare"):
        rouge_scores([], [])
    with pytest.raises(TypeError, match="references is one string"):
        rouge_scores(["a"], "a")  # type: ignore[arg-type]

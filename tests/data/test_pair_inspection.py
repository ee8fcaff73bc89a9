"""The facts of pairs: each side counted by itself, and what a training would refuse."""

from __future__ import annotations

from collections.abc import Callable

from textrnn.data.pair_inspection import inspect_pairs
from textrnn.data.pairs import pairs_of, read_pairs


def test_each_side_is_counted_by_itself() -> None:
    facts = inspect_pairs(pairs_of(["Run!", "Run!", "I see it", "Run!"], ["Cours !", "Courez !", "Vu", "Cours !"]))
    assert (facts["kind"], facts["pairs"], facts["repeated_pairs"], facts["ambiguous_sources"]) == ("pairs", 4, 1, 1)
    source, target = facts["sources"], facts["targets"]
    assert (source["different"], source["different_words"]) == (2, 4)
    assert (target["different"], target["different_words"]) == (3, 3)
    assert source["words"] == {"min": 1, "median": 1, "p95": 3, "max": 3}
    assert target["characters"] == {"min": 2, "median": 7, "p95": 8, "max": 8}
    assert source["alphabet"]["size"] == len(set("Run!I see it")) and target["alphabet"]["punctuation"] == 1
    assert any("'Run!' is 'Cours !'" in note for note in facts["notes"]) and facts["training_refuses"] is None


def test_what_training_would_refuse_is_said(put: Callable[[str, str], str]) -> None:
    pairs = read_pairs([put("a.tsv", "Go.\tVa !\nRun!\nHi.\tSalut\n")], skip_bad=True)
    facts = inspect_pairs(pairs)
    assert facts["unusable_rows"] == 1 and facts["training_refuses"].startswith("pairs that cannot be used: 1; mend")
    assert inspect_pairs(pairs, skip_bad=True)["training_refuses"] is None


def test_what_would_be_held_out_is_compared_with_what_would_be_trained_on() -> None:
    sources = [f"word{number}" for number in range(20)]
    facts = inspect_pairs(pairs_of(sources, ["same"] * 20))["held_out"]
    # every source is a word of its own, every target the same
    assert (facts["share"], facts["pairs"]) == (0.1, 2)
    assert facts["sources"]["unseen_word_share"] == 1.0 and facts["targets"]["unseen_word_share"] == 0.0
    assert facts["targets"]["unseen_character_share"] == 0.0
    alone = inspect_pairs(pairs_of(["Run!", "Run!"], ["Cours !", "Courez !"]))
    assert alone["held_out"] is None and "of one source" in alone["training_refuses"]

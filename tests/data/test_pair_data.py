"""Pairs made ready: no source on both sides of the split, vocabularies of the training part, texts that end in END."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.data.pair_data import check_pairs, prepare_pairs, split_pairs
from textrnn.data.pairs import Pairs, pairs_of
from textrnn.errors import UserError
from textrnn.text.vocabulary import END, UNKNOWN


def pairs(count: int = 60) -> Pairs:
    """Every source twice, with another target."""
    return pairs_of([f"s{n // 2} x" for n in range(count)], [f"T{n}!" for n in range(count)])


def settings(**given: Any) -> TrainSeq2SeqSettings:
    return TrainSeq2SeqSettings.check({"val_frac": 0.2, **given})


def test_no_source_stands_on_both_sides() -> None:
    for seed in range(5):
        data = prepare_pairs(pairs(), settings(), seed=seed, valid=None)
        assert len(data.train) + len(data.valid) == 60 and len(data.valid) == 12
        assert not {*data.train.sources} & {*data.valid.sources}
    assert any("with several targets" in note for note in data.notes)


@pytest.mark.parametrize("fraction", [0.001, 0.1, 0.5, 0.999])
def test_a_share_is_held_out_at_least_one_and_never_all(fraction: float) -> None:
    sources = ["a", "a", "a", "b", "c", "c", "d"]
    train, held = split_pairs(sources, fraction, seed=0)
    assert sorted(train + held) == list(range(7)) and train and held
    assert not {sources[n] for n in train} & {sources[n] for n in held}
    assert (train, held) == split_pairs(sources, fraction, seed=0)
    many = [str(n) for n in range(1000)]
    assert len(split_pairs(many, fraction, seed=0)[1]) == max(1, round(1000 * fraction))


def test_texts_are_ids_of_vocabularies_of_the_training_part_alone() -> None:
    train = pairs_of(["ab", "ba"], ["XY", "YX"])
    data = prepare_pairs(train, settings(), seed=0, valid=pairs_of(["ac"], ["XZ"]))
    assert set(data.sides.source.symbols[2:]) == {"a", "b"} and set(data.sides.target.symbols[2:]) == {"X", "Y"}
    assert data.valid.source_ids[0].tolist()[1:] == [UNKNOWN, END]
    assert data.valid.target_ids[0].tolist()[1:] == [UNKNOWN, END]
    assert data.sides.text(data.train.target_ids[0].tolist()[:-1]) == data.train.targets[0]
    assert data.facts["pairs"] == 2 and data.facts["valid_pairs"] == 1 and data.facts["longest_source"] == 2


def test_the_vocabularies_of_a_run_that_goes_on_are_kept() -> None:
    first = prepare_pairs(pairs(), settings(), seed=0, valid=None)
    again = prepare_pairs(pairs(), settings(), seed=0, valid=None, sides=first.sides)
    assert again.sides is first.sides
    assert all(np.array_equal(*both) for both in zip(first.train.source_ids, again.train.source_ids, strict=True))


def test_pairs_that_are_too_long_are_left_out_and_counted() -> None:
    data = pairs_of(["a", "b", "c" * 9, "d"], ["x", "y", "z", "w" * 9])
    made = prepare_pairs(data, settings(seq_length=5, val_frac=0.01), seed=1, valid=pairs_of(["e" * 30], ["x"]))
    assert made.train.sources == ("a", "b") and len(made.valid) == 1
    assert any("2 pairs of more than 5 units left out" in note for note in made.notes)
    with pytest.raises(UserError, match="no pair of at most 1 units"):
        prepare_pairs(pairs_of(["aaa"], ["b"]), settings(seq_length=1), seed=0, valid=data)


def test_pairs_of_which_none_can_be_held_out_are_refused() -> None:
    with pytest.raises(UserError, match="2 pairs of one source in pairs: give two different ones"):
        check_pairs(pairs_of(["a", "a"], ["x", "y"]))
    assert check_pairs(pairs_of(["a"], ["x"]), is_split=False) == ()


def test_held_out_sources_that_are_trained_on_are_said() -> None:
    made = prepare_pairs(pairs(), settings(), seed=0, valid=pairs_of(["s0 x"], ["T0!"]))
    assert any("held-out" in note for note in made.notes)


@pytest.mark.parametrize(
    ("targets", "kind"),
    [
        (["Il a dit oui.", "Elle a dit non.", "Il a dit non."] * 4, "word"),
        (["1987-03-03", "1999-12-31"] * 9, "char"),
        (["sey", "on", "ebyam"] * 9, "char"),
        ([f"Il a vu{chr(97 + n)}x mot{chr(97 + n)}x" for n in range(20)], "char"),
    ],
)
def test_what_a_unit_is_follows_from_the_targets_and_is_said(targets: list[str], kind: str) -> None:
    data = pairs_of([f"s{n}" for n in range(len(targets))], targets)
    made = prepare_pairs(data, settings(), seed=0, valid=data)
    assert made.sides.target.kind == kind
    assert any(note.startswith(f"units are {kind}") for note in made.notes)
    asked = prepare_pairs(data, settings(tokenizer="byte"), seed=0, valid=data)
    assert asked.sides.source.kind == "byte" and not any(note.startswith("units are") for note in asked.notes)

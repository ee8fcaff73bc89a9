"""Settings of a classifier: pooling in one spelling, lower case for words, what excludes itself."""

from __future__ import annotations

import pytest

from textrnn.config.classifier import ClassifySettings, TrainClassifierSettings
from textrnn.config.training import DEFAULT_RATE, NetworkTrainingSettings
from textrnn.errors import UserError

check = TrainClassifierSettings.check


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("max", "max"), ("max+mean", "mean+max"), ("attention+last", "last+attention"),
        ("concat", "last+mean+max+attention"),
    ],
)  # fmt: skip
def test_pooling_has_one_spelling(given: str, kept: str) -> None:
    settings = check({"pooling": given})
    assert settings.pooling == kept and settings.ways == tuple(kept.split("+"))
    assert check(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize("given", ["", "sum", "max+max", "max+", "mean max", "MAX", 3, None, ["max"]])
def test_other_pooling_is_refused(given: object) -> None:
    with pytest.raises(UserError, match="--pooling"):
        check({"pooling": given})


def test_the_rate_goes_by_the_root_of_a_batch_of_texts() -> None:
    rates = [check({"batch_size": size}).rate for size in (64, 256, 16)]
    assert rates == pytest.approx([DEFAULT_RATE["adamw"] * factor for factor in (1, 2, 0.5)])
    assert check({"batch_size": 64, "optimizer": "sgd"}).rate == DEFAULT_RATE["sgd"]
    assert check({"batch_size": 256, "lr": 0.01}).rate == 0.01
    described = [kind.model_fields["lr"].description for kind in (TrainClassifierSettings, NetworkTrainingSettings)]
    assert ["root" in str(one) for one in described] == [True, False]


def test_subwords_are_for_words() -> None:
    assert check({"subwords": "0"}).subwords is None and check({"subwords": 100}).subwords == 100
    with pytest.raises(UserError, match="--subwords with --tokenizer char"):
        check({"subwords": 100, "tokenizer": "char"})
    with pytest.raises(UserError, match="--subwords"):
        check({"subwords": 2**25})


@pytest.mark.parametrize("tokenizer", ["word", "char", "byte", "bpe"])
def test_what_is_saved_can_be_read_again(tokenizer: str) -> None:
    settings = check({"tokenizer": tokenizer}).settled()
    assert settings.lowercase == (tokenizer == "word")
    assert check(settings.model_dump(mode="json")).model_dump() == settings.model_dump()
    with pytest.raises(UserError, match="--lowercase with --tokenizer byte"):
        check({"tokenizer": "byte", "lowercase": True})


def test_bad_values_are_all_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        check({"word_dropout": 1, "pretrain": "glove", "class_weights": "yes", "dropout": 1, "bidirectional": "maybe"})
    for name in ("--word-dropout", "--pretrain", "--class-weights", "--dropout", "--bidirectional"):
        assert name in str(caught.value)


def test_answering() -> None:
    assert ClassifySettings.check({"abstain_below": "0.5", "k": "3"}).k == 3
    for wrong in ({"abstain_below": 1.5}, {"abstain_below": float("nan")}, {"k": 0}):
        with pytest.raises(UserError):
            ClassifySettings.check(wrong)

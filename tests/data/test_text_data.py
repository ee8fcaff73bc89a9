"""A corpus made ready to be trained on: split, vocabulary, sizes checked against what there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.text_data import TextData, fitted_sizes, prepare_text
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus, corpus_from_text
from textrnn.text.display import counted
from textrnn.text.vocabulary import END, UNKNOWN

LINE = "To be, or not to be: that is the question.\n"


def prepared(corpus: Corpus | str, valid: Corpus | None = None, **settings: Any) -> TextData:
    corpus = corpus_from_text(corpus, "verse.txt") if isinstance(corpus, str) else corpus
    return prepare_text(corpus, TrainLanguageModelSettings.check(settings), valid=valid)


def refusal(corpus: Corpus | str, valid: Corpus | None = None, **settings: Any) -> str:
    with pytest.raises(UserError) as caught:
        prepared(corpus, valid, **settings)
    return str(caught.value)


def test_the_split_of_tiny_shakespeare() -> None:
    """1,115,394 characters, the first 90 % to train on: the sizes that every published figure is of."""
    data = prepared("abcdefghij" * 111_539 + "abcd")
    assert (len(data.train), len(data.valid)) == (1_003_854, 111_540)
    assert (data.facts["train_units"], data.facts["valid_units"]) == (1_003_854, 111_540)


@pytest.mark.parametrize("val_frac", [0.002, 0.05, 0.1, 0.3, 0.5, 0.9])
def test_the_last_share_is_held_out(val_frac: float) -> None:
    text = "".join(chr(ord("a") + number % 26) for number in range(1777))
    data = prepared(text, val_frac=val_frac)
    cut = int(1777 * (1 - val_frac))
    assert data.tokenizer.decode(data.train.tolist()) == text[:cut]
    assert data.tokenizer.decode(data.valid.tolist()) == text[cut:]


def test_the_vocabulary_comes_from_the_training_part_alone() -> None:
    data = prepared("ab" * 500 + "ab" * 41 + "xyx" * 10)
    assert set(data.tokenizer.symbols) == {"<unk>", "<end>", "a", "b"}
    assert data.tokenizer.decode(data.train.tolist()) == "ab" * 500
    assert int((data.valid == UNKNOWN).sum()) > 0


def test_held_out_text_of_its_own_leaves_the_whole_corpus_to_train_on() -> None:
    data = prepared(LINE * 30, corpus_from_text("to be\n" * 5, "held.txt"))
    assert len(data.train) == len(LINE) * 30
    assert data.tokenizer.decode(data.valid.tolist()) == "to be\n" * 5
    assert data.facts["valid_sha256"] == corpus_from_text("to be\n" * 5).sha256


def test_documents_are_opened_and_parted_in_the_training_part() -> None:
    documents = [LINE * 10, LINE * 5, LINE * 10]
    data = prepared(corpus_from_text(documents))
    assert data.train[0] == END
    assert int((data.train == END).sum()) == 3
    assert data.valid[0] != END
    assert data.facts["documents"] == 3
    assert data.tokenizer.decode(data.train.tolist()) == "".join(documents)[: data.facts["train_units"] - 3]
    single = prepared(LINE * 30)
    assert END not in single.train


def test_facts_hold_no_text_and_no_path() -> None:
    facts = prepared(LINE * 30).facts
    assert facts == {
        "name": "verse.txt",
        "sha256": corpus_from_text(LINE * 30).sha256,
        "characters": len(LINE) * 30,
        "documents": 1,
        "alphabet": len(set(LINE)),
        "train_units": int(len(LINE) * 30 * 0.9),
        "valid_units": len(LINE) * 30 - int(len(LINE) * 30 * 0.9),
        "valid_sha256": None,
    }


@pytest.mark.parametrize("characters", [1, 2, 63, 249, 250, 999])
def test_below_a_thousand_units_a_corpus_is_refused(characters: int) -> None:
    line = refusal("x" * characters)
    assert line == f"only {counted(characters, 'character')} in verse.txt: give a text of at least 1,000"


def test_a_thousand_units_are_enough_whatever_a_unit_is() -> None:
    assert len(prepared("x" * 1000).train) == 900
    # 334 characters of three bytes
    data = prepared("猫" * 334, tokenizer="byte")
    assert len(data.train) + len(data.valid) == 1002
    assert "only 333 characters" in refusal("猫" * 333)
    assert refusal("猫" * 333, tokenizer="byte").startswith("only 999 bytes")
    # 2,000 characters, 800 words
    assert "only 800 words" in refusal("a bc " * 400, tokenizer="word", min_count=1)


def test_a_split_that_leaves_nothing_on_one_side() -> None:
    assert refusal(LINE * 30, val_frac=0.9999) == "nothing is left to train on in verse.txt: lower --val-frac"
    line = refusal("ab" * 500, val_frac=0.9985)
    assert line == "the part to train on has 1 character, and needs 2 in verse.txt: lower --val-frac"
    line = refusal(LINE * 30, val_frac=0.00001)
    assert "the held-out part has 1 character, and needs 2" in line
    smallest = float(line.rpartition(" ")[2])
    assert len(prepared(LINE * 30, val_frac=smallest).valid) >= 2


def test_a_held_out_text_that_is_too_short_is_named() -> None:
    line = refusal(LINE * 30, corpus_from_text("T", "held.txt"), steps=1)
    assert line == "the held-out part has 1 character, and needs 2 in held.txt: give a longer one"


def test_a_held_out_text_of_which_nothing_is_known() -> None:
    line = refusal(LINE * 30, corpus_from_text("猫" * 50, "held.txt"))
    assert line.startswith("none of the held-out characters is in the vocabulary in held.txt")
    # a known unit that comes first is fed, but never predicted
    assert "none of the held-out" in refusal(LINE * 30, corpus_from_text("T" + "猫" * 50))
    assert len(prepared(LINE * 30, corpus_from_text("猫" * 50 + "T")).valid) == 51


def test_names_in_messages_are_safe_to_print() -> None:
    assert "a\\x1b[31m\\n.txt" in refusal(corpus_from_text("x" * 10, "a\x1b[31m\n.txt"))


def test_held_out_units_that_are_unknown_are_told() -> None:
    assert not prepared(LINE * 30).notes
    (note,) = prepared(LINE * 30, corpus_from_text("to 猫 be" * 10)).notes
    assert note.startswith("10 of the held-out characters (14 %) are not in the vocabulary")


def test_the_same_text_held_out_is_warned_of() -> None:
    corpus = corpus_from_text(LINE * 30)
    assert any("are the same" in note for note in prepared(corpus, corpus_from_text(LINE * 30)).notes)


def test_one_distinct_character_is_told() -> None:
    (note,) = prepared("x" * 1000).notes
    assert "perplexity will be 1.0" in note


@pytest.mark.parametrize(
    ("settings", "mend"),
    [
        ({"seq_length": 900}, "--seq-length 899 at most"),
        ({"batch_size": 900}, "--batch-size 899 at most"),
        ({"batch_size": 9, "seq_length": 100}, "--batch-size 8 at most"),
        ({"batch_size": 1, "seq_length": 1000}, "--seq-length 899 at most"),
    ],
)
def test_a_size_that_was_given_and_does_not_fit_is_refused_with_the_largest(
    settings: dict[str, int], mend: str
) -> None:
    line = refusal("ab" * 500, **settings)
    assert "900 characters to train on" in line
    assert mend in line
    largest = int(mend.split()[1])
    mended = {**settings, mend.split()[0].lstrip("-").replace("-", "_"): largest}
    assert len(prepared("ab" * 500, **mended).train) == 900


@how(deadline=None)
@given(st.integers(2, 5000), st.integers(1, 300) | st.none(), st.integers(1, 300) | st.none())
def test_a_size_that_was_not_given_shrinks_until_the_batch_can_be_filled(
    train_units: int, batch_size: int | None, seq_length: int | None
) -> None:
    given = {
        name: value for name, value in (("batch_size", batch_size), ("seq_length", seq_length)) if value is not None
    }
    units = train_units - 1
    if (seq_length or 1) > units or (batch_size or 1) * (seq_length or 1) > units:
        return  # refused before
    settings = TrainLanguageModelSettings(**given)
    fitted, note = fitted_sizes(settings, train_units, given=given)
    assert fitted.batch_size >= 1
    assert fitted.seq_length >= 1
    assert fitted.batch_size * fitted.seq_length <= units
    for name, value in given.items():
        assert getattr(fitted, name) == value
    shrunk = (fitted.batch_size, fitted.seq_length) != (settings.batch_size, settings.seq_length)
    assert (note is not None) == shrunk
    if settings.batch_size * settings.seq_length <= units:
        assert not shrunk
    else:
        assert note is not None
        assert f"{counted(fitted.batch_size, 'row')} of {counted(fitted.seq_length, 'step')}" in note


def test_encoded_parts_are_narrow() -> None:
    assert prepared(LINE * 30).train.dtype == np.uint8

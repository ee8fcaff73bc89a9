"""From labelled rows to examples: the split, the vocabulary, empty texts, labels that are not known, notes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.label_data import LabelData, prepare_labelled
from textrnn.data.labelled import LabelledRows, rows_of
from textrnn.errors import UserError
from textrnn.text.vocabulary import UNKNOWN

TEXTS = [f"film number {number} is {'lovely' if number % 2 else 'dull'}" for number in range(40)]
LABELS = ["pos" if number % 2 else "neg" for number in range(40)]


def prepared(
    texts: list[str] = TEXTS, labels: list[str] = LABELS, *, valid: LabelledRows | None = None, seed: int = 0,
    unlabelled: tuple[str, ...] = (), **settings: Any,
) -> LabelData:  # fmt: skip
    checked = TrainClassifierSettings.check(settings).settled()
    return prepare_labelled(rows_of(texts, labels), checked, seed=seed, valid=valid, unlabelled=unlabelled)


def test_the_split_is_stratified_and_loses_nothing() -> None:
    texts = [f"text {number}" for number in range(100)]
    labels = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
    data = prepared(texts, labels, val_frac=0.2)
    assert data.labels == ("a", "b", "c")
    assert data.counts.tolist() == [48, 24, 8]
    assert np.bincount(data.valid.labels).tolist() == [12, 6, 2]
    assert sorted(data.train.texts + data.valid.texts) == sorted(texts)
    of = dict(zip(texts, labels, strict=True))
    for part in (data.train, data.valid):
        assert [data.labels[id] for id in part.labels] == [of[text] for text in part.texts]
        for text, units in zip(part.texts, part.units, strict=True):
            assert np.array_equal(units, data.lexicon.encode(text))
    np.testing.assert_allclose(data.prior, [0.6, 0.3, 0.1])
    assert data.facts == {
        "name": "texts", "sha256": rows_of(texts, labels).sha256, "valid_sha256": None, "rows": 80, "valid_rows": 20,
        "labels": {"a": 48, "b": 24, "c": 8},
    }  # fmt: skip


def test_the_split_is_the_seeds() -> None:
    assert prepared(seed=1).valid.texts == prepared(seed=1).valid.texts != prepared(seed=2).valid.texts
    assert len(prepared(val_frac=0.5).valid) == 20


def test_held_out_texts_stand_in_no_order_that_tells() -> None:
    """The first of them are a fair sample, however the file was sorted."""
    valid = rows_of([f"word {number}" for number in range(200)], ["neg"] * 100 + ["pos"] * 100)
    data = prepared(valid=valid)
    assert 30 <= data.valid.labels[:100].sum() <= 70
    assert sorted(data.valid.texts) == sorted(valid.texts)


def test_held_out_rows_of_their_own() -> None:
    valid = rows_of(["lovely", "dull", "odd", "odder"], ["pos", "neg", "mixed", "mixed"])
    data = prepared(valid=valid)
    assert len(data.train) == 40 and data.train.texts == tuple(TEXTS)
    assert data.facts["valid_sha256"] == valid.sha256 and data.facts["valid_rows"] == 4
    found = dict(zip(data.valid.texts, data.valid.labels.tolist(), strict=True))
    assert found == {"lovely": 1, "dull": 0, "odd": -1, "odder": -1}
    assert any("does not know the label 'mixed': 2 rows" in note for note in data.notes)
    one_each = prepared(["lovely", "dull"], ["pos", "neg"], valid=valid)
    assert one_each.counts.tolist() == [1, 1]


def test_the_vocabulary_is_of_the_training_part_alone() -> None:
    data = prepared(valid=rows_of(["unheard", "dull"], ["pos", "neg"]), min_count=1)
    assert {"lovely", "dull", "39"} < {*data.tokenizer.symbols} and "unheard" not in data.tokenizer.symbols
    taught = prepared(unlabelled=("unheard words", "of unheard things"), min_count=2)
    assert "unheard" in taught.tokenizer.symbols and "of" not in taught.tokenizer.symbols


def test_words_beyond_the_vocabulary() -> None:
    valid = rows_of(["unheard", "dull"], ["pos", "neg"])
    plain = prepared(valid=valid, min_count=20, subwords=0)
    subwords = prepared(valid=valid, min_count=20, subwords=50)
    for data in (plain, subwords):
        unheard = data.valid.units[data.valid.texts.index("unheard")]
        assert (unheard[0] == UNKNOWN) == (data is plain)
    assert max(ids.max() for ids in subwords.train.units) >= subwords.lexicon.vocabulary_size


def test_empty_texts_are_not_trained_on_but_are_measured() -> None:
    """The training part drops them; the held-out part keeps them, for the model answers them too."""
    texts = [*TEXTS, "", "   ", "\n"]
    data = prepared(texts, [*LABELS, "pos", "neg", "pos"], valid=rows_of(["", "dull", " "], ["pos", "neg", "neg"]))
    assert data.train.texts == tuple(TEXTS)
    assert sorted(data.valid.texts) == ["", " ", "dull"]
    assert sorted(map(len, data.valid.units)) == [0, 0, 1]
    assert data.counts.sum() == 40 and data.facts["rows"] == 43
    assert any("3 empty texts" in note for note in data.notes)


def test_a_label_without_words_is_refused() -> None:
    valid = rows_of(["dull", "lovely"], ["neg", "pos"])
    with pytest.raises(UserError, match="no text that is not empty to train on with the label 'pos'"):
        prepared(["dull", "duller", " ", ""], ["neg", "neg", "pos", "pos"], valid=valid)
    with pytest.raises(UserError, match="with the label 'neg', 'pos'"):
        prepared(["", " "], ["neg", "pos"], valid=valid, unlabelled=("words",))


def test_one_label_and_lonely_labels_are_refused() -> None:
    with pytest.raises(UserError, match="one label alone"):
        prepared(["a", "b"], ["pos", "pos"])
    with pytest.raises(UserError, match="only 1 row with the label 'rare'"):
        prepared([*TEXTS, "odd"], [*LABELS, "rare"])


def test_overlap_is_told() -> None:
    data = prepared(valid=rows_of([TEXTS[0], TEXTS[1].upper(), "new words"], ["neg", "pos", "pos"]))
    assert any("2 of 3 held-out texts" in note and "1 word for word" in note for note in data.notes)
    assert not any("held-out texts" in note for note in prepared().notes)


@pytest.mark.parametrize("tokenizer", ["char", "byte", "bpe"])
def test_other_units(tokenizer: str) -> None:
    data = prepared(tokenizer=tokenizer)
    assert data.tokenizer.kind == tokenizer
    assert data.tokenizer.decode(data.train.units[0].tolist()) == data.train.texts[0]


def test_the_tokenizer_of_a_run_is_kept() -> None:
    first = prepared(min_count=1)
    checked = TrainClassifierSettings.check({"min_count": 9})
    again = prepare_labelled(rows_of(TEXTS, LABELS), checked, seed=0, valid=None, tokenizer=first.tokenizer)
    assert again.tokenizer is first.tokenizer
    for ours, theirs in zip(again.train.units, first.train.units, strict=True):
        assert np.array_equal(ours, theirs)

"""Tagged sentences made ready: what is held out, what gets an id, what is refused before training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.tag_data import check_known_tags, check_tagged, prepare_tagged
from textrnn.data.tagged import TaggedSentences, sentences_of
from textrnn.errors import UserError

Tagged = Callable[..., Any]


def many(count: int = 40) -> TaggedSentences:
    words = [[f"w{number % 7}", "Oslo" if number % 4 == 0 else "home"] for number in range(count)]
    return sentences_of(words, [["O", "B-place" if own[1] == "Oslo" else "O"] for own in words])


def made(sentences: TaggedSentences, **given: Any) -> Any:
    valid = given.pop("valid", None)
    return prepare_tagged(sentences, TrainTaggerSettings.check(given), seed=0, valid=valid)


def test_a_tenth_is_held_out_of_plain_sentences_as_of_others() -> None:
    data = made(many())
    assert (len(data.train), len(data.valid)) == (36, 4)
    assert sum("B-place" in tags for tags in data.valid.names) == 1
    assert data.facts["sentences"] == 36 and data.facts["words"] == 72 and data.facts["longest"] == 2
    assert data.facts["tags"] == {"B-place": 9, "O": 63} and data.tags == ("B-place", "O")


def test_words_and_tags_have_the_ids_they_stand_for() -> None:
    data = made(many())
    for examples in (data.train, data.valid):
        for words, ids, tags, names in zip(examples.words, examples.units, examples.tags, examples.names, strict=True):
            rows, _, _ = data.lexicon.parts(ids)
            assert [data.tokenizer.symbols[row] for row in rows.tolist()] == [word.lower() for word in words]
            assert [data.tags[tag] for tag in tags.tolist()] == [*names]


def test_a_tag_that_training_has_not_seen_has_no_id_and_is_said(tagged: Tagged) -> None:
    valid = sentences_of(*tagged(["Anna/B-person flew/O"]))
    data = made(many(), valid=valid)
    assert data.valid.tags[0].tolist() == [-1, 1]
    assert any("does not know the tag 'B-person': 1 word counted as wrong" in note for note in data.notes)
    assert check_known_tags(valid.tags, valid.places, ["O", "B-person"]) == ()


def test_many_unknown_tags_are_told_in_a_few_notes_the_commonest_first() -> None:
    tags = [[f"T{number}"] * (1 + number // 8) for number in range(9)]
    first, *_, rest = notes = check_known_tags(tags, [f"line {number}" for number in range(9)], [])
    assert first == "the model does not know the tag 'T8': 2 words counted as wrong, first in the sentence at line 8"
    assert rest == "nor 4 other tags, on 4 words" and len(notes) == 6


def test_a_tag_of_held_out_sentences_alone_is_said() -> None:
    alone = sentences_of([[f"w{number}"] for number in range(20)], [[f"T{number}"] for number in range(20)])
    assert sum("does not know the tag" in note for note in made(alone).notes) == 2


def test_words_that_are_held_out_have_no_row() -> None:
    words = [[f"w{number}"] for number in range(20)]
    data = made(sentences_of(words, [["O" if number % 2 else "B-x"] for number in range(20)]))
    rows = [int(data.lexicon.parts(ids)[0][0]) for ids in data.valid.units]
    assert rows == [0, 0] and data.facts["valid_sentences"] == 2


def test_the_same_seed_holds_out_the_same() -> None:
    assert made(many()).valid.words == made(many()).valid.words
    settings = TrainTaggerSettings()
    assert made(many()).valid.words != prepare_tagged(many(), settings, seed=1, valid=None).valid.words


def test_what_no_tagger_can_come_of_is_refused(tagged: Tagged) -> None:
    with pytest.raises(UserError, match="one tag alone, 'O' on all 4 words"):
        check_tagged(sentences_of([["a", "b"]] * 2, [["O", "O"]] * 2))
    alone = sentences_of(*tagged(["Anna/B-person flew"]))
    with pytest.raises(UserError, match="one sentence alone in sentences: give two at least"):
        check_tagged(alone)
    assert check_tagged(alone, is_split=False) == ()


def test_doubts_are_of_kinds_and_not_of_signs() -> None:
    words = [["a", "b", "c"]] * 200
    fine = sentences_of(words, [["B-place", "I-place", "O"]] * 199 + [["B-place", "O", "O"]])
    assert check_tagged(fine) == ()
    slip = sentences_of(words, [["B-place", "I-place", "O"]] * 199 + [["B-plase", "O", "O"]])
    (note,) = check_tagged(slip)
    assert "plase" in note and "place" in note


def test_a_sentence_in_both_parts_is_said() -> None:
    data = made(many())
    assert any("are among those trained on" in note for note in data.notes)


def test_batches_know_how_many_sentences_came_before() -> None:
    from textrnn.data.batches import Batches

    batches = Batches([1] * 10, batch_size=4, seed=0)
    seen = np.cumsum([0, *(len(batches[step]) for step in range(9))]).tolist()
    assert [batches.examples_before(step) for step in range(10)] == seen and seen[9] == 30

"""The facts of tagged words: counted by hand, and what training would refuse."""

from __future__ import annotations

from pathlib import Path

from textrnn.data.tag_inspection import inspect_tagged
from textrnn.data.tagged import read_tagged, sentences_of

WORDS = [
    ["Anna", "met", "Bo", "Berg"],
    ["Oslo", "slept"],
    ["Anna", "met", "Bo", "Berg"],
    ["May", "slept"],
    ["in", "May"],
]
TAGS = [
    ["B-person", "O", "B-person", "I-person"],
    ["B-place", "O"],
    ["B-person", "O", "B-person", "I-person"],
    ["I-person", "O"],
    ["O", "O"],
]  # fmt: skip


def test_what_is_counted() -> None:
    facts = inspect_tagged(sentences_of(WORDS, TAGS))
    assert (facts["kind"], facts["sentences"], facts["words"]) == ("tagged", 5, 14)
    assert (facts["repeated_sentences"], facts["different_words"], facts["words_with_several_tags"]) == (1, 8, 1)
    assert {tag: one["words"] for tag, one in facts["tags"].items()} == {
        "B-person": 4, "B-place": 1, "I-person": 3, "O": 6,
    }  # fmt: skip
    assert sum(one["share"] for one in facts["tags"].values()) == 1
    assert facts["spans"] == {"person": 5, "place": 1}
    assert facts["majority"] == {"tag": "O", "token_accuracy": 6 / 14}
    assert facts["sentence_words"] == {"min": 2, "median": 2, "p95": 4, "max": 4}
    assert facts["held_out"]["sentences"] == 1 and facts["training_refuses"] is None
    (note,) = [note for note in facts["notes"] if "begins one" in note]
    assert note.startswith("1 span of 6 ") and "sentence 3" in note


def test_a_scheme_in_which_spans_begin_inside_is_no_doubt() -> None:
    tags = [[tag.replace("B-", "I-") for tag in own] for own in TAGS]
    assert not [note for note in inspect_tagged(sentences_of(WORDS, tags))["notes"] if "begins one" in note]


def test_tags_that_mark_no_spans_have_none() -> None:
    facts = inspect_tagged(sentences_of([["a", "b"], ["c", "a"]], [["DET", "NOUN"], ["VERB", "DET"]]))
    assert facts["spans"] is None and facts["majority"] == {"tag": "DET", "token_accuracy": 0.5}


def test_what_training_would_refuse(tmp_path: Path) -> None:
    facts = inspect_tagged(sentences_of([["a"], ["b"]], [["O"], ["O"]]))
    assert facts["training_refuses"].startswith("one tag alone") and facts["held_out"] is None
    path = tmp_path / "t.conll"
    path.write_text("a\tO\n\nb\n\nc\tB-x\n")
    sentences = read_tagged([path], skip_bad=True)
    facts = inspect_tagged(sentences)
    assert facts["unusable_sentences"] == 1
    assert facts["training_refuses"].startswith("sentences that cannot be used: 1; mend them, or leave them out")
    assert inspect_tagged(sentences, skip_bad=True)["training_refuses"] is None

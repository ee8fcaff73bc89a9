"""The facts of data, against counts made by hand, and what a split would hold out, against the split itself."""

from __future__ import annotations

import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, f1_score

from textrnn.data.inspection import buckets, inspect_rows, inspect_text, spread
from textrnn.data.labelled import rows_of
from textrnn.data.split import stratified_split
from textrnn.data.symbols import Symbols
from textrnn.text.corpus import corpus_from_documents, corpus_from_text

TEXTS = ["A fine film", "a FINE film!", "bad", "bad", "", "so so \U0001f642", "so so \U0001f642", "न अच्छा"] * 3
LABELS = ["pos", "pos", "neg", "neg", "neg", "pos", "neg", "neg"] * 3


def test_rows_are_counted() -> None:
    facts = inspect_rows(rows_of(TEXTS, LABELS, name="r"))
    assert (facts["kind"], facts["name"], facts["rows"]) == ("labelled", "r", 24)
    assert facts["labels"] == {"neg": {"rows": 15, "share": 15 / 24}, "pos": {"rows": 9, "share": 9 / 24}}
    # 21 rows have text, of 6 kinds
    assert (facts["repeated_rows"], facts["contradicting_texts"]) == (15, 1)
    assert facts["words"] == {"min": 0, "median": 2, "p95": 3, "max": 3}
    assert list(facts["length_buckets"]) == ["none", "1 to 4"]
    assert facts["characters"] == {"min": 0, "median": 7, "p95": 12, "max": 12}
    assert facts["training_refuses"] is None
    assert any("1 text with different labels: " in note for note in facts["notes"])


def test_the_majority_is_what_scikit_learn_says_of_it() -> None:
    labels = ["a"] * 3 + ["b"] * 5 + ["c"] * 2
    guesses = DummyClassifier(strategy="most_frequent").fit(labels, labels).predict(labels)
    majority = inspect_rows(rows_of([str(number) for number in range(10)], labels))["majority"]
    assert majority["label"] == "b"
    assert majority["accuracy"] == pytest.approx(accuracy_score(labels, guesses), abs=1e-12)
    assert majority["macro_f1"] == pytest.approx(f1_score(labels, guesses, average="macro", zero_division=0), abs=1e-12)


def test_what_is_held_out_is_what_the_split_holds_out() -> None:
    texts = [f"same words number{number} {'é' * (number % 7 == 0)}" for number in range(60)]
    labels = ["a", "b", "c"] * 20
    train, valid = stratified_split(labels, 0.1, seed=0)
    held_out = inspect_rows(rows_of(texts, labels))["held_out"]
    assert (held_out["share"], held_out["seed"], held_out["rows"]) == (0.1, 0, len(valid))
    words = [word for place in valid for word in texts[place].split()]
    known = {word for place in train for word in texts[place].split()}
    assert held_out["unseen_word_share"] == pytest.approx(sum(word not in known for word in words) / len(words))
    assert held_out["unseen_character_share"] == 0.0 and held_out["unseen_symbols"] == []
    assert held_out["seen_in_training"] == 0
    loud = [text.upper() if place in valid else text for place, text in enumerate(texts)]
    assert inspect_rows(rows_of(loud, labels))["held_out"]["unseen_word_share"] == held_out["unseen_word_share"]
    texts[valid[0]] += "\u1234\u1234"
    texts[valid[1]] = texts[train[0]].upper()
    held_out = inspect_rows(rows_of(texts, labels))["held_out"]
    total = sum(len(texts[place]) for place in valid)
    assert "\u1234" in held_out["unseen_symbols"]
    upper = {*texts[valid[1]]} - {*"".join(texts[place] for place in train)}
    missed = 2 + sum(texts[valid[1]].count(one) for one in upper)
    assert held_out["unseen_character_share"] == pytest.approx(missed / total)
    assert (held_out["seen_in_training"], held_out["seen_word_for_word"]) == (1, 0)


def test_rows_that_training_refuses_are_described_all_the_same() -> None:
    facts = inspect_rows(rows_of(["a b", "", "c"], ["x", "x", "x"], name="r"))
    assert facts["training_refuses"].startswith("one label alone, 'x' on all 3 rows in r: ")
    assert facts["held_out"] is None and facts["words"]["max"] == 2
    assert any(note.startswith("1 empty text") for note in facts["notes"])


def test_a_text_is_counted() -> None:
    first, second = "Ünder the trees\n\n" * 40, "the end of it, after all\r" * 30 + "x\u200d" * 5
    facts = inspect_text(corpus_from_documents([("a", first), ("b", second)], "t"))
    assert (facts["kind"], facts["name"], facts["documents"]) == ("text", "t", 2)
    assert facts["characters"] == len(first + second)
    assert facts["lines"] == 81 and facts["line_characters"]["median"] == 15
    assert facts["words"] == 40 * 3 + 30 * 6 + 1
    assert facts["alphabet"]["letters"] == {"Latin": len({*first + second} & {*map(chr, range(65, 255))} - {"\x85"})}
    assert facts["alphabet"]["invisible"] == {"U+000D": 30, "U+200D": 5}
    assert facts["training_refuses"] is None


def test_the_last_tenth_of_a_text_is_held_out() -> None:
    text = "short one\n" + "".join(f"line number {number} of many\n" for number in range(90))
    text += (
        "".join(f"Ж is the letter of line {number}\n" for number in range(6))
        + "LINE\nshort one\nline number 5 of many\n"
    )
    held_out = inspect_text(corpus_from_text(text))["held_out"]
    tail = text[int(len(text) * 0.9) :]
    assert held_out["characters"] == len(tail) and held_out["documents"] == 1
    assert tail.startswith(held_out["begins"]) and len(held_out["begins"]) == 60
    assert held_out["unseen_symbols"] == ["Ж", "E", "I", "L", "N"]
    lines = [line for line in tail.split("\n") if len(line) >= 20]
    assert "short one" in tail.split("\n")
    assert held_out["seen_line_share"] == pytest.approx(1 / len(lines))


def test_a_short_text_is_refused_by_training() -> None:
    facts = inspect_text(corpus_from_text("a", name="t.txt"))
    assert facts["training_refuses"] == "only 1 characters in t.txt: give a text of at least 1,000"
    assert facts["held_out"] is None


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40))
def test_a_spread_is_made_of_lengths_that_occur(lengths: list[int]) -> None:
    found = spread(lengths)
    assert (found["min"], found["max"]) == (min(lengths), max(lengths))
    for name, share in (("median", 0.5), ("p95", 0.95)):
        below = [length for length in lengths if length < found[name]]
        upto = [length for length in lengths if length <= found[name]]
        assert len(below) < share * len(lengths) <= len(upto) + 1e-9
        assert found[name] in lengths
    assert found == spread(np.array(lengths))


@given(st.lists(st.text(max_size=20)), st.text())
def test_symbols_are_counted_whatever_the_pieces(pieces: list[str], other: str) -> None:
    text = "".join(pieces).encode("utf-8", "replace").decode()
    symbols = Symbols([piece.encode("utf-8", "replace").decode() for piece in pieces])
    counts = Counter(text)
    facts = symbols.to_json()
    assert symbols.total == len(text) and facts["size"] == len(counts)
    kinds = sum(facts[kind] for kind in ("digits", "punctuation", "symbols", "spaces"))
    assert kinds + sum(facts["letters"].values()) + len(facts["invisible"]) == len(counts)
    missing = symbols.unseen_in(Symbols([other]))
    assert missing == {one: count for one, count in counts.items() if one not in other}
    assert list(missing.values()) == sorted(missing.values(), reverse=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("aÉº", {"letters": {"Latin": 3}}),
        ("दी", {"letters": {"Devanagari": 2}}),
        ("漢字か", {"letters": {"CJK": 2, "Hiragana": 1}}),
        ("7٤½", {"digits": 3}),
        ("\n \u3000", {"spaces": 3}),
        ("🙂+", {"symbols": 2}),
        ("؟—", {"punctuation": 2}),
        ("\u200b\ufe0f\x07", {"invisible": {"U+0007": 1, "U+200B": 1, "U+FE0F": 1}}),
    ],
)
def test_every_character_has_its_kind(text: str, kind: dict[str, object]) -> None:
    facts = Symbols([unicodedata.normalize("NFC", text)]).to_json()
    assert {name: value for name, value in facts.items() if value and name != "size"} == kind


def test_lengths_are_counted_between_powers_of_two() -> None:
    found = buckets([5, 8, 9, 33, 64, 5])
    assert {name: one["rows"] for name, one in found.items()} == {
        "5 to 8": 3, "9 to 16": 1, "17 to 32": 0, "33 to 64": 2,
    }  # fmt: skip
    assert found["33 to 64"]["share"] == pytest.approx(1 / 3)
    assert [list(buckets(lengths)) for lengths in ([0], [4, 1], [0, 5])] == [
        ["none"], ["1 to 4"], ["none", "1 to 4", "5 to 8"],
    ]  # fmt: skip

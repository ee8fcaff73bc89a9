"""The most frequent tag of each word, against counting by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from textrnn.baselines.frequent_tag import FrequentTag
from textrnn.errors import UserError


def test_a_word_gets_the_tag_it_had_most_often_and_another_the_commonest() -> None:
    words = [["a", "b", "a"], ["a", "A", "b"], ["b"]]
    tags = [np.array([1, 0, 1]), np.array([0, 2, 2]), np.array([0])]
    found = FrequentTag.fit(words, tags)
    # a: 1 twice; A: 2; b: 0 twice; all: 0 three times
    assert found.predict(["a", "A", "b", "new"]).tolist() == [1, 2, 0, 0]
    assert found.words == ("A", "a") and found.commonest == 0
    assert found.predict([]).tolist() == []


def test_it_is_what_counting_says() -> None:
    rng = np.random.default_rng(0)
    words = [rng.choice(list("abcdefgh"), 9).tolist() for _ in range(30)]
    tags = [rng.integers(0, 4, 9) for _ in words]
    pairs = Counter(pair for row, own in zip(words, tags, strict=True) for pair in zip(row, own.tolist(), strict=True))
    expected = [max(range(4), key=lambda tag: (pairs[word, tag], -tag)) for word in "abcdefgh"]
    assert FrequentTag.fit(words, tags).predict(list("abcdefgh")).tolist() == expected


@pytest.mark.parametrize("words", [[["é", "東京", "x y"]], [["a", "a"]]])
def test_arrays_and_back(words: list[list[str]]) -> None:
    made = FrequentTag.fit(words, [np.arange(len(words[0])) % 2])
    again = FrequentTag.from_arrays(made.to_arrays(), 2)
    assert (again.words, again.commonest) == (made.words, made.commonest)
    assert again.tags.tolist() == made.tags.tolist()
    assert again.predict(words[0]).tolist() == made.predict(words[0]).tolist()


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("words", np.zeros(3, np.int64)), ("words", np.array([0xFF], np.uint8)), ("tags", np.array([0, 5])),
        ("tags", np.array([1])), ("commonest", np.array([9])), ("commonest", np.array(0)),
        ("commonest", np.array([0.0])),
    ],
)  # fmt: skip
def test_damage_is_refused(name: str, array: np.ndarray) -> None:
    arrays = FrequentTag.fit([["a", "b", "c", "d", "e"]], [np.array([0, 1, 2, 0, 0])]).to_arrays()
    arrays[f"frequent_tag.{name}"] = array
    with pytest.raises(UserError, match="damaged baseline"):
        FrequentTag.from_arrays(arrays, 3)
    del arrays[f"frequent_tag.{name}"]
    with pytest.raises(UserError, match="damaged baseline"):
        FrequentTag.from_arrays(arrays, 3)

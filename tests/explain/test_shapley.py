from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from textrnn.explain import shapley as module
from textrnn.explain.shapley import FEWEST_SAMPLES, Attribution, shapley

Value = Callable[[Sequence[str]], np.ndarray]


def numbered(num_words: int, sentence: int = 15) -> tuple[str, list[tuple[int, int]]]:
    """A text of the words w0 w1 w2 …, with a full stop now and then, and where they stand."""
    words = [f"w{place}{'.' if place % sentence == sentence - 1 else ''}" for place in range(num_words)]
    starts = np.cumsum([0, *(len(word) + 1 for word in words)]).tolist()
    return " ".join(words), [(start, start + len(word)) for start, word in zip(starts, words, strict=False)]


def places_in(text: str) -> list[int]:
    return [int(word.strip("w.")) for word in text.split()]


def per_text(value: Callable[[list[int]], float]) -> Value:
    return lambda texts: np.array([value(places_in(text)) for text in texts])


def random_value(seed: int, num_words: int) -> Callable[[list[int]], float]:
    """A value without any structure: another number for each subset."""
    numbers = np.random.default_rng(seed).normal(size=2**num_words)
    return lambda places: float(numbers[sum(1 << place for place in places)])


def brute_force(value: Callable[[list[int]], float], num_words: int) -> list[float]:
    """Shapley values as the mean over all orders, written out."""
    weights = np.zeros(num_words)
    for order in itertools.permutations(range(num_words)):
        for count, word in enumerate(order):
            weights[word] += value(sorted(order[: count + 1])) - value(sorted(order[:count]))
    return (weights / math.factorial(num_words)).tolist()


@pytest.mark.parametrize("num_words", range(1, 7))
def test_few_words_exactly(num_words: int) -> None:
    value = random_value(num_words, num_words)
    found = shapley(*numbered(num_words), per_text(value), seed=0)
    assert found.weights == pytest.approx(brute_force(value, num_words), abs=1e-12)
    assert (found.texts, found.method) == (2**num_words, "Shapley values, exact")


def by_subsets(value: Callable[[list[int]], float], num_words: int) -> np.ndarray:
    """Shapley values by the sum over subsets, written out."""
    weights = np.zeros(num_words)
    for word in range(num_words):
        others = [place for place in range(num_words) if place != word]
        for size in range(num_words):
            share = math.factorial(size) * math.factorial(num_words - size - 1) / math.factorial(num_words)
            for rest in itertools.combinations(others, size):
                weights[word] += share * (value(sorted([*rest, word])) - value([*rest]))
    return weights


def test_eight_words_exactly() -> None:
    value = random_value(8, 8)
    assert shapley(*numbered(8), per_text(value), seed=0).weights == pytest.approx(by_subsets(value, 8), abs=1e-12)


def by_orders(value: Callable[[list[int]], float], groups: list[list[int]]) -> np.ndarray:
    """Owen values as the mean over all orders in which the words of a group follow one another, written out."""
    weights, count = np.zeros(sum(map(len, groups))), 0
    for outer in itertools.permutations(groups):
        for inner in itertools.product(*(itertools.permutations(group) for group in outer)):
            order = [word for group in inner for word in group]
            values = [value(sorted(order[:joined])) for joined in range(len(order) + 1)]
            weights[order] += np.diff(values)
            count += 1
    return weights / count


@pytest.mark.parametrize(("sentence", "fewest_pairs"), [(100, 2), (3, 10**9)])
def test_sampled_orders_near_the_truth(monkeypatch: pytest.MonkeyPatch, sentence: int, fewest_pairs: int) -> None:
    value = random_value(3, 7)
    monkeypatch.setattr(module, "_EXACT_WORDS", 0)
    monkeypatch.setattr(module, "_FEWEST_PAIRS", fewest_pairs)
    text, spans = numbered(7, sentence)
    runs = [shapley(text, spans, per_text(value), samples=300, seed=seed) for seed in range(60)]
    assert all(("sentences" in run.method) == (sentence == 3) for run in runs)
    truth = by_orders(value, [[0, 1, 2], [3, 4, 5], [6]]) if sentence == 3 else by_subsets(value, 7)
    weights = np.array([run.weights for run in runs])
    assert (np.abs(weights.mean(axis=0) - truth) < 5 * weights.std(axis=0) / math.sqrt(len(runs))).all()
    assert weights.std(axis=0).max() < 0.5


def test_an_order_and_its_reverse_are_exact_where_words_speak_alone_or_in_pairs() -> None:
    own, pairs = np.random.default_rng(0).normal(size=30), np.random.default_rng(1).normal(size=(30, 30))

    def value(places: list[int]) -> float:
        return float(own[places].sum() + np.triu(pairs, 1)[np.ix_(places, places)].sum())

    found = shapley(*numbered(30), per_text(value), samples=120, seed=0)
    assert found.method == "Shapley values, 4 sampled orders"
    between = np.triu(pairs, 1) + np.triu(pairs, 1).T
    np.testing.assert_allclose(found.weights, own + between.sum(axis=1) / 2, atol=1e-12)


SIZES = [0, 1, 2, 5, 8, 9, 30, 500, 501, 900]


@pytest.mark.parametrize("num_words", SIZES)
def test_a_sum_over_words_is_found_again(num_words: int) -> None:
    true = np.random.default_rng(num_words).normal(size=num_words)
    text, spans = numbered(num_words)
    found = shapley(text, spans, per_text(lambda places: 0.5 + float(true[places].sum())), seed=0)
    assert (found.base, found.value) == (pytest.approx(0.5), pytest.approx(0.5 + true.sum()))
    if num_words <= 501:
        np.testing.assert_allclose(found.weights, true, atol=1e-10)
    else:  # words of the lightest sentences share alike
        assert (np.abs(np.array(found.weights) - true) < 1e-10).mean() > 0.7


def twisted(places: list[int]) -> float:
    """Words that say something together only, words that say nothing, and an end to how much can be said."""
    total = sum(((place * 7919) % 13 - 6) / 6 for place in places if place % 5)
    there = {*places}
    total += 2 * sum(place % 5 == 1 and place + 1 in there for place in places)
    return 3 * math.tanh(total / 10)


@pytest.mark.parametrize("samples", [FEWEST_SAMPLES, 100, 2000])
@pytest.mark.parametrize("num_words", [*SIZES, 2500])
def test_the_weights_add_up_within_the_texts_allowed(num_words: int, samples: int) -> None:
    asked: list[str] = []

    def value(texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return np.array([zlib.crc32(text.encode()) / 2**32 for text in texts])  # no structure at all

    text, spans = numbered(num_words)
    found = shapley(text, spans, value, samples=samples, seed=1)
    assert len(found.weights) == num_words
    assert len(asked) == found.texts <= samples
    assert len({*asked}) == len(asked)
    assert found.value == value([text])[0]
    assert found.base == (value([""])[0] if num_words else found.value)
    assert math.fsum(found.weights) == pytest.approx(found.value - found.base, abs=1e-9)
    assert found.completeness_error == abs(math.fsum(found.weights) - (found.value - found.base)) < 1e-9


@pytest.mark.parametrize("num_words", [7, 40, 300])
def test_a_word_that_changes_nothing_weighs_nothing(num_words: int) -> None:
    found = shapley(*numbered(num_words), per_text(twisted), samples=900, seed=0)
    np.testing.assert_allclose(np.array(found.weights)[::5], 0, atol=1e-12)
    assert np.abs(found.weights).max() > 0.01


def test_words_that_do_the_same_weigh_the_same() -> None:
    found = shapley(*numbered(7), per_text(lambda places: math.sqrt(len(places))), seed=0)
    assert found.weights == pytest.approx([math.sqrt(7) / 7] * 7, abs=1e-12)
    sampled = shapley(*numbered(40), per_text(lambda places: math.sqrt(len(places))), seed=0)
    assert sampled.weights == pytest.approx([math.sqrt(40) / 40] * 40, abs=0.1)


@pytest.mark.parametrize("num_words", [5, 30, 300])
def test_the_weights_of_a_sum_of_values_are_the_sums_of_weights(num_words: int) -> None:
    def other(places: list[int]) -> float:
        return math.cos(sum(places))

    text, spans = numbered(num_words)
    one, two, both = (
        np.array(shapley(text, spans, per_text(value), samples=700, seed=4).weights)
        for value in (twisted, other, lambda places: twisted(places) + other(places))
    )
    if num_words == 300:  # which sentences are looked into last depends on the value
        assert math.fsum(one) + math.fsum(two) == pytest.approx(math.fsum(both), abs=1e-9)
    else:
        np.testing.assert_allclose(one + two, both, atol=1e-9)


@pytest.mark.parametrize("num_words", [20, 300, 1500])
def test_the_seed_decides(num_words: int) -> None:
    text, spans = numbered(num_words)
    one, again, other = (shapley(text, spans, per_text(twisted), samples=300, seed=seed) for seed in (5, 5, 6))
    assert one.weights == again.weights
    assert one.weights != other.weights


def test_the_pieces_in_which_texts_are_asked_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    text, spans = numbered(300)
    sizes = []

    def value(texts: Sequence[str]) -> np.ndarray:
        sizes.append(len(texts))
        return per_text(twisted)(texts)

    whole = shapley(text, spans, value, samples=500, seed=0)
    assert len(sizes) == 2  # the sentences, then the words
    monkeypatch.setattr(module, "_CHARACTERS_AT_ONCE", 20 * len(text))
    assert shapley(text, spans, value, samples=500, seed=0).weights == whole.weights
    assert max(sizes[2:]) <= 20


def test_the_sentence_that_matters_is_found_in_a_long_text() -> None:
    def value(places: list[int]) -> float:
        there = {*places}
        return 4.0 * (703 in there and 704 in there) - 1.0 * (20 in there)

    found = shapley(*numbered(1000), per_text(value), seed=0)
    order = np.argsort(-np.abs(found.weights))
    assert {*order[:3].tolist()} == {703, 704, 20}
    assert found.weights[20] == pytest.approx(-1)
    assert found.weights[703] + found.weights[704] == pytest.approx(4)


def test_an_attribution_becomes_an_explanation() -> None:
    text, spans = numbered(3)
    found: Attribution = shapley(text, spans, per_text(lambda places: float(sum(places))), seed=0)
    explanation = found.explanation("pos")
    assert [reason.to_json() for reason in explanation.reasons] == [
        {"text": "w0", "start": 0, "end": 2, "weight": 0.0},
        {"text": "w1", "start": 3, "end": 5, "weight": pytest.approx(1)},
        {"text": "w2", "start": 6, "end": 8, "weight": pytest.approx(2)},
    ]
    assert (explanation.label, explanation.base, explanation.value) == ("pos", 0.0, 3.0)

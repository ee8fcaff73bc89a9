from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.baselines import ngram
from textrnn.baselines.ngram import NgramModel

texts = st.lists(st.integers(0, 4), max_size=60)


def slow_probability(train: list[int], vocabulary_size: int, context: tuple[int, ...], unit: int) -> float:
    """Witten-Bell by the definition, counting again for every question."""
    shorter = slow_probability(train, vocabulary_size, context[1:], unit) if context else 1 / vocabulary_size
    size = len(context)
    followers = Counter(train[i + size] for i in range(len(train) - size) if tuple(train[i : i + size]) == context)
    weight = followers.total() + len(followers)
    return (followers[unit] + len(followers) * shorter) / weight if weight else shorter


@settings(deadline=None)
@given(texts, texts, st.integers(1, 5))
def test_equal_to_counting_by_the_definition(train: list[int], text: list[int], order: int) -> None:
    model = NgramModel.fit(np.array(train, dtype=np.int32), vocabulary_size=6, order=order)
    expected = [slow_probability(train, 6, tuple(text[max(0, i - order + 1) : i]), text[i]) for i in range(len(text))]
    np.testing.assert_allclose(model.probabilities(np.array(text, dtype=np.int32)), expected, rtol=1e-12)


@settings(deadline=None)
@given(texts, texts, st.integers(1, 5))
def test_the_distribution_after_a_context_is_one_and_agrees(train: list[int], text: list[int], order: int) -> None:
    model = NgramModel.fit(np.array(train, dtype=np.int32), vocabulary_size=6, order=order)
    distribution = model.distribution(text)
    assert distribution.sum() == pytest.approx(1, abs=1e-12)
    for unit in range(6):
        assert distribution[unit] == pytest.approx(model.probabilities(np.array([*text, unit]))[-1], rel=1e-12)


def test_equal_to_nltk() -> None:
    lm = pytest.importorskip("nltk.lm")
    smoothing = pytest.importorskip("nltk.lm.smoothing")
    from nltk.util import everygrams

    class WithUniform(smoothing.WittenBell):  # type: ignore[misc]
        """NLTK's, which stops at the relative frequency of a unit, brought down to the uniform distribution."""

        def unigram_score(self, word: str) -> float:
            unigrams = self.counts.unigrams
            return float((unigrams[word] + len(unigrams) / 8) / (unigrams.N() + len(unigrams)))

    rng = np.random.default_rng(0)
    train, text = rng.integers(0, 7, 400), rng.integers(0, 8, 200)
    train = np.concatenate([train, train[:150], train[100:200]])
    reference = lm.WittenBellInterpolated(4)
    words = [str(unit) for unit in train]
    reference.fit([list(everygrams(words, max_len=4))], vocabulary_text=[str(unit) for unit in range(8)])
    reference.estimator = WithUniform(reference.vocab, reference.counts)
    model = NgramModel.fit(train, vocabulary_size=8, order=4)
    expected = [
        reference.score(str(text[i]), [str(unit) for unit in text[max(0, i - 3) : i]]) for i in range(1, len(text))
    ]
    np.testing.assert_allclose(model.probabilities(text)[1:], expected, rtol=1e-12)


def test_nats_predict_units_2_to_n_and_leave_out_the_unknown() -> None:
    train, text = np.array([2, 3, 2, 3, 4]), np.array([2, 3, 0, 3, 2])
    model = NgramModel.fit(train, vocabulary_size=5, order=3)
    probabilities = model.probabilities(text)
    assert model.nats(text, unknown=None) == (pytest.approx(-math.fsum(np.log(probabilities[1:]))), 4)
    assert model.nats(text) == (pytest.approx(-math.fsum(np.log(probabilities[[1, 3, 4]]))), 3)


@pytest.mark.parametrize("length", [0, 1])
def test_a_text_without_predictions(length: int) -> None:
    model = NgramModel.fit(np.array([2, 3, 2]), vocabulary_size=5)
    assert model.nats(np.full(length, 2)) == (0.0, 0)


@pytest.mark.parametrize("chunk", [1, 2, 7, 100])
def test_nats_do_not_depend_on_the_chunk(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = np.random.default_rng(1).integers(0, 4, 300)
    model = NgramModel.fit(ids[:200], vocabulary_size=4, order=4)
    whole = model.nats(ids[150:])
    monkeypatch.setattr(ngram, "_CHUNK", chunk)
    assert model.nats(ids[150:]) == (pytest.approx(whole[0], rel=1e-12), whole[1])


def test_arrays_and_back() -> None:
    ids = np.random.default_rng(2).integers(0, 300, 5000)
    model = NgramModel.fit(ids, vocabulary_size=300, order=3, max_units=4000)
    arrays = model.to_arrays()
    again = NgramModel.from_arrays(arrays)
    np.testing.assert_array_equal(again.probabilities(ids), model.probabilities(ids))
    assert (again.order, again.vocabulary_size, again.notes) == (3, 300, model.notes)
    assert {name: array.dtype.str for name, array in arrays.items() if name.startswith("units")} == {
        f"units.{length}": "<u2" for length in (1, 2, 3)
    }


def test_a_long_text_is_counted_at_its_end_and_that_is_said() -> None:
    ids = np.random.default_rng(3).integers(0, 5, 1000)
    model = NgramModel.fit(ids, vocabulary_size=5, max_units=400)
    end = NgramModel.fit(ids[-400:], vocabulary_size=5)
    np.testing.assert_array_equal(model.probabilities(ids), end.probabilities(ids))
    assert model.notes == ("the 5-gram baseline counted the last 400 of 1,000 training units",)
    assert end.notes == ()


def test_an_empty_text_gives_the_uniform_distribution() -> None:
    model = NgramModel.from_arrays(NgramModel.fit(np.array([], dtype=np.int32), vocabulary_size=8).to_arrays())
    nats, predictions = model.nats(np.array([2, 3, 4]))
    assert nats / predictions == pytest.approx(math.log(8))
    assert len(model.continue_([2, 3], 5, np.random.default_rng(0))) == 5


def test_continuations_follow_the_distribution() -> None:
    train = np.random.default_rng(4).integers(0, 3, 60) + 2
    model = NgramModel.fit(train, vocabulary_size=5, order=3)
    rng = np.random.default_rng(5)
    draws = Counter(tuple(model.continue_([2, 3], 2, rng, banned=())) for _ in range(4000))
    first = model.distribution([2, 3])
    for a in range(5):
        second = model.distribution([2, 3, a])
        for b in range(5):
            expected = first[a] * second[b]
            spread = math.sqrt(expected * (1 - expected) / 4000)
            assert draws[(a, b)] / 4000 == pytest.approx(expected, abs=5 * spread)


def test_temperature_bends_the_distribution() -> None:
    train = np.array([2, 2, 2, 3, 2, 2, 3, 4] * 5)
    model = NgramModel.fit(train, vocabulary_size=5, order=1)
    rng = np.random.default_rng(6)
    drawn = Counter(int(unit) for unit in model.continue_([], 4000, rng, temperature=0.5, banned=(0, 1)))
    weights = model.distribution([])[2:] ** 2
    expected = weights / weights.sum()
    for unit in (2, 3, 4):
        assert drawn[unit] / 4000 == pytest.approx(expected[unit - 2], abs=0.04)
    assert set(drawn) == {2, 3, 4}
    assert set(model.continue_([], 20, rng, temperature=0)) == {2}


def test_the_unknown_unit_is_never_written() -> None:
    train = np.array([0, 2] * 50)
    model = NgramModel.fit(train, vocabulary_size=3)
    assert 0 not in model.continue_([2], 200, np.random.default_rng(7))
    assert 0 in model.continue_([2], 20, np.random.default_rng(7), banned=())


def test_the_same_seed_gives_the_same_text() -> None:
    model = NgramModel.fit(np.random.default_rng(8).integers(2, 20, 2000), vocabulary_size=20)
    one, two, other = (model.continue_([3, 4], 100, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def english() -> tuple[np.ndarray, int]:
    text = "it was the best of times, it was the worst of times, it was the age of wisdom. " * 40
    symbols = sorted(set(text))
    return np.array([symbols.index(character) + 2 for character in text]), len(symbols) + 2


def test_longer_contexts_help_on_real_text() -> None:
    ids, vocabulary_size = english()
    losses = [
        NgramModel.fit(ids[:2500], vocabulary_size=vocabulary_size, order=order).nats(ids[2500:])[0]
        for order in (1, 2, 3, 5)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 5

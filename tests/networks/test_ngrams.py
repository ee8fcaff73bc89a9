"""The linear model of n-grams: its logits against a sum text by text."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.networks.ngrams import NgramParameters, families, known, ngram_logits, of_classes, shares
from textrnn.text.ngrams import NgramReader

TEXTS = ("a lovely film", "", "dull and dull", "never seen at all", "a film", "🎬")


def model(columns: int, *, seed: int = 0) -> tuple[NgramReader, NgramParameters]:
    reader, rng = NgramReader(words=(1, 2), characters=(2, 3)), np.random.default_rng(seed)
    keys = np.unique(reader.read(TEXTS[:3])[1])
    weights, bias = rng.standard_normal((len(keys), columns)), rng.standard_normal(columns)
    return reader, NgramParameters(keys, weights.astype(np.float32), bias.astype(np.float32))


@pytest.mark.parametrize("columns", [1, 3])
def test_logits_are_the_sums_text_by_text(columns: int) -> None:
    reader, p = model(columns)
    found = ngram_logits(p, *reader.read(TEXTS), len(TEXTS))
    place = {int(key): number for number, key in enumerate(p.keys)}
    for text, row in zip(TEXTS, found, strict=True):
        own = [int(key) for key in reader.read([text])[1] if int(key) in place]
        score = p.bias.astype(np.float64)
        for family in (0, 1):
            of_family = [key for key in own if key % 2 == family]
            for key in of_family:
                score = score + p.weights[place[key]].astype(np.float64) / np.sqrt(len(of_family))
        expected = score if columns > 1 else np.array([-score[0] / 2, score[0] / 2])
        np.testing.assert_allclose(row, expected, rtol=1e-12, atol=1e-12)


def test_neighbours_never_change_a_bit() -> None:
    reader, p = model(3)
    texts = [*TEXTS, *(f"a lovely {number} film {number % 7}" for number in range(500))]
    together = ngram_logits(p, *reader.read(texts), len(texts))
    order = np.random.default_rng(0).permutation(len(texts))
    again = ngram_logits(p, *reader.read([texts[place] for place in order.tolist()]), len(texts))
    assert np.array_equal(again, together[order])
    for place in (0, 1, 2, 5, 300):
        assert np.array_equal(ngram_logits(p, *reader.read([texts[place]]), 1)[0], together[place])


def test_a_model_that_knows_nothing_says_its_bias() -> None:
    reader, p = model(3)
    bare = NgramParameters(p.keys[:0], p.weights[:0], p.bias)
    found = ngram_logits(bare, *reader.read(TEXTS), len(TEXTS))
    assert np.array_equal(found, np.tile(p.bias.astype(np.float64), (len(TEXTS), 1)))


def test_what_is_known() -> None:
    keys = np.array([2, 5, 9], np.uint32)
    rows, places = known(keys, np.array([0, 0, 1, 1, 2]), np.array([5, 6, 2, 10, 0], np.uint32))
    assert (rows.tolist(), places.tolist()) == ([0, 1], [1, 0])
    rows, places = known(keys[:0], np.array([0]), np.array([5], np.uint32))
    assert len(rows) == len(places) == 0


def test_the_n_grams_of_a_text_and_family_have_length_one_together() -> None:
    rows, family = np.array([0, 0, 0, 1, 3]), families(np.array([2, 4, 3, 5, 8], np.uint32))
    np.testing.assert_allclose(shares(rows, family, 4) ** 2, [0.5, 0.5, 1, 1, 1])


def test_one_score_is_the_log_odds_of_the_second_class() -> None:
    scores = np.array([[1.5], [-2.0]])
    logits = of_classes(np.concatenate, scores)
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], scores[:, 0])
    assert of_classes(np.concatenate, np.ones((2, 3))).shape == (2, 3)

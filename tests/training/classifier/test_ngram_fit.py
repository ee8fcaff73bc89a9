"""The linear model of n-grams: ratios by a loop, regression against scikit-learn and SciPy on the same features."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from textrnn.networks.ngrams import known, ngram_logits, shares
from textrnn.text.ngrams import NgramReader, families
from textrnn.training.classifier import ngram_fit
from textrnn.training.classifier.ngram_fit import INVERSE_PENALTY, SMOOTHING, fit_ngrams, log_count_ratios

WORDS = ["a", "lovely", "dull", "film", "with", "warm", "cold", "acting", "and", "no", "heart", "plot", "never", "seen"]


def rows(count: int = 60, classes: int = 2, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Texts whose words hint at their class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    odds = rng.random((classes, len(WORDS))) ** 2
    odds /= odds.sum(axis=1, keepdims=True)
    texts = [" ".join(rng.choice(WORDS, rng.integers(1, 12), p=odds[label]).tolist()) for label in labels.tolist()]
    return texts, labels


def dense(reader: NgramReader, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """All keys, and for each text its share of each, by a loop: (F,), (B, F)."""
    of_texts = [reader.read([text])[1] for text in texts]
    keys = np.unique(np.concatenate(of_texts))
    matrix = np.zeros((len(texts), len(keys)))
    for row, own in zip(matrix, of_texts, strict=True):
        for key in own.tolist():
            same = sum(1 for other in own.tolist() if other % 2 == key % 2)
            row[np.searchsorted(keys, key)] = 1 / math.sqrt(same)
    return keys, matrix


def ratios_by_loop(matrix: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    found = np.zeros((matrix.shape[1], classes))
    for label in range(classes):
        inside = [SMOOTHING + np.count_nonzero(column[labels == label]) for column in matrix.T]
        outside = [SMOOTHING + np.count_nonzero(column[labels != label]) for column in matrix.T]
        for place in range(matrix.shape[1]):
            found[place, label] = math.log(inside[place] / sum(inside)) - math.log(outside[place] / sum(outside))
    return found


@pytest.mark.parametrize("classes", [2, 3])
def test_ratios_are_those_of_a_loop(classes: int) -> None:
    texts, labels = rows(classes=classes)
    reader = NgramReader(words=(1, 2), characters=(2, 3))
    keys, matrix = dense(reader, texts)
    where, asked = reader.read(texts)
    own, places = known(keys, where, asked)
    found = log_count_ratios(own, places, len(keys), labels, classes)
    np.testing.assert_allclose(found, ratios_by_loop(matrix, labels, classes), rtol=1e-5, atol=1e-6)
    filled = np.zeros_like(matrix)
    filled[own, places] = shares(own, families(keys[places]), len(texts))
    np.testing.assert_allclose(filled, matrix, rtol=1e-12)


@pytest.mark.parametrize("characters", [None, (2, 3)])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, 3.0)])
def test_two_classes_are_those_of_scikit_learn(
    characters: tuple[int, int] | None, weights: tuple[float, float]
) -> None:
    texts, labels = rows()
    reader = NgramReader(words=(1, 2), characters=characters)
    keys, matrix = dense(reader, texts)
    features = matrix * ratios_by_loop(matrix, labels, 2)[:, 1]
    judge = LogisticRegression(C=INVERSE_PENALTY, class_weight=dict(enumerate(weights)), tol=1e-10, max_iter=10_000)
    expected = judge.fit(features, labels).decision_function(features)
    p = fit_ngrams(reader, texts, labels, 2, weights=np.array(weights))
    logits = ngram_logits(p, *reader.read(texts), len(texts))
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], expected, rtol=2e-2, atol=2e-2)
    assert np.array_equal(p.keys, keys)
    assert p.weights.shape == (len(keys), 1) and {p.weights.dtype, p.bias.dtype} == {np.dtype(np.float32)}


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (0.5, 1.0, 2.0)])
def test_three_classes_minimise_the_loss(weights: tuple[float, ...]) -> None:
    """Each class has features of its own: the same loss in float64, minimised by SciPy."""
    texts, labels = rows(classes=3)
    reader = NgramReader(words=(1, 1), characters=None)
    _, matrix = dense(reader, texts)
    ratios, hot = ratios_by_loop(matrix, labels, 3), np.eye(3)[labels]
    of_text = INVERSE_PENALTY * np.array(weights)[labels]

    def scores(flat: np.ndarray) -> np.ndarray:
        return matrix @ (flat[3:].reshape(-1, 3) * ratios) + flat[:3]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        raised = np.exp(scores(flat) - scores(flat).max(axis=1, keepdims=True))
        chances = raised / raised.sum(axis=1, keepdims=True)
        errors = (chances - hot) * of_text[:, None]
        v = flat[3:]
        gradient = np.concatenate([errors.sum(axis=0), (matrix.T @ errors * ratios).ravel() + v])
        return float(-np.log((chances * hot).sum(axis=1)) @ of_text + 0.5 * v @ v), gradient

    best = minimize(
        loss, np.zeros(3 + ratios.size), jac=True, method="L-BFGS-B", options={"maxiter": 5000, "gtol": 1e-8}
    )
    p = fit_ngrams(reader, texts, labels, 3, weights=np.array(weights))
    found = ngram_logits(p, *reader.read(texts), len(texts))
    # the bias is not penalised: only differences between classes are settled
    centred = [one - one.mean(axis=1, keepdims=True) for one in (found, scores(best.x))]
    np.testing.assert_allclose(centred[0], centred[1], rtol=3e-2, atol=3e-2)


def test_it_tells_classes_apart_that_it_has_not_seen() -> None:
    texts, labels = rows(400, 3, seed=1)
    reader = NgramReader(words=(1, 2), characters=(2, 4))
    p = fit_ngrams(reader, texts[:300], labels[:300], 3, weights=np.ones(3))
    answers = ngram_logits(p, *reader.read(texts[300:]), 100).argmax(axis=1)
    assert np.mean(answers == labels[300:]) > np.bincount(labels[300:]).max() / 100 + 0.1


def test_texts_are_read_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = rows()
    reader = NgramReader(words=(1, 2), characters=(2, 3))
    whole = fit_ngrams(reader, texts, labels, 2, weights=np.ones(2))
    monkeypatch.setattr(ngram_fit, "_BLOCK", 7)
    parts = fit_ngrams(reader, texts, labels, 2, weights=np.ones(2))
    for ours, theirs in zip(whole, parts, strict=True):
        assert np.array_equal(ours, theirs)


def test_only_so_many_are_fitted_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = rows()
    reader = NgramReader(words=(1, 2), characters=(2, 3))
    everything = fit_ngrams(reader, texts, labels, 2, weights=np.ones(2))
    monkeypatch.setattr(ngram_fit, "MOST_KEPT", 30)
    kept = fit_ngrams(reader, texts, labels, 2, weights=np.ones(2))
    assert len(kept.keys) == 30 and (np.diff(kept.keys.astype(np.int64)) > 0).all()
    for key, weight in zip(kept.keys, kept.weights, strict=True):
        assert weight == everything.weights[np.searchsorted(everything.keys, key)]
    monkeypatch.setattr(ngram_fit, "MOST_FITTED", 20)
    frequent = fit_ngrams(reader, texts, labels, 2, weights=np.ones(2))
    assert 1 <= len(frequent.keys) <= 20
    _, asked = reader.read(texts)
    counts = dict(zip(*np.unique(asked, return_counts=True), strict=True))
    chosen = {counts[key] for key in frequent.keys}
    # of equally frequent ones all or none
    assert min(chosen) > max(count for key, count in counts.items() if key not in frequent.keys)


def test_texts_without_n_grams_leave_the_bias() -> None:
    reader = NgramReader(words=(1, 2), characters=None)
    p = fit_ngrams(reader, ["", " ", ""], np.array([0, 1, 1]), 2, weights=np.ones(2))
    assert len(p.keys) == 0 and np.isfinite(p.bias).all()
    logits = ngram_logits(p, *reader.read(["new words"]), 1)[0]
    assert logits[1] - logits[0] == pytest.approx(math.log(2), abs=0.05)


def test_the_same_again() -> None:
    texts, labels = rows(classes=3)
    reader = NgramReader(words=(1, 2), characters=(2, 3))
    one, two = (fit_ngrams(reader, texts, labels, 3, weights=np.ones(3)) for _ in range(2))
    for ours, theirs in zip(one, two, strict=True):
        assert np.array_equal(ours, theirs)

from __future__ import annotations

import numpy as np
import pytest

from textrnn.metrics.ranking import roc_auc


def test_equal_to_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    for _ in range(200):
        size = int(rng.integers(2, 40))
        scores, positive = np.round(rng.random(size), int(rng.integers(0, 3))), rng.random(size) < 0.5
        positive[:2] = True, False
        assert roc_auc(scores, positive) == pytest.approx(sklearn.roc_auc_score(positive, scores), abs=1e-12)


def test_one_class_alone_is_undefined() -> None:
    assert roc_auc(np.array([0.1, 0.9]), np.array([True, True])) is None
    assert roc_auc(np.zeros(0), np.zeros(0, bool)) is None


def test_extremes() -> None:
    assert roc_auc(np.array([1, 2, 3]), np.array([False, False, True])) == 1
    assert roc_auc(np.array([1, 2, 3]), np.array([True, False, False])) == 0
    assert roc_auc(np.zeros(4), np.array([True, False, True, False])) == 0.5

"""Attention against its formula unit by unit, and its way back against autograd and differences, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.attention import AttentionParameters, attend, backward, remember

EXACT: dict[str, float] = {"rtol": 1e-12, "atol": 1e-12}
LENGTHS = np.array([5, 1, 3])
IS_REAL = np.arange(5) < LENGTHS[:, None]
TEXTS, STEPS, UNITS, HIDDEN, READ = 3, 4, 5, 6, 8


@pytest.fixture(params=["dot", "additive"])
def given(request: pytest.FixtureRequest) -> tuple[AttentionParameters, np.ndarray, np.ndarray]:
    """Parameters, queries (B, T, H) and values (B, S, M)."""
    rng = np.random.default_rng(0)
    draw = rng.standard_normal
    p = AttentionParameters(draw((HIDDEN, READ)))
    if request.param == "additive":
        p = AttentionParameters(draw((7, READ)), draw((7, HIDDEN)), draw(7))
    return p, draw((TEXTS, STEPS, HIDDEN)), draw((TEXTS, UNITS, READ))


def test_it_is_the_formula(given: tuple[AttentionParameters, np.ndarray, np.ndarray]) -> None:
    p, queries, values = given
    context, weights = attend(p, queries, remember(p, values, IS_REAL))
    for b, length in enumerate(LENGTHS):
        keys = [p.key @ value for value in values[b, :length]]
        for t, query in enumerate(queries[b]):
            if p.vector is None:
                scores = np.array([query @ key for key in keys])
            else:
                scores = np.array([p.vector @ np.tanh(p.query @ query + key) for key in keys])
            expected = np.exp(scores - scores.max())
            expected /= expected.sum()
            np.testing.assert_allclose(weights[b, t, :length], expected, **EXACT)
            np.testing.assert_allclose(context[b, t], expected @ values[b, :length], **EXACT)
            assert not weights[b, t, length:].any()


def test_what_is_not_real_is_inert(given: tuple[AttentionParameters, np.ndarray, np.ndarray]) -> None:
    p, queries, values = given
    expected = attend(p, queries, remember(p, values, IS_REAL))
    for filling in (np.nan, np.inf, 1e300):
        other = np.where(IS_REAL[..., None], values, filling)
        for ours, theirs in zip(attend(p, queries, remember(p, other, IS_REAL)), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def through_torch(p: AttentionParameters, queries: Any, values: Any, d: Any) -> tuple[Any, list[Any]]:
    leaves = [torch.tensor(array, requires_grad=True) for array in (*(a for a in p if a is not None), queries, values)]
    given = AttentionParameters(*leaves[:-2])
    memory = remember(given, leaves[-1], torch.from_numpy(IS_REAL))
    context, _ = attend(given, leaves[-2], memory)
    return context, list(torch.autograd.grad((context * torch.from_numpy(d)).sum(), leaves))


def test_the_way_back_is_that_of_autograd(given: tuple[AttentionParameters, np.ndarray, np.ndarray]) -> None:
    p, queries, values = given
    memory = remember(p, values, IS_REAL)
    context, weights = attend(p, queries, memory)
    d = np.random.default_rng(1).standard_normal(context.shape)
    theirs, expected = through_torch(p, queries, values, d)
    np.testing.assert_allclose(context, theirs.detach().numpy(), **EXACT)
    gradients, d_queries, d_values = backward(p, queries, memory, weights, d)
    found = [*(array for array in gradients if array is not None), d_queries, d_values]
    for ours, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, other.numpy(), rtol=1e-11, atol=1e-12)


def test_the_way_back_is_that_of_differences(given: tuple[AttentionParameters, np.ndarray, np.ndarray]) -> None:
    p, queries, values = given
    memory = remember(p, values, IS_REAL)
    _, weights = attend(p, queries, memory)
    rng = np.random.default_rng(2)
    d, direction = rng.standard_normal((TEXTS, STEPS, READ)), rng.standard_normal(values.shape)
    _, _, d_values = backward(p, queries, memory, weights, d)

    def loss(by: float) -> float:
        return float((attend(p, queries, remember(p, values + by * direction, IS_REAL))[0] * d).sum())

    slope = (loss(1e-6) - loss(-1e-6)) / 2e-6
    assert float((d_values * direction).sum()) == pytest.approx(slope, rel=1e-7)

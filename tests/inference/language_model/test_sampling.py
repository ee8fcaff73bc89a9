"""The filters against brute force over exact fractions, the draw at its edges, and the same source under numba.

Counts are those of a quick run. With FULL_COUNTS=1 in the environment: 100,000 distributions for the sets (N13), 10,000
rows for each low temperature (N12).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from textrnn.inference.language_model import sampling
from textrnn.inference.language_model.sampling import (
    ban,
    draw,
    min_p,
    no_repeat_ngram,
    repetition_penalty,
    softmax,
    temperature,
    top_k,
    top_p,
    typical,
)

FULL = os.environ.get("FULL_COUNTS") == "1"
DISTRIBUTIONS = 100_000 if FULL else 1_000
# what rounding may leave a sum of probabilities short of p
SLACK = Fraction(1, 10**12)


def a_row(rng: np.random.Generator) -> np.ndarray:
    """A row of logits: plain, tied, peaked, flat, with excluded ids, or of probabilities that are round numbers."""
    size = int(rng.integers(1, 40))
    row = rng.normal(size=size) * rng.choice([0.01, 1, 3, 30, 300])
    match rng.integers(6):
        case 0:
            row = np.round(row)
        case 1:
            row = np.zeros(size)
        case 2:
            row[rng.random(size) < 0.5] = -np.inf
        case 3:
            counts = rng.integers(0, 4, size=size).astype(float)
            with np.errstate(divide="ignore"):
                row = np.log(counts / max(counts.sum(), 1))
        case _:
            pass
    if np.all(row == -np.inf):
        row[rng.integers(size)] = 0.0
    return row


def fractions(row: np.ndarray) -> list[Fraction]:
    weights = [Fraction(math.exp(value - row.max())) for value in row.tolist()]
    total = sum(weights)
    return [weight / total for weight in weights]


def smallest_reaching(order: list[int], share: list[Fraction], mass: float) -> set[int]:
    """The shortest beginning of `order` whose shares reach `mass`, read as the decimal that was typed."""
    target = Fraction(str(mass)) - SLACK
    kept, reached = set[int](), Fraction(0)
    for id in order:
        kept.add(id)
        reached += share[id]
        if reached >= target:
            break
    return kept


def kept_by(filtered: np.ndarray, row: np.ndarray) -> set[int]:
    """The ids that a filter kept, which it must have left as they were."""
    kept = np.flatnonzero(filtered > -np.inf)
    assert np.array_equal(filtered[kept], row[kept])
    return set(kept.tolist())


def possible(row: np.ndarray) -> set[int]:
    return set(np.flatnonzero(row > -np.inf).tolist())


def best_first(row: np.ndarray) -> list[int]:
    return sorted(range(len(row)), key=lambda id: (-row[id], id))


@pytest.fixture(scope="module")
def rows() -> list[np.ndarray]:
    rng = np.random.default_rng(13)
    return [a_row(rng) for _ in range(DISTRIBUTIONS)]


# ---- which ids a filter keeps (N13)


def test_top_k_is_the_k_best_lowest_id_first(rows: list[np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    for row in rows:
        count = int(rng.integers(1, len(row) + 3))
        assert kept_by(top_k(row, count), row) == set(best_first(row)[:count]) & possible(row)


def test_top_p_is_the_smallest_set_that_reaches_p(rows: list[np.ndarray]) -> None:
    rng = np.random.default_rng(2)
    for row in rows:
        # tenths meet the sums of round probabilities exactly
        mass = round(float(rng.random()), int(rng.choice([1, 2, 12])))
        expected = smallest_reaching(best_first(row), fractions(row), mass)
        assert kept_by(top_p(row, mass), row) == expected & possible(row) or mass == 1.0


def test_top_p_at_its_ends(rows: list[np.ndarray]) -> None:
    for row in rows:
        assert kept_by(top_p(row, 0.0), row) == {best_first(row)[0]}
        assert np.array_equal(top_p(row, 1.0), row)


@pytest.mark.parametrize(
    ("probabilities", "mass", "kept"),
    [
        ([0.5, 0.3, 0.2], 0.5, {0}),
        ([0.5, 0.3, 0.2], 0.8, {0, 1}),
        ([0.5, 0.3, 0.2], 0.81, {0, 1, 2}),
        ([0.1] * 10, 0.3, {0, 1, 2}),
        ([0.1] * 10, 0.31, {0, 1, 2, 3}),
        ([0.2, 0.3, 0.5], 0.6, {1, 2}),
    ],
)
def test_top_p_includes_the_one_that_crosses_and_no_more(
    probabilities: list[float], mass: float, kept: set[int]
) -> None:
    row = np.log(np.array(probabilities))
    assert kept_by(top_p(row, mass), row) == kept


def test_larger_p_and_k_keep_more(rows: list[np.ndarray]) -> None:
    for row in rows[: len(rows) // 4]:
        by_p = [kept_by(top_p(row, mass), row) for mass in np.linspace(0, 1, 9)]
        by_k = [kept_by(top_k(row, count), row) for count in range(1, len(row) + 1)]
        for smaller, larger in [*pairwise(by_p), *pairwise(by_k)]:
            assert smaller <= larger


def test_min_p_is_relative_to_the_best(rows: list[np.ndarray]) -> None:
    rng = np.random.default_rng(3)
    for row in rows:
        ratio = float(rng.uniform(0.001, 1))
        share = fractions(row)
        best = max(share)
        assert kept_by(min_p(row, ratio), row) == {id for id in possible(row) if share[id] >= Fraction(ratio) * best}
        assert kept_by(min_p(row, 1.0), row) == {id for id in possible(row) if share[id] == best}


def test_typical_keeps_what_is_nearest_the_entropy(rows: list[np.ndarray]) -> None:
    rng = np.random.default_rng(4)
    for row in rows:
        # of equally likely ids rounding must not choose; the rule for exact ties has its own test
        if len(np.unique(row)) < len(row):
            continue
        mass = float(rng.uniform(0.01, 0.999))
        share = fractions(row)
        surprise = [-math.log(p) if p > 0 else math.inf for p in map(float, share)]
        entropy = math.fsum(float(p) * nats for p, nats in zip(share, surprise, strict=True) if p > 0)
        order = sorted(range(len(row)), key=lambda id: abs(surprise[id] - entropy))
        assert kept_by(typical(row, mass), row) == smallest_reaching(order, share, mass) & possible(row)


def test_typical_may_leave_out_the_likeliest() -> None:
    row = np.log(np.array([0.4] + [0.06] * 10))
    assert 0 not in kept_by(typical(row, 0.5), row)
    # of ids that are equally typical, the lowest
    assert kept_by(typical(row, 0.5), row) == set(range(1, 10))
    assert np.array_equal(typical(row, 1.0), row)


def test_ban_excludes_the_given_ids_and_nothing_else(rows: list[np.ndarray]) -> None:
    for row in rows[:200]:
        banned = np.array([0, len(row) - 1])
        assert kept_by(ban(row, banned), row) == possible(row) - set(banned.tolist())


def test_repetition_penalty_lowers_what_was_seen() -> None:
    row = np.array([2.0, -2.0, 0.0, 3.0, -np.inf])
    seen = np.array([True, True, True, False, True])
    # CTRL divides by the penalty; a negative logit is multiplied, or it would be rewarded
    assert repetition_penalty(row, seen, 2.0).tolist() == [1.0, -4.0, 0.0, 3.0, -np.inf]
    assert np.array_equal(repetition_penalty(row, seen, 1.0), row)
    for extreme in (5e-324, 1e-300, 1e308):
        assert not np.isnan(repetition_penalty(row, seen, extreme)).any()


def test_no_repeat_ngram_against_a_search_of_all_runs() -> None:
    rng = np.random.default_rng(5)
    for _ in range(500):
        size, length = int(rng.integers(1, 5)), int(rng.integers(0, 30))
        history = rng.integers(0, 3, size=length)
        runs = {tuple(history[start : start + size].tolist()) for start in range(length - size + 1)}
        ending = tuple(history[length - size + 1 :].tolist()) if size > 1 else ()
        forbidden = {id for id in range(4) if (*ending, id) in runs}
        row = rng.normal(size=4)
        assert kept_by(no_repeat_ngram(row, history, size), row) == set(range(4)) - forbidden


def test_no_filter_changes_its_input_or_brings_an_id_back(rows: list[np.ndarray]) -> None:
    for row in rows[:300]:
        before = row.copy()
        for filter in chain_of(len(row)):
            assert possible(filter(row)) <= possible(row), filter
            assert np.array_equal(row, before), filter


def chain_of(size: int) -> list[Callable[[np.ndarray], np.ndarray]]:
    history = np.arange(5) % size
    return [
        lambda row: ban(row, np.array([0])),
        lambda row: repetition_penalty(row, np.arange(size) % 2 == 0, 1.3),
        lambda row: no_repeat_ngram(row, history, 2),
        lambda row: temperature(row, 0.0),
        lambda row: temperature(row, 1e-300),
        lambda row: temperature(row, 0.7),
        lambda row: top_k(row, 3),
        lambda row: top_p(row, 0.7),
        lambda row: min_p(row, 0.1),
        lambda row: typical(row, 0.7),
    ]


def test_a_row_with_nothing_left_stays_one() -> None:
    nothing = np.full(5, -np.inf)
    for filter in chain_of(5):
        assert np.array_equal(filter(nothing), nothing)
    assert not softmax(nothing).any()
    with pytest.raises(ValueError, match="no id has a probability"):
        draw(softmax(nothing), 0.5)


# ---- temperature (N12)


@pytest.mark.parametrize("value", [0.0, 5e-324, 1e-300, 1e-40, 1e-30, 1e-8])
def test_low_temperature_is_argmax(value: float) -> None:
    rng = np.random.default_rng(12)
    for _ in range(10_000 if FULL else 1_000):
        row = (rng.normal(size=20) * rng.choice([1, 100, 1e30])).astype(np.float32).astype(np.float64)
        probabilities = softmax(temperature(row, value))
        assert draw(probabilities, rng.random()) == row.argmax()
        assert probabilities[row.argmax()] == 1.0


def test_temperature_zero_takes_the_lowest_of_the_best() -> None:
    assert possible(temperature(np.array([1.0, 5.0, 5.0, -np.inf, 5.0]), 0.0)) == {1}


def test_temperature_divides() -> None:
    row = np.array([0.5, -1.0, 2.0, -np.inf])
    for value in (0.3, 1.0, 4.0, 1e308):
        expected = np.exp(row / value) / np.exp(row / value).sum()
        np.testing.assert_allclose(softmax(temperature(row, value)), expected, rtol=1e-14)


# ---- the draw


def test_draw_never_returns_an_id_of_probability_zero() -> None:
    rng = np.random.default_rng(14)
    hardest = [0.0, 5e-324, 2**-53, 0.5, 1 - 2**-53]
    for _ in range(3_000):
        weights = rng.random(int(rng.integers(1, 30))) * rng.choice([1.0, 1e-300, 5e-324, 1e300])
        weights[rng.random(len(weights)) < 0.6] = 0.0
        if not weights.any():
            continue
        reached = np.cumsum(weights)
        for uniform in [*hardest, rng.random(), *np.minimum(reached / reached[-1], 1 - 2**-53)]:
            assert weights[draw(weights, float(uniform))] > 0


def test_draw_finds_the_share_that_the_uniform_falls_on() -> None:
    weights = np.array([0.0, 1.0, 0.0, 2.0, 1.0, 0.0])
    for uniform, id in [(0.0, 1), (0.2499, 1), (0.25, 3), (0.7499, 3), (0.75, 4), (1 - 2**-53, 4)]:
        assert draw(weights, uniform) == id
    # float32 probabilities are added up in float64
    many = np.full(70_000, 1 / 70_000, dtype=np.float32)
    assert abs(draw(many, 0.5) - 35_000) <= 1


# ---- the same source, compiled


def test_numba_compiles_every_filter(rows: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    numba = pytest.importorskip("numba")
    monkeypatch.setattr(numba.config, "OPT", type(numba.config.OPT)(0))  # half the time to compile
    rng = np.random.default_rng(6)
    compiled = {
        name: numba.njit(getattr(sampling, name))
        for name in (
            *("ban", "repetition_penalty", "no_repeat_ngram", "temperature", "top_k", "top_p"),
            *("min_p", "typical", "softmax", "draw"),
        )
    }
    for row in rows[:200]:
        size = len(row)
        history = rng.integers(0, size, size=20).astype(np.int32)
        cases = [
            *(("ban", np.array([0])), ("repetition_penalty", rng.random(size) < 0.5, 1.3), ("softmax",)),
            *(("no_repeat_ngram", history, n) for n in (1, 2, 3)),
            *(("temperature", value) for value in (0.0, 1e-300, 0.7)),
            *(("top_k", int(rng.integers(1, size + 2))), ("top_p", float(rng.random())), ("top_p", 1.0)),
            *(("min_p", float(rng.random())), ("typical", float(rng.random()))),
        ]
        for name, *arguments in cases:
            expected = getattr(sampling, name)(row, *arguments)
            # its exp may differ in the last bit, which moves no set of these rows
            np.testing.assert_allclose(compiled[name](row, *arguments), expected, rtol=1e-13, err_msg=name)
        uniform = float(rng.random())
        assert compiled["draw"](softmax(row), uniform) == draw(softmax(row), uniform)

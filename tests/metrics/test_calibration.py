from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from textrnn.metrics import calibration
from textrnn.metrics.calibration import (
    FEWEST_ROWS,
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    expected_calibration_error,
    expected_if_calibrated,
    fit_temperature,
)


def slow_error(confidences: np.ndarray, correct: np.ndarray, bins: int = 10) -> float:
    """The definition: a bin is (lower edge, upper edge]."""
    total = 0.0
    for bin in range(bins):
        rows = [i for i in range(len(confidences)) if bin / bins < confidences[i] <= (bin + 1) / bins]
        if rows:
            accuracy = sum(float(correct[i]) for i in rows) / len(rows)
            confidence = sum(float(confidences[i]) for i in rows) / len(rows)
            total += len(rows) / len(confidences) * abs(accuracy - confidence)
    return total


edges_too = st.one_of(st.floats(1e-6, 1), st.sampled_from([bin / 10 for bin in range(1, 11)]))


@given(st.lists(st.tuples(edges_too, st.booleans()), min_size=1, max_size=60), st.sampled_from([10, 1, 7]))
def test_equal_to_the_definition(rows: list[tuple[float, bool]], bins: int) -> None:
    confidences, correct = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = expected_calibration_error(confidences, correct, bins)
    assert found == pytest.approx(slow_error(confidences, correct, bins), abs=1e-12)


def test_by_hand() -> None:
    confidences, correct = np.array([0.95, 0.85, 0.85, 0.55]), np.array([True, True, False, True])
    assert expected_calibration_error(confidences, correct) == pytest.approx((0.05 + 2 * 0.35 + 0.45) / 4)


@pytest.mark.parametrize("num_rows", [1, 7, 400])
def test_what_chance_shows_is_the_mean_error_of_rows_drawn_as_claimed(num_rows: int) -> None:
    rng = np.random.default_rng(num_rows)
    confidences = rng.uniform(0.5, 1, num_rows)
    errors = [
        slow_error(confidences, rng.random(num_rows) < confidences) for _ in range(1500 // num_rows ** (0.5).__ceil__())
    ]
    spread = np.std(errors) * math.sqrt(1 / len(errors) + 1 / 1000)
    assert expected_if_calibrated(confidences, seed=1) == pytest.approx(np.mean(errors), abs=5 * spread)


def test_one_row_that_is_surely_right_leaves_nothing_to_chance() -> None:
    assert expected_if_calibrated(np.ones(50), seed=0) == 0.0
    # a row of confidence p is off by 1 - p with chance p, and by p with chance 1 - p
    assert expected_if_calibrated(np.array([0.8]), seed=0, simulations=100_000) == pytest.approx(0.32, abs=0.005)


def test_simulations_depend_on_the_seed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    confidences = np.random.default_rng(0).uniform(0.3, 1, 300)
    whole = expected_if_calibrated(confidences, seed=3)
    assert expected_if_calibrated(confidences[::-1].copy(), seed=3) == whole
    assert expected_if_calibrated(confidences, seed=4) != whole
    monkeypatch.setattr(calibration, "_DRAWN_AT_ONCE", 1000)
    assert expected_if_calibrated(confidences, seed=3) == pytest.approx(whole, rel=1e-12)


def loss_at(logits: np.ndarray, truth: np.ndarray, temperature: float) -> float:
    scaled = logits / temperature
    logs = scaled - np.logaddexp.reduce(scaled, axis=1, keepdims=True)
    return float(-logs[np.arange(len(truth)), truth].mean())


@pytest.mark.parametrize("seed", range(40))
def test_no_other_temperature_has_less_loss(seed: int) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(seed)
    num_rows, num_labels = int(rng.integers(FEWEST_ROWS, 400)), int(rng.integers(2, 6))
    truth = rng.integers(0, num_labels, num_rows)
    logits = rng.normal(0, 1, (num_rows, num_labels)) + rng.uniform(0.2, 2) * np.eye(num_labels)[truth]
    logits *= np.exp(rng.uniform(-2, 2))
    assert (logits.argmax(axis=1) != truth).any()
    found = fit_temperature(logits, truth)
    bounds = (math.log(LOWEST_TEMPERATURE), math.log(HIGHEST_TEMPERATURE))
    best = optimize.minimize_scalar(
        lambda log: loss_at(logits, truth, math.exp(log)), bounds=bounds, options={"xatol": 1e-9}, method="bounded"
    )
    assert loss_at(logits, truth, found) <= best.fun + 1e-12
    if abs(best.x) < bounds[1] - 0.01:
        assert found == pytest.approx(math.exp(best.x), rel=1e-4)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_temperature_that_spoilt_the_logits_is_found_again(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (60_000, 3))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)  # drawn from softmax(logits)
    assert fit_temperature(logits * temperature, truth) == pytest.approx(temperature, rel=0.03)
    assert fit_temperature(logits.astype(np.float32) * temperature + 500, truth) == pytest.approx(temperature, rel=0.03)


@pytest.mark.parametrize("num_rows", [FEWEST_ROWS, 100, 10_000])
@pytest.mark.parametrize("scale", [0.2, 1.0, 30.0])
def test_where_every_row_is_right_it_does_not_claim_to_be_sure(num_rows: int, scale: float) -> None:
    truth = np.arange(num_rows) % 3
    logits = scale * np.eye(3)[truth] * np.random.default_rng(0).uniform(1, 2, (num_rows, 1))
    temperature = fit_temperature(logits, truth)
    # what one further row, on which a coin is tossed, would cost all of them
    assert loss_at(logits, truth, temperature) == pytest.approx(math.log(2) / (num_rows + 1), rel=1e-9)


@pytest.mark.parametrize("num_rows", [0, 1, FEWEST_ROWS - 1])
def test_a_handful_of_rows_says_nothing(num_rows: int) -> None:
    assert fit_temperature(np.tile([5.0, -5.0], (num_rows, 1)), np.ones(num_rows, int)) == 1.0


def test_rows_that_do_not_tell_the_labels_apart_say_nothing() -> None:
    assert fit_temperature(np.full((50, 2), 7.0), np.arange(50) % 2) == 1.0


def test_always_wrong_ends_at_the_upper_bound_and_huge_logits_within() -> None:
    truth = np.zeros(50, int)
    assert fit_temperature(np.tile([-5.0, 5.0], (50, 1)), truth) == pytest.approx(HIGHEST_TEMPERATURE)
    assert fit_temperature(np.tile([1e300, -1e300], (50, 1)), truth) == pytest.approx(HIGHEST_TEMPERATURE)


def test_rows_of_labels_the_model_does_not_know_do_not_count() -> None:
    rng = np.random.default_rng(2)
    logits, truth = rng.normal(0, 3, (200, 2)), rng.integers(0, 2, 200)
    among = np.concatenate([truth, np.full(30, -1)])
    assert fit_temperature(np.concatenate([logits, rng.normal(0, 9, (30, 2))]), among) == fit_temperature(logits, truth)


@given(arrays.arrays(np.float64, (14, 3), elements=st.floats(-50, 50)), st.integers(0, 2))
def test_always_a_temperature_within_bounds(logits: np.ndarray, shift: int) -> None:
    found = fit_temperature(logits, (np.arange(14) + shift) % 3)
    assert LOWEST_TEMPERATURE * 0.999 <= found <= HIGHEST_TEMPERATURE * 1.001

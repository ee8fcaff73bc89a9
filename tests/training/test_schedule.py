from __future__ import annotations

import math

import numpy as np
import pytest

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.settings import choices
from textrnn.training.schedule import FLOOR, LAST_TRUTH, SCHEDULES, TEACHER_FORCING, WARM_UP, one_cycle, to_zero

FRACTIONS = np.linspace(0, 1, 1001).tolist()


def test_one_cycle_by_hand() -> None:
    assert (WARM_UP, FLOOR) == (0.1, 0.02)
    for fraction, factor in ((0.0, 0.02), (0.05, 0.51), (0.1, 1.0), (0.55, 0.51), (1.0, 0.02)):
        assert one_cycle(fraction) == pytest.approx(factor, rel=1e-12)


def test_one_cycle_rises_once_and_falls_once() -> None:
    factors = np.array([one_cycle(fraction) for fraction in FRACTIONS])
    top = int(factors.argmax())
    assert FRACTIONS[top] == pytest.approx(WARM_UP)
    assert (np.diff(factors[: top + 1]) > 0).all()
    assert (np.diff(factors[top:]) < 0).all()
    assert factors.min() == pytest.approx(FLOOR)
    # no jump anywhere
    assert np.abs(np.diff(factors)).max() < 0.011


def test_muons_rate_rises_shortly_and_falls_in_a_straight_line_to_nothing() -> None:
    assert SCHEDULES["muon"] is to_zero
    for fraction, factor in ((0.0, 0.02), (0.025, 0.51), (0.05, 1.0), (0.525, 0.5), (1.0, 0.0), (1.01, 0.0)):
        assert to_zero(fraction) == pytest.approx(factor, rel=1e-12)
    assert np.abs(np.diff([to_zero(fraction) for fraction in FRACTIONS])).max() < 0.021


@pytest.mark.parametrize("name", ["linear", "exponential", "inverse-sigmoid"])
def test_teacher_forcing_fades_from_all_to_a_last_share(name: str) -> None:
    truths = np.array([TEACHER_FORCING[name](fraction) for fraction in FRACTIONS])
    assert truths[0] == 1
    assert truths[-1] == pytest.approx(LAST_TRUTH, rel=1e-12)
    assert (np.diff(truths) < 0).all()


def test_the_shapes_of_teacher_forcing() -> None:
    """Linear: half way in the middle. Exponential: a constant ratio. Inverse sigmoid: symmetrical, steepest there."""
    middle = 1 - (1 - LAST_TRUTH) / 2
    assert TEACHER_FORCING["linear"](0.5) == pytest.approx(middle)
    assert TEACHER_FORCING["exponential"](0.5) == pytest.approx(math.sqrt(LAST_TRUTH))
    sigmoid = TEACHER_FORCING["inverse-sigmoid"]
    assert sigmoid(0.5) == pytest.approx(middle)
    assert sigmoid(0.3) - middle == pytest.approx(middle - sigmoid(0.7))
    assert sigmoid(0.45) - sigmoid(0.55) > 0.15 > sigmoid(0.0) - sigmoid(0.1)


def test_without_scheduled_sampling_everything_is_true() -> None:
    assert {TEACHER_FORCING["none"](fraction) for fraction in FRACTIONS} == {1.0}


def test_every_choice_is_there() -> None:
    assert set(TEACHER_FORCING) == set(choices(TrainLanguageModelSettings.model_fields["scheduled_sampling"]))

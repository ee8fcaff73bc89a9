from __future__ import annotations

import math

import pytest

from textrnn.report.curve import Curve, chart
from textrnn.report.draw import UNICODE


def test_a_column_is_the_mean_of_its_part_of_the_way() -> None:
    curve = Curve()
    for fraction, value in ((0.0, 4.0), (0.1, 2.0), (0.3, 1.0), (0.74, 5.0)):
        curve.add(fraction, value)
    assert curve.columns(4) == [3.0, 1.0, 5.0]


def test_the_curve_is_as_long_as_the_way_that_was_gone() -> None:
    curve = Curve()
    assert curve.columns(10) == []
    curve.add(0.0, 4.0)
    curve.add(0.55, 2.0)
    assert curve.columns(10) == [4.0] * 5 + [2.0]
    curve.add(1.0, 1.0)
    assert len(curve.columns(10)) == 10


def test_a_resumed_run_starts_where_it_stopped() -> None:
    curve = Curve()
    curve.add(0.5, 2.0)
    assert curve.columns(4) == [None, None, 2.0]


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_no_number_is_passed_over(value: float | None) -> None:
    curve = Curve()
    curve.add(0.5, value)
    assert curve.columns(4) == []


def test_memory_does_not_grow_and_narrow_charts_agree_with_wide_ones() -> None:
    curve = Curve()
    for tick in range(20_000):
        curve.add(tick / 20_000, 1 + tick / 20_000)
    wide = [value for value in curve.columns(2000) if value is not None]
    narrow = [value for value in curve.columns(10) if value is not None]
    assert narrow == pytest.approx([1.05 + 0.1 * part for part in range(10)], abs=0.01)
    assert wide == sorted(wide)


def test_the_first_moments_do_not_press_the_rest_flat() -> None:
    curve = Curve()
    for tick in range(100):
        curve.add(tick / 100, 1000.0 if tick < 3 else 2 - tick / 100)
    (row,), low, high = chart(curve, 100, 1, UNICODE)
    assert (low, high) == (pytest.approx(1.01), pytest.approx(1.96, abs=0.02))
    assert len(set(row)) == 8


def test_a_chart_of_nothing() -> None:
    rows, low, high = chart(Curve(), 10, 3, UNICODE)
    assert rows == ["", "", ""]
    assert math.isnan(low)
    assert math.isnan(high)

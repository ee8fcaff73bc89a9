from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from textrnn.report import figures


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (figures.duration, 7, "0:07"),
        (figures.duration, 83.4, "1:23"),
        (figures.duration, 119.6, "2:00"),
        (figures.duration, 3723, "1:02:03"),
        (figures.duration, -1, "0:00"),
        (figures.rate, 41237.4, "41,200"),
        (figures.rate, 999.6, "1,000"),
        (figures.rate, 87.31, "87.3"),
        (figures.rate, 0.0, "0"),
        (figures.loss, 1.56149, "1.561"),
        (figures.norm, 0.4321, "0.43"),
        (figures.norm, 0.000123, "1.2e-04"),
        (figures.norm, 12345.0, "1.2e+04"),
        (figures.small, 0.00287123, "0.00287"),
        (figures.percent, 0.0, "0 %"),
        (figures.percent, 0.9999, "99 %"),
        (figures.percent, 0.29, "29 %"),
        (figures.percent, 1.0, "100 %"),
        (figures.percent, 1.2, "100 %"),
    ],
)
def test_figures_as_people_read_them(function: Callable[[float], str], value: float, text: str) -> None:
    assert function(value) == text


@pytest.mark.parametrize("function", [figures.duration, figures.rate, figures.loss, figures.norm, figures.small])
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_no_number_is_a_dash(function: Callable[[float | None], str], value: float | None) -> None:
    assert function(value) == "-"

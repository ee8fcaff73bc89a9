"""Figures as rows of text."""

from __future__ import annotations

from textrnn.cli.figures import figure_rows


def test_figures_become_rows() -> None:
    figures = {
        "units": 1234567,
        "nats_per_unit": 1.23456,
        "perplexity": None,
        "missing": None,
        "finished": True,
        "validation": {"bits_per_unit": 2e12, "protocol": "stateful:64"},
    }
    assert figure_rows(figures) == [
        ("units", "1,234,567"),
        ("nats/unit", "1.2346"),
        ("perplexity", ">1e300"),
        ("finished", "yes"),
        ("validation", ""),
        ("  bits/unit", "2e+12"),
        ("  protocol", "stateful:64"),
    ]

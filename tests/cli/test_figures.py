"""Figures as rows of text."""

from __future__ import annotations

from textrnn.cli.figures import confusion_table, figure_rows, label_table


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


def test_labels_in_tables_are_clipped_and_their_ends_are_seen() -> None:
    labels = ["pos", "pos ", "x" * 5000]
    one = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    figures = {"label_order": labels, "confusion": [[1, 0, 0]] * 3, "labels": dict.fromkeys(labels, one)}
    names = ["pos", "'pos '", "x" * 39 + "…"]
    assert [row[0] for row in label_table(figures)[1:]] == names
    assert confusion_table(figures)[0][1:] == tuple(names) and [row[0] for row in confusion_table(figures)[1:]] == names

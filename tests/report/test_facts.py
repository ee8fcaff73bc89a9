from __future__ import annotations

import math

from textrnn.report.draw import ASCII, UNICODE
from textrnn.report.facts import done_line, plan_lines, short_unit

FACTS = {
    "run": "checkpoints/verse-lstm", "cell": "lstm", "num_layers": 2, "hidden_size": 512, "parameters": 3285123,
    "unit": "character", "vocabulary": 1067, "batch_size": 32, "lr": 0.005, "tied": True, "seed": 12345,
    "budget_s": 180.0, "dropout": None, "odd": math.nan,
}  # fmt: skip


def test_what_was_tried_is_no_python() -> None:
    facts = {"tried": {"seasonal": 0.70281, "first, log": 2.0}}
    assert plan_lines(facts, UNICODE) == ["tried seasonal 0.7028; first, log 2"]


def test_a_plan_is_told_in_three_lines() -> None:
    assert plan_lines(FACTS, UNICODE) == [
        "checkpoints/verse-lstm",
        "lstm 2×512 · 3,285,123 parameters · vocabulary of 1,067 characters",
        "batch size 32 · lr 0.005 · tied yes · seed 12345 · budget 3:00 · odd -",
    ]
    assert plan_lines(FACTS, ASCII)[1] == "lstm 2x512 - 3,285,123 parameters - vocabulary of 1,067 characters"


def test_what_is_not_known_is_not_told() -> None:
    assert plan_lines({}, UNICODE) == []
    assert plan_lines({"run": None, "cell": "gru"}, UNICODE) == ["gru"]


def test_names_cannot_steer_the_terminal() -> None:
    assert plan_lines({"run": "a\x1b[2J\nb"}, UNICODE) == ["a\\x1b[2J\\nb"]


def test_the_end_is_told_in_one_line_without_the_figures() -> None:
    facts = {
        "run": "checkpoints/x",
        "seconds": 179.8,
        "steps": 3960,
        "stopped_by": "budget",
        "validation": {"units": 9},
    }
    assert done_line(facts, UNICODE) == "done in 3:00 · 3,960 steps · stopped by budget · saved in checkpoints/x"
    assert done_line({"run": None}, UNICODE) == "done"


def test_units_are_short() -> None:
    assert [short_unit({"unit": unit}) for unit in ("character", "byte", "word", "subword")] == [
        "char", "byte", "word", "subword",
    ]  # fmt: skip
    assert short_unit({}) == "unit"

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.report.draw import ASCII, UNICODE, Glyphs, cells, fit, glyphs_for, pad, progress_bar, sparkline, wrap

BOTH = pytest.mark.parametrize("glyphs", [UNICODE, ASCII])


def test_a_rising_line_uses_every_level() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == ["▁▂▃▄▅▆▇█"]
    assert sparkline([0, 1, 2, 3], glyphs=ASCII) == ["_.-'"]


def test_higher_charts_are_filled_from_below() -> None:
    assert sparkline([0, 7, 8, 15], height=2) == ["  ▁█", "▁███"]


def test_gaps_limits_and_flat_lines() -> None:
    assert sparkline([None, 0, None, 7]) == [" ▁ █"]
    assert sparkline([-100, 3.5, 100], low=0, high=7) == ["▁▅█"]
    assert sparkline([2.0, 2.0]) == ["▁▁"]
    assert sparkline([]) == [""]
    assert sparkline([], height=3) == ["", "", ""]


@BOTH
@given(st.floats(-0.5, 1.5), st.integers(0, 120))
def test_a_progress_bar_fills_its_width(glyphs: Glyphs, fraction: float, width: int) -> None:
    done, still_open = progress_bar(fraction, width, glyphs)
    assert len(done) + len(still_open) == width
    assert abs(len(done) - min(max(fraction, 0), 1) * width) <= 1
    assert set(still_open) <= {glyphs.open}


def test_a_progress_bar_moves_by_half_columns() -> None:
    assert progress_bar(0, 4) == ("", "────")
    assert progress_bar(0.125, 4) == ("╸", "───")
    assert progress_bar(0.25, 4) == ("━", "───")
    assert progress_bar(1, 4) == ("━━━━", "")
    assert progress_bar(0.6, 4, ASCII) == ("==", "--")


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("猫が", 4), ("e\u0301", 1), ("", 0)])
def test_cells_are_the_columns_of_a_terminal(text: str, columns: int) -> None:
    assert cells(text) == columns
    assert cells(pad(text, 6)) == 6


@given(st.text("ab 猫é", max_size=20), st.integers(2, 12))
def test_fit_gives_exactly_the_width(text: str, width: int) -> None:
    assert cells(fit(text, width)) == width
    assert cells(fit(text, width, ASCII)) == width
    if cells(text) <= width:
        assert fit(text, width).startswith(text)


def test_fit_shows_that_something_was_cut() -> None:
    assert fit("shakespeare", 6) == "shake…"
    assert fit("shakespeare", 6, ASCII) == "shake~"


@given(st.text("ab 猫é\n\t🚀", max_size=60), st.integers(2, 20))
def test_wrapped_lines_keep_to_the_width_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(text.split())


def test_lines_break_at_spaces_where_there_are_some() -> None:
    assert wrap("What is the matter, sir?\n\n  indented\tx", 12) == [
        "What is the",
        "matter, sir?",
        "",
        "  indented",
        "x",
    ]
    assert wrap("abcdefgh ij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("猫が好きです", 5) == ["猫が", "好き", "です"]


@pytest.mark.parametrize(
    ("encoding", "term", "expected"),
    [
        ("utf-8", "xterm", UNICODE),
        ("UTF8", "xterm", UNICODE),
        ("ascii", "xterm", ASCII),
        ("cp1252", "x", ASCII),
        ("utf-8", "linux", ASCII),
    ],
)
def test_glyphs_suit_the_stream(encoding: str, term: str, expected: Glyphs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    assert glyphs_for(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is expected


def test_ascii_is_ascii() -> None:
    assert all(getattr(ASCII, name).isascii() for name in ASCII.__dataclass_fields__)

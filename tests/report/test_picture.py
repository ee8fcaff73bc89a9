from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import pytest

from textrnn.report.draw import ASCII, UNICODE, Glyphs, cells
from textrnn.report.picture import Line, Picture
from textrnn.report.records import Evaluation, Progress, Record

MakeRecords = Callable[..., Iterator[Record]]

WIDE = """\

  ━━━━━━━━━━━━━━━━━━━━━─────────────────────   50 %   1:30 of 3:00   1:30 left

  train      1.403 nats  2.023 bits/char   speed      41,200 chars/s
  valid      1.504 nats  2.170 bits/char   grad norm  0.43
  best       1.504 nats  at step 1,980     step       1,980

  █▄                                          3.760
  ███▄▂                                       train loss
  █████▇▆▅▄▃▂▂▂▁▁▁▁▁▁▁▁▁                      1.403

  what it makes of it at step 1,980
  │ ROMEO:
  │ What is the matter, sir? I do beseech you speak of it before the night.
  │
  │ JULIET:
  │ 猫が好きです。\\x1b[31mred
  │ [bold]plain[/bold]




  learning rate 0.0025 · saved at step 1,980 · Ctrl-C stops and saves"""

NARROW = """\
━━━━━━╸──────   50 %
train  1.403 nats
valid  1.504 nats
█▄▂▁▁▁▁        1.403"""


def picture_of(records: Iterable[Record], glyphs: Glyphs = UNICODE) -> Picture:
    picture = Picture(glyphs)
    for record in records:
        picture.record(record)
    return picture


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def seen(lines: list[Line]) -> str:
    return "\n".join(text.rstrip() for text in texts(lines))


def test_the_picture_in_a_usual_terminal(make_records: MakeRecords) -> None:
    assert seen(picture_of(make_records(seconds=90)).lines(80, 23)) == WIDE


def test_the_picture_in_the_smallest_terminal(make_records: MakeRecords) -> None:
    assert seen(picture_of(make_records(seconds=90)).lines(20, 4)) == NARROW


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("budget_s", [180.0, None])
def test_it_fits_any_terminal_at_any_moment(glyphs: Glyphs, budget_s: float | None, make_records: MakeRecords) -> None:
    widths, heights = (5, 8, 20, 29, 30, 40, 55, 60, 67, 71, 72, 80, 104, 200), (1, 2, 3, 4, 13, 14, 23, 50)
    sizes = list(itertools.product(widths, heights))
    moments = {0, 1, 2, 60, 61, 62, 63, 180, 366}
    picture = Picture(glyphs)
    for moment, record in enumerate(make_records(budget_s=budget_s)):
        picture.record(record)
        for width, height in sizes if moment in moments else ():
            for final in (False, True):
                lines = texts(picture.lines(width, height, final=final))
                assert len(lines) <= height
                if width >= 20:
                    assert max(map(cells, lines)) <= width, (width, height, lines)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("height", [4, 23])
def test_its_height_stays_the_same_from_the_first_sample_on(width: int, height: int, make_records: MakeRecords) -> None:
    picture = Picture(UNICODE)
    heights = set()
    for record in make_records(seconds=179):
        picture.record(record)
        if isinstance(record, Progress) and record.elapsed_s > 31:
            heights.add(len(picture.lines(width, height)))
    assert len(heights) == 1


def test_what_the_issue_asks_for_is_there(make_records: MakeRecords) -> None:
    shown = seen(picture_of(make_records(seconds=90)).lines(80, 23))
    for figure in (
        "50 %",
        "1:30 left",
        "41,200 chars/s",
        "1.403 nats",
        "1.504 nats",
        "2.170 bits/char",
        "0.43",
        "ROMEO:",
    ):
        assert figure in shown


def test_without_a_budget_the_time_left_is_that_of_the_pace(make_records: MakeRecords) -> None:
    first, *_, last = (record for record in make_records(budget_s=None, seconds=45) if isinstance(record, Progress))
    # a quarter of the way after 45 s, of which the first record saw half a second
    assert "2:15 left" in seen(picture_of([first, last]).lines(80, 23))
    assert "- left" in seen(picture_of([first]).lines(80, 23))


def test_a_resumed_run_counts_the_pace_of_this_session_only() -> None:
    records = [
        Progress(
            step=1, units_seen=1, elapsed_s=elapsed, budget_s=None, fraction=fraction, train_nats=1.0,
            learning_rate=0.1, gradient_norm=None, units_per_second=1.0,
        )
        for elapsed, fraction in ((0.0, 0.5), (10.0, 0.6))
    ]  # fmt: skip
    assert "0:40 left" in seen(picture_of(records).lines(80, 23))


def test_the_final_picture_promises_nothing(make_records: MakeRecords) -> None:
    shown = seen(picture_of(make_records()).lines(80, 30, final=True))
    assert "100 %   3:00 of 3:00" in shown
    assert "left" not in shown
    assert "Ctrl-C" not in shown
    assert shown.endswith("[bold]plain[/bold]")


def test_the_best_evaluation_stays_when_later_ones_are_worse(make_records: MakeRecords) -> None:
    picture = picture_of(make_records(seconds=90))
    worse = Evaluation(
        step=3000, elapsed_s=95, valid_nats=2.5, figures={}, units=9, sample="x", is_best=False
    )  # fmt: skip
    picture.record(worse)
    shown = seen(picture.lines(80, 23))
    assert "valid      2.500 nats" in shown
    assert "best       1.504 nats  at step 1,980" in shown


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        ({"accuracy": 0.7951}, "79.5 % right"),
        ({"token_accuracy": 0.95, "span_f1": 0.61237}, "span F1 0.612"),
        ({"token_accuracy": 0.95, "span_f1": None}, "95.0 % right"),
        ({"units_right": 0.5}, "50.0 % right"),
        ({"mae": 12.0, "mase": 0.8262}, "MASE 0.826"),
        ({"mae": 12.0, "mase": None}, "0.721 bits/unit"),
    ],
)
def test_a_figure_that_says_more_than_the_loss_stands_beside_it(measured: dict[str, float | None], told: str) -> None:
    record = Evaluation(step=9, elapsed_s=1, valid_nats=0.5, figures=measured, units=9, sample="x", is_best=True)
    assert f"valid      0.500 nats  {told} " in seen(picture_of([record]).lines(80, 23)) + " "


def test_where_no_evaluation_chooses_the_last_weights_are_said_to_be_kept() -> None:
    record = Evaluation(step=9, elapsed_s=1, valid_nats=0.5, figures={}, units=9, sample="x", is_best=None)
    assert "best       the last is kept" in seen(picture_of([record]).lines(80, 23))


def test_before_the_first_record_nothing_is_claimed() -> None:
    shown = seen(Picture(UNICODE).lines(80, 23))
    assert "0 %" in shown
    assert "train      -" in shown


def test_ascii_is_ascii_all_over(make_records: MakeRecords) -> None:
    picture = Picture(ASCII, lambda text: text.encode("ascii", "replace").decode("ascii"))
    for record in make_records(seconds=90):
        picture.record(record)
    assert seen(picture.lines(80, 23)).isascii()
    assert "=====================---------------------   50 %" in seen(picture.lines(80, 23))


def test_a_short_sample_has_no_empty_lines_in_its_frame(make_records: MakeRecords) -> None:
    picture = Picture(UNICODE, lambda text: text)
    picture.record(
        Evaluation(step=3000, elapsed_s=95, valid_nats=2.5, figures={}, units=9, sample="first\n\nthird", is_best=True)
    )
    framed = [line for line in picture.lines(80, 40) if any(text == f"{UNICODE.rule} " for text, _ in line)]
    assert ["".join(text for text, _ in line).strip() for line in framed] == ["│ first", "│", "│ third"]

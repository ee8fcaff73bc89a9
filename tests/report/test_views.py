from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from textrnn.report.live import LiveView
from textrnn.report.plain import PlainView, QuietView
from textrnn.report.records import Evaluation, Note, Plan, Record
from textrnn.report.view import view_for

MakeRecords = Callable[..., Iterator[Record]]
MakeTerminal = Callable[..., Any]


def feed_all(view: Any, records: Iterator[Record]) -> None:
    with view:
        for record in records:
            view.feed(record)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("height", [5, 24])
def test_the_picture_is_redrawn_in_place(
    width: int, height: int, make_records: MakeRecords, make_terminal: MakeTerminal, clock: Callable[[], float]
) -> None:
    terminal = make_terminal(height)
    feed_all(LiveView(terminal, width=width, height=height, clock=clock), make_records())
    screen = [line.rstrip() for line in terminal.screen]
    assert all(len(line) <= width for line in screen)
    assert sum("━━" in line for line in screen) == 1
    assert sum("train  " in line for line in screen) == 1
    text = "".join("".join(screen).split())
    assert text.startswith("checkpoints/verse-lstmlstm1×256·354,561parameters")
    assert "note:thediskis\\x07nearlyfull" in text
    assert text.index("note:") < text.index("━━") < text.index("donein3:00·3,960steps")
    assert ("saved at step 660" in terminal.raw) == (height == 24 and width >= 80)
    assert terminal.is_cursor_shown


def test_it_is_drawn_at_most_twice_a_second(make_records: MakeRecords, make_terminal: MakeTerminal) -> None:
    now = 0.0
    terminal = make_terminal()
    view = LiveView(terminal, width=80, height=24, clock=lambda: now)
    with view:
        for record in make_records(seconds=20):
            now += 0.1
            view.feed(record)
    # 40 records in 4 s: one drawing in five, and the last
    assert terminal.raw.count("grad norm") == pytest.approx(9, abs=1)


def test_an_error_in_the_middle_leaves_the_terminal_in_order(
    make_records: MakeRecords, make_terminal: MakeTerminal, clock: Callable[[], float]
) -> None:
    terminal = make_terminal()
    with pytest.raises(KeyboardInterrupt), LiveView(terminal, width=80, height=24, clock=clock) as view:
        for count, record in enumerate(make_records()):
            view.feed(record)
            if count == 100:
                assert not terminal.is_cursor_shown
                raise KeyboardInterrupt
    assert terminal.is_cursor_shown
    assert sum("━━" in line for line in terminal.screen) == 1
    assert terminal.screen[-1] == ""


def test_a_narrowed_terminal_is_cleared_before_the_next_drawing(
    make_records: MakeRecords, make_terminal: MakeTerminal, clock: Callable[[], float]
) -> None:
    terminal = make_terminal()
    view = LiveView(terminal, width=80, height=24, clock=clock)
    with view:
        for count, record in enumerate(make_records()):
            if count == 150:
                assert "\x1b[2J" not in terminal.raw
                view._console.width = 40
            view.feed(record)
    assert terminal.raw.count("\x1b[2J") == 1
    assert all(len(line) <= 40 for line in terminal.screen)


def test_markup_and_control_characters_of_a_sample_are_only_shown(
    make_records: MakeRecords, make_terminal: MakeTerminal, clock: Callable[[], float]
) -> None:
    terminal = make_terminal(40)
    feed_all(LiveView(terminal, width=80, height=40, clock=clock), make_records())
    assert "\x1b[31mred" not in terminal.raw
    assert any("\\x1b[31mred" in line for line in terminal.screen)
    assert any("[bold]plain[/bold]" in line for line in terminal.screen)


def test_colour_unless_no_color(
    make_records: MakeRecords, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch, clock: Callable[[], float]
) -> None:
    coloured, plain = make_terminal(), make_terminal()
    feed_all(LiveView(coloured, width=80, height=24, clock=clock), make_records())
    monkeypatch.setenv("NO_COLOR", "1")
    feed_all(LiveView(plain, width=80, height=24, clock=clock), make_records())
    colours = re.compile(r"\x1b\[(?:\d;)*3[0-9]m")
    assert colours.search(coloured.raw)
    assert not colours.search(plain.raw)


def test_a_terminal_without_utf_8_gets_ascii(
    make_records: MakeRecords, make_terminal: MakeTerminal, clock: Callable[[], float]
) -> None:
    terminal = make_terminal(40, encoding="ascii")
    feed_all(LiveView(terminal, width=80, height=40, clock=clock), make_records())
    assert terminal.raw.isascii()
    assert any("===" in line for line in terminal.screen)
    assert all(len(line) <= 80 for line in terminal.screen)


def test_a_terminal_that_has_gone_does_not_end_the_training(
    make_records: MakeRecords, make_terminal: MakeTerminal, clock: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = make_terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    view = LiveView(terminal, width=80, height=24, clock=clock)

    def gone(text: str) -> int:
        raise OSError(5, "Input/output error")

    with view:
        for count, record in enumerate(make_records()):
            if count == 100:
                assert sys.stderr is not terminal
                monkeypatch.setattr(terminal, "write", gone)
            view.feed(record)
    assert sys.stderr is terminal


def test_warnings_go_above_the_picture(
    make_records: MakeRecords, make_terminal: MakeTerminal, clock: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = make_terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with view_for(terminal) as view:
        view._clock, view._console.size = clock, (80, 24)  # type: ignore[attr-defined]
        for count, record in enumerate(make_records()):
            view.feed(record)
            if count == 100:
                print("a warning from a library", file=sys.stderr)
    assert sum("━━" in line for line in terminal.screen) == 1
    assert any("from a library" in line for line in terminal.screen)


PLAIN = """\
checkpoints/verse-lstm
lstm 1×256 · 354,561 parameters · vocabulary of 67 characters
batch size 32 · lr 0.005 · seed 3141592653 · budget 3:00
  0 %  0:00 of 3:00  step 11  train 4.093 nats/char  41,200 chars/s  gradient 0.43  lr 0.00499
  3 %  0:06 of 3:00  step 121  train 3.225 nats/char  41,200 chars/s  gradient 0.43  lr 0.00485
  5 %  0:10 of 3:00  step 231  train 2.637 nats/char  41,200 chars/s  gradient 0.43  lr 0.00471
done in 0:12 · 264 steps · stopped by budget · saved in checkpoints/verse-lstm
"""


def test_plain_lines_come_every_few_seconds(make_records: MakeRecords) -> None:
    stream = io.StringIO()
    feed_all(PlainView(stream), make_records(seconds=12))
    assert stream.getvalue() == PLAIN.replace("·", "-").replace("×", "x")


def test_plain_lines_of_evaluations_and_notes(make_records: MakeRecords) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    feed_all(PlainView(stream), make_records(seconds=61))
    stream.seek(0)
    lines = stream.read().splitlines()
    assert "step 1,320  valid 1.534 nats/char  2.213 bits/char  perplexity 4.637  over 111,539 chars  best" in lines
    sample = lines[next(i for i, line in enumerate(lines) if line.startswith("step 1,320")) + 1]
    assert sample.startswith("  sample: ROMEO:\\nWhat is the matter, sir?")
    assert sample.endswith("...")
    assert "note: the disk is\\x07 nearly full" in lines
    assert all(line.isprintable() for line in lines)


def test_plain_lines_in_any_encoding(make_records: MakeRecords) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    feed_all(PlainView(stream), make_records(seconds=61))
    assert isinstance(stream.buffer, io.BytesIO)
    assert stream.buffer.getvalue().isascii()


def test_a_closed_pipe_does_not_end_the_training(make_records: MakeRecords) -> None:
    class Gone(io.StringIO):
        writes = 0

        def write(self, text: str) -> int:
            self.writes += 1
            raise BrokenPipeError

    stream = Gone()
    feed_all(PlainView(stream), make_records())
    assert stream.writes == 1


def test_quiet_says_only_what_the_user_should_read(make_records: MakeRecords) -> None:
    stream = io.StringIO()
    feed_all(QuietView(stream), make_records())
    assert stream.getvalue() == "note: the disk is\\x07 nearly full\n"


def test_which_view(make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def kind(stream: Any, **flags: bool) -> type:
        return type(view_for(stream, **flags))

    assert kind(make_terminal()) is LiveView
    assert kind(make_terminal(), json=True) is PlainView
    assert kind(make_terminal(), quiet=True) is QuietView
    assert kind(io.StringIO()) is PlainView
    assert kind(io.StringIO(), quiet=True, json=True) is QuietView
    monkeypatch.setenv("TERM", "dumb")
    assert kind(make_terminal()) is PlainView
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert kind(io.StringIO()) is PlainView


def test_a_view_that_was_fed_nothing_writes_nothing(make_terminal: MakeTerminal) -> None:
    terminal = make_terminal()
    with view_for(terminal):
        pass
    assert terminal.raw == ""
    with view_for(terminal) as view:
        view.feed(Note(text="hello"))
    assert terminal.raw.strip() == "note: hello"


def test_a_classifier_is_counted_in_texts_and_shows_its_accuracy() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    view = PlainView(stream)
    facts = {"run": "r", "unit": "word", "vocabulary": 9, "labels": ["neg", "pos"], "counted_in": "text"}
    view.feed(Plan(facts=facts))
    view.feed(
        Evaluation(
            step=7, elapsed_s=1.0, valid_nats=0.5, figures={"accuracy": 0.75}, units=8, sample="pos 90 %: fine",
            is_best=True,
        )
    )  # fmt: skip
    stream.seek(0)
    text = stream.read()
    assert "vocabulary of 9 words" in text and "labels neg, pos" in text and "counted" not in text
    assert "valid 0.500 nats/text  accuracy 0.75  over 8 texts  best\n  sample: pos 90 %: fine" in text

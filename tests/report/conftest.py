"""A stream of records as training makes them, and a terminal to draw them on."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator

import pytest

from textrnn.report.records import Commit, Done, Evaluation, Note, Plan, Progress, Record

SAMPLE = (
    "ROMEO:\nWhat is the matter, sir? I do beseech you speak of it before the night.\n\n"
    "JULIET:\n猫が好きです。\x1b[31mred\n[bold]plain[/bold]\n"
)

_PIECES = re.compile(r"(\x1b\[(\?25|[0-9;]*)([A-Za-z]))|([\r\n]|[^\x1b\r\n]+|\x1b)")


class Terminal(io.StringIO):
    """As much of a terminal as the live view makes use of. `screen` is what stands there, scrolled lines included."""

    def __init__(self, height: int = 24, encoding: str = "utf-8") -> None:
        super().__init__()
        self._height, self._encoding = height, encoding
        self.screen: list[str] = [""]
        self.row = 0
        self.raw = ""
        self.is_cursor_shown = True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        text.encode(self._encoding)
        self.raw += text
        for code, argument, command, run in _PIECES.findall(text):
            if code:
                self._obey(argument, command)
            else:
                self._show(run)
        return 0

    def _obey(self, argument: str, command: str) -> None:
        match command:
            case "A":
                # the cursor stops at the top of what is in view
                self.row = max(0, len(self.screen) - self._height, self.row - int(argument or 1))
            case "K":
                self.screen[self.row] = ""
            case "J":
                self.screen, self.row = [""], 0
            case "h" | "l":
                self.is_cursor_shown = command == "h"
            case "H" | "m":
                pass
            case _:
                raise AssertionError(f"unknown code {command!r}")

    def _show(self, run: str) -> None:
        if run == "\n":
            self.row += 1
            self.screen += [""] * (self.row + 1 - len(self.screen))
        elif run != "\r":
            assert run.isprintable()
            self.screen[self.row] += run


def records_of_a_run(*, budget_s: float | None = 180.0, seconds: float = 180.0) -> Iterator[Record]:
    yield Plan(
        facts={
            "run": "checkpoints/verse-lstm", "cell": "lstm", "num_layers": 1, "hidden_size": 256, "parameters": 354561,
            "unit": "character", "vocabulary": 67, "batch_size": 32, "lr": 0.005, "seed": 3141592653,
            "budget_s": budget_s,
        }
    )  # fmt: skip
    for tick in range(1, int(seconds * 2) + 1):
        elapsed, fraction = tick / 2, tick / 360
        yield Progress(
            step=tick * 11, units_seen=tick * 22528, elapsed_s=elapsed, budget_s=budget_s, fraction=fraction,
            train_nats=1.4 + 2.8 * math.exp(-14 * fraction), learning_rate=0.005 * (1 - fraction), gradient_norm=0.4321,
            units_per_second=41237.0,
        )  # fmt: skip
        if tick % 60 == 0:
            nats = 1.5 + 2.6 * math.exp(-13 * fraction)
            yield Evaluation(
                step=tick * 11, elapsed_s=elapsed, valid_nats=nats,
                figures={"bits_per_unit": nats / math.log(2), "perplexity": math.exp(nats)},
                units=111539, sample=SAMPLE, is_best=True,
            )  # fmt: skip
            yield Commit(step=tick * 11)
        if elapsed == 60:
            yield Note(text="the disk is\x07 nearly full")
    yield Done(
        facts={"seconds": seconds, "steps": int(seconds * 22), "stopped_by": "budget", "run": "checkpoints/verse-lstm"}
    )


@pytest.fixture
def clock() -> Callable[[], float]:
    """A clock by which every record comes a second after the one before."""
    ticks = iter(range(1_000_000))
    return lambda: float(next(ticks))


@pytest.fixture
def make_records() -> Callable[..., Iterator[Record]]:
    return records_of_a_run


@pytest.fixture
def make_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Terminal]:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    return Terminal

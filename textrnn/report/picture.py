"""The picture of a training run at one moment, laid out for any size of terminal.

In go the records of training, one after another; out come lines of (text, style) spans, none wider and together no
higher than asked. How lines reach a terminal is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from textrnn.report import figures
from textrnn.report.curve import Curve, chart
from textrnn.report.draw import Glyphs, fit, progress_bar, wrap
from textrnn.report.escape import escape
from textrnn.report.facts import short_unit
from textrnn.report.records import Commit, Evaluation, Plan, Progress, Record

Span = tuple[str, str]
Line = list[Span]

QUIET, BOLD, MAIN, GOOD, NORMAL = "dim", "bold", "cyan", "green", ""

_WIDEST = 100  # a wider picture is harder to take in at a glance
_MARGIN_FROM = 60
_TWO_COLUMNS = 68
_CLOCK_FROM = 56
_NARROW = 30
_AIRY_ROWS = 14
_CHART_ROWS = 18
_SAMPLE_ROWS = 12
# figures that say more than a loss, the first that was measured is shown; None: a share of right answers
_TOLD = {"accuracy": None, "span_f1": "span F1", "token_accuracy": None, "units_right": None, "mase": "MASE"}


class Picture:
    """What is known of a run so far; `record` adds to it, `lines` draws it. `safe` makes a model's text fit to show."""

    def __init__(self, glyphs: Glyphs, safe: Callable[[str], str] = escape) -> None:
        self._glyphs, self._safe = glyphs, safe
        self._unit = "unit"
        self._curve = Curve()
        self._first: Progress | None = None
        self._progress: Progress | None = None
        self._evaluation: Evaluation | None = None
        self._best: Evaluation | None = None
        self._committed: int | None = None
        self._clock_width, self._width = 0, 0
        self._sample: tuple[Evaluation | None, int, list[str]] = (None, 0, [])

    def record(self, record: Record) -> None:
        match record:
            case Plan():
                self._unit = short_unit(record.facts)
            case Progress():
                self._first = self._first or record
                self._progress = record
                self._curve.add(record.fraction, record.train_nats)
            case Evaluation():
                self._evaluation = record
                self._best = record if record.is_best else self._best
            case Commit():
                self._committed = record.step
            case _:
                pass

    def lines(self, width: int, height: int, *, final: bool = False) -> list[Line]:
        """Return the picture in at most `height` lines of at most `width` columns, the most telling lines first.

        `final`: nothing will follow, so nothing is kept free and nothing is promised.
        """
        if width != self._width:
            self._clock_width, self._width = 0, width
        margin = margin_of(width)
        inner = min(width - 2 * len(margin), _WIDEST)
        gap: list[Line] = [[]] if height >= _AIRY_ROWS else []
        table = self._table(inner)[: max(0, height - (2 if height > 2 else 1))]
        parts = [self._bar(inner, final), table, self._chart(inner, height)]
        status = [] if final or not gap else self._status(inner)
        used = sum(len(gap) + len(part) for part in (*parts, status) if part)
        parts += [self._sample_lines(inner, height - used - len(gap), final), status]
        lines = [line for part in parts if part for line in (*gap, *part)][:height]
        return [[(margin, NORMAL), *line] if line else [] for line in lines]

    def _bar(self, width: int, final: bool) -> list[Line]:
        fraction = self._progress.fraction if self._progress else 0.0
        clock = self._clock(width, final)
        self._clock_width = max(self._clock_width, len(clock))
        done, still_open = progress_bar(fraction, max(0, width - self._clock_width), self._glyphs)
        return [
            [(done, GOOD if fraction >= 1 else MAIN), (still_open, QUIET), (clock.ljust(self._clock_width), NORMAL)]
        ]

    def _clock(self, width: int, final: bool) -> str:
        """Return how far training is, in as many words as there is room for."""
        progress = self._progress
        clock = f"  {figures.percent(progress.fraction if progress else 0.0):>5}"
        if progress is None or width < _NARROW:
            return clock
        left = "" if final else f"   {figures.duration(self._left_s())} left"
        if width < _CLOCK_FROM and left:
            return clock + left
        clock += f"   {figures.duration(progress.elapsed_s)}"
        return clock + (f" of {figures.duration(progress.budget_s)}" if progress.budget_s is not None else "") + left

    def _left_s(self) -> float | None:
        """Return the seconds still to go: of the budget, or at the pace of this session."""
        if self._progress is None or self._first is None:
            return None
        if self._progress.budget_s is not None:
            return self._progress.budget_s - self._progress.elapsed_s
        done = self._progress.fraction - self._first.fraction
        if done <= 0:
            return None
        return (self._progress.elapsed_s - self._first.elapsed_s) * (1 - self._progress.fraction) / done

    def _table(self, width: int) -> list[Line]:
        """Return the figures in two columns, or one below the other where the terminal is narrow."""
        train = self._progress.train_nats if self._progress else None
        left = [
            ("train", self._losses(train, width)),
            ("valid", self._held_out(width)),
            ("best", self._best_figure(width)),
        ]
        right = self._pace(width)
        if width < _TWO_COLUMNS:
            label_width = 11 if width >= _NARROW else 7
            return [self._entry(*entry, label_width, width) for entry in (*left[:2], *right, left[2])]
        half = max(41, width // 2)
        pairs = zip(left, right, strict=True)
        return [self._entry(*one, 11, half) + self._entry(*other, 11, width - half) for one, other in pairs]

    def _pace(self, width: int) -> list[tuple[str, str]]:
        progress = self._progress
        norm = "grad norm" if width >= _NARROW else "grad"
        if progress is None:
            return [(label, figures.UNDEFINED) for label in ("speed", norm, "step")]
        each = f" {self._unit}s" if width >= _NARROW else ""
        return [
            ("speed", f"{figures.rate(progress.units_per_second)}{each}/s"),
            (norm, figures.norm(progress.gradient_norm)),
            ("step", f"{progress.step:,}"),
        ]

    def _losses(self, nats: float | None, width: int) -> str:
        if nats is None:
            return figures.UNDEFINED
        bits = f"  {figures.loss(nats / math.log(2))} bits/{self._unit}" if width >= _NARROW else ""
        return f"{figures.loss(nats)} nats{bits}"

    def _held_out(self, width: int) -> str:
        """Return the held-out loss, beside the figure that people judge such a model by where there is one."""
        evaluation = self._evaluation
        if evaluation is None:
            return self._losses(None, width)
        for name, called in _TOLD.items():
            if (value := evaluation.figures.get(name)) is not None:
                shown = f"{100 * value:.1f} % right" if called is None else f"{called} {value:.3f}"
                return f"{figures.loss(evaluation.valid_nats)} nats  {shown}"
        return self._losses(evaluation.valid_nats, width)

    def _best_figure(self, width: int) -> str:
        if self._evaluation is not None and self._evaluation.is_best is None:
            return "the last is kept"
        if self._best is None:
            return figures.UNDEFINED
        step = f"  at step {self._best.step:,}" if width >= _NARROW else ""
        return f"{figures.loss(self._best.valid_nats)} nats{step}"

    def _entry(self, label: str, value: str, label_width: int, width: int) -> Line:
        return [(fit(label, label_width, self._glyphs), QUIET), (fit(value, width - label_width, self._glyphs), NORMAL)]

    def _chart(self, width: int, height: int) -> list[Line]:
        """Return the curve of the training loss, as long as the bar above it is full."""
        is_tall = height >= _CHART_ROWS and width >= _CLOCK_FROM and self._glyphs.levels[-1] == "█"
        room = width - self._clock_width
        drawn, low, high = chart(self._curve, room, 3 if is_tall else 1, self._glyphs)
        labels = [figures.loss(high), "train loss", figures.loss(low)]
        if not is_tall:
            both = f"{figures.loss(high)} {self._glyphs.arrow} {figures.loss(low)}"
            labels = [both if len(both) + 2 <= self._clock_width else labels[2]]
        return [
            [(row.ljust(room), MAIN), (f"  {label}"[: self._clock_width], QUIET)]
            for row, label in zip(drawn, labels, strict=True)
        ]

    def _sample_lines(self, width: int, rows: int, final: bool) -> list[Line]:
        """Return what the model wrote at the last evaluation, in a space that stays the same once it is there."""
        rows = min(rows, _SAMPLE_ROWS + 1)
        if self._evaluation is None or rows < 3:
            return []
        if self._sample[:2] != (self._evaluation, width):
            text = self._safe(self._evaluation.sample.strip("\n"))
            self._sample = (self._evaluation, width, wrap(text, width - 2))
        shown = self._sample[2][: rows - 1]
        empty: list[Line] = [] if final else [[]] * (rows - 1 - len(shown))
        title = "what it makes of it at step" if width >= _NARROW else "at step"
        head: Line = [(fit(f"{title} {self._evaluation.step:,}", width, self._glyphs).rstrip(), QUIET)]
        return [head, *([(f"{self._glyphs.rule} ", MAIN), (line, NORMAL)] for line in shown), *empty]

    def _status(self, width: int) -> list[Line]:
        """Return one line of what may be of use, the last words first where there is no room for all."""
        parts = ["Ctrl-C stops and saves"]
        if self._committed is not None:
            parts.insert(0, f"saved at step {self._committed:,}")
        if self._progress is not None:
            parts.insert(0, f"learning rate {figures.small(self._progress.learning_rate)}")
        while parts and len(line := f" {self._glyphs.dot} ".join(parts)) > width:
            parts.pop(0)
        return [[(line, QUIET)]] if parts else []


def margin_of(width: int) -> str:
    """Return the blank that a line starts with in a terminal of `width` columns; as much is free at its end."""
    return "  " if width >= _MARGIN_FROM else ""

"""The view of training where there is no terminal: plain lines, one every few seconds, for a log or a pipe.

In go the same records as for the live view, out come lines without colour or control codes. `QuietView` says only what
the user should read at any rate.
"""

from __future__ import annotations

import math
from typing import Self, TextIO

from textrnn.report import figures
from textrnn.report.draw import glyphs_for
from textrnn.report.escape import encodable, escape
from textrnn.report.facts import done_line, plan_lines, short_unit
from textrnn.report.records import Commit, Done, Evaluation, Note, Plan, Progress, Record

_EVERY_S = 5.0
_SAMPLE_CHARACTERS = 80


class PlainView:
    """Writes lines to `stream`; by the clock of the records, so that a stream of them always gives the same lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._glyphs = glyphs_for(stream)
        self._unit = "unit"
        self._written_at = -math.inf
        self._is_broken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def feed(self, record: Record) -> None:
        match record:
            case Plan():
                self._unit = short_unit(record.facts)
                for line in plan_lines(record.facts, self._glyphs):
                    self._write(line)
            case Note():
                self._write(f"note: {escape(record.text)}")
            case Progress() if record.elapsed_s - self._written_at >= _EVERY_S:
                self._written_at = record.elapsed_s
                self._write(self._progress(record))
            case Evaluation():
                self._write(self._evaluation(record))
                if record.sample:
                    self._write(f"  sample: {_one_line(record.sample)}")
            case Done():
                self._write(done_line(record.facts, self._glyphs))
            case Progress() | Commit():
                pass

    def _progress(self, record: Progress) -> str:
        time = figures.duration(record.elapsed_s)
        time += f" of {figures.duration(record.budget_s)}" if record.budget_s is not None else ""
        return (
            f"{figures.percent(record.fraction):>5}  {time}  step {record.step:,}"
            f"  train {figures.loss(record.train_nats)} nats/{self._unit}"
            f"  {figures.rate(record.units_per_second)} {self._unit}s/s"
            f"  gradient {figures.norm(record.gradient_norm)}  lr {figures.small(record.learning_rate)}"
        )

    def _evaluation(self, record: Evaluation) -> str:
        others = "".join(f"  {self._figure(name, value)}" for name, value in record.figures.items())
        return (
            f"step {record.step:,}  valid {figures.loss(record.valid_nats)} nats/{self._unit}{others}"
            f"  over {record.units:,} {self._unit}s{'  best' if record.is_best else ''}"
        )

    def _figure(self, name: str, value: float | None) -> str:
        if name.endswith("_per_unit"):
            return f"{figures.loss(value)} {name.removesuffix('_per_unit')}/{self._unit}"
        return f"{name.replace('_', ' ')} {'>1e300' if value is None else f'{value:,.4g}'}"

    def _write(self, line: str) -> None:
        """Write a line, and fall silent for good when nobody can read any more: that must not end the training."""
        if self._is_broken:
            return
        try:
            self._stream.write(encodable(line, self._stream) + "\n")
            self._stream.flush()
        except OSError:
            self._is_broken = True


class QuietView(PlainView):
    """Writes notes and nothing else."""

    def feed(self, record: Record) -> None:
        if isinstance(record, Note):
            super().feed(record)


def _one_line(sample: str) -> str:
    text = escape(sample.strip("\n")).replace("\t", "\\t").replace("\n", "\\n")
    return text if len(text) <= _SAMPLE_CHARACTERS else text[:_SAMPLE_CHARACTERS] + "..."

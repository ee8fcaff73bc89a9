"""Rows that cannot be used: gathered by what is wrong with them, then refused together or left out and said.

In go a fault and a line number, out come one error or notes. Knows no format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from textrnn.errors import UserError
from textrnn.text.display import counted

_NAMED = 5


class Report(Protocol):
    """Takes what is wrong with a row, the line on which the row begins, and a detail of this row alone."""

    def __call__(self, fault: str, line: int, detail: str = "") -> None: ...


class Defects:
    """The rows of one input that cannot be used. may_skip: whether there is a flag that leaves them out."""

    def __init__(self, which: str, *, may_skip: bool = True) -> None:
        self._which, self._may_skip = which, may_skip
        self._lines: dict[str, list[int]] = {}
        self._details: dict[str, str] = {}

    def add(self, fault: str, line: int, detail: str = "") -> None:
        """Take note of one row."""
        self._lines.setdefault(fault, []).append(line)
        self._details.setdefault(fault, detail)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(map(len, self._lines.values()))

    def settle(self, *, skip_bad: bool) -> list[str]:
        """Return a note for each fault if such rows are to be left out, else raise one UserError for all of them."""
        if not skip_bad and self._lines:
            raise UserError.join([self._refusal(fault) for fault in self._lines])
        return [
            f"{self._which}: {_rows(len(lines))} left out: {fault} ({listed(lines)})"
            for fault, lines in self._lines.items()
        ]

    def _refusal(self, fault: str) -> UserError:
        lines, detail = self._lines[fault], self._details[fault]
        if len(lines) == 1:
            what, them = fault + (f" ({detail})" if detail else ""), "it"
        else:
            what, them = f"{fault} on {_rows(len(lines))}" + (f" (the first: {detail})" if detail else ""), "them"
        mend = f"mend {them}" + (f", or leave {them} out with --skip-bad" if self._may_skip else "")
        return UserError(what, which=f"{self._which} {listed(lines)}", mend=mend)


def empty_texts(places: Sequence[str], *, are_left_out: bool) -> list[str]:
    """Return a note of texts of white space alone, if there are any. places: where each stands."""
    if not places:
        return []
    more = f" and {len(places) - _NAMED:,} more" if len(places) > _NAMED else ""
    where = f"({', '.join(places[:_NAMED])}{more})"
    count = counted(len(places), "empty text")
    return [f"{count} left out {where}" if are_left_out else f"{count} {where}; --skip-bad leaves them out"]


def refuse_at_once(which: str) -> Report:
    """Return a report that raises UserError: for whoever gives an answer for every row."""

    def refuse(fault: str, line: int, detail: str = "") -> None:
        raise UserError(fault + (f" ({detail})" if detail else ""), which=f"{which} line {line}", mend="mend the row")

    return refuse


def listed(lines: list[int]) -> str:
    """Return the first few of `lines` in words."""
    shown = ", ".join(map(str, lines[:_NAMED]))
    more = f" and {len(lines) - _NAMED:,} more" if len(lines) > _NAMED else ""
    return f"line{'' if len(lines) == 1 else 's'} {shown}{more}"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"

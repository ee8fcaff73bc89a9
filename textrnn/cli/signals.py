"""Ctrl-C, SIGTERM and SIGHUP during training: the first one asks it to stop and save, the second ends the process.

Knows how to stop something, not what it is.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

# SIGHUP does not exist on Windows
NAMES = {
    getattr(signal, name): spoken
    for name, spoken in (("SIGINT", "Ctrl-C"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGHUP"))
    if hasattr(signal, name)
}


class Signals:
    """While it is entered, signals call `stop`; before that is set, and from the second signal on, they interrupt."""

    def __init__(self) -> None:
        self.stop: Callable[[], object] | None = None
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    @property
    def exit_code(self) -> int:
        """The code of a process that a signal ended; 0 when none came."""
        return 0 if self.received is None else 128 + self.received

    @property
    def name(self) -> str:
        """How people call the signal that came."""
        return "" if self.received is None else NAMES[self.received]

    def __enter__(self) -> Self:
        for number in NAMES:
            # a process started by nohup is meant to outlive its terminal
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        first = self.received is None
        self.received = signal.Signals(number)
        if self.stop is None or not first:
            raise KeyboardInterrupt
        self.stop()

"""Ctrl-C, SIGTERM and SIGHUP: the first one asks a training to stop and save, or ends what has not begun; the second
ends the process.

Knows how to stop something, not what it is.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Self

# SIGHUP does not exist on Windows
NAMES = {
    getattr(signal, name): spoken
    for name, spoken in (("SIGINT", "Ctrl-C"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGHUP"))
    if hasattr(signal, name)
}
_AT_ONCE = b"textrnn: ended at once\n"


class Interrupted(KeyboardInterrupt):
    """A signal came.

    Of a KeyboardInterrupt itself that passes an `exec` of text, as imports do for dataclasses and named tuples, Python
    remembers that it came, and `python -m` then ends by SIGINT though it was caught; of its kinds it does not.
    """


class Signals:
    """While it is entered, a signal calls `stop`; before that is set it interrupts, unless it is held.

    Entered, it holds signals: what comes is kept until `let_go`. An exception in the middle of an import may be
    swallowed, or end the process from within C++ code, so that whatever imports much is to be held. The second signal
    interrupts a training, and ends the process where nothing is under way.
    """

    def __init__(self) -> None:
        self.stop: Callable[[], object] | None = None
        self.received: signal.Signals | None = None
        self._is_held = True
        self._num_received = 0
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
        # only the main thread of a process gets its signals
        for number in NAMES if threading.current_thread() is threading.main_thread() else ():
            # a process started by nohup is meant to outlive its terminal
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    def restore(self) -> None:
        """Leave signals to whoever had them before."""
        while self._before:
            signal.signal(*self._before.popitem())

    def hold(self) -> None:
        """Keep what comes until `let_go`."""
        self._is_held = True

    def let_go(self) -> None:
        """Interrupt from here on; at once where something came while it was held, or was swallowed before."""
        self._is_held = False
        if self.received is not None:
            raise Interrupted

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.received = signal.Signals(number)
        self._num_received += 1
        # whoever asks a second time does not wait for an import, whoever asks a third time for nothing
        if self._num_received > (1 if self.stop is None else 2):
            end_at_once(number)
        if self.stop is not None and self._num_received == 1:
            try:
                self.stop()
            except KeyboardInterrupt:
                raise Interrupted from None
        elif not self._is_held or self._num_received > 1:
            raise Interrupted


def end_at_once(number: int, _frame: FrameType | None = None) -> None:
    """End the process with the code of a signal, and clean up nothing."""
    with suppress(OSError):
        os.write(2, _AT_ONCE)
    os._exit(128 + number)


def ignore_signals() -> None:
    """Let the process end with the code it has: its work is done, and the interpreter needs a moment to leave."""
    for number in NAMES:
        signal.signal(number, signal.SIG_IGN)

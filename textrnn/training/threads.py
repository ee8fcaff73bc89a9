"""How many threads to train with, found again and again while training runs: the fastest number changes.

In: how long each step took. Out: calls that set the number of threads. Where these are torch's, only for training
against a clock: its sums are rounded as threads divide them, so that the bytes of a run depend on their number.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

# seconds until the other number is tried: at first, and at most, for a trial can cost more than it finds
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 20.0
TRIAL_STEPS = 4
# a gain below this is noise
WORTH = 0.9
# a trial step this much slower ends the trial
HOPELESS = 2.5
NEWEST_SHARE = 0.2


class ThreadChooser:
    """Tries the other number of threads for a few steps from time to time, and keeps the faster one."""

    def __init__(
        self,
        numbers: Sequence[int],
        current: int,
        use: Callable[[int], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """numbers: to choose from; fewer than two leave nothing to do. use: sets the number of threads."""
        self._others = [number for number in numbers if number != current]
        self._current, self._use, self._clock = current, use, clock
        self._pause_s = FIRST_PAUSE_S
        self._next_at = clock() + FIRST_PAUSE_S
        self._usual_s: float | None = None
        self._trial: list[float] | None = None

    def observe(self, step_s: float) -> None:
        """Take in how long a step took with the number of threads in use, and change it where that is called for."""
        if not self._others:
            return
        if self._trial is not None:
            self._try_on(step_s)
            return
        usual = self._usual_s
        self._usual_s = step_s if usual is None else usual + NEWEST_SHARE * (step_s - usual)
        if self._clock() >= self._next_at:
            self._trial = []
            self._use(self._others[0])

    def _try_on(self, step_s: float) -> None:
        assert self._trial is not None and self._usual_s is not None
        self._trial.append(step_s)
        is_hopeless = step_s > HOPELESS * self._usual_s
        if len(self._trial) < TRIAL_STEPS and not is_hopeless:
            return
        # the first step with another number wakes or makes its threads
        found_s = statistics.median(self._trial[1:] or self._trial)
        tried = self._others.pop(0)
        if not is_hopeless and found_s < WORTH * self._usual_s:
            self._others.append(self._current)
            self._current, self._usual_s, self._pause_s = tried, found_s, FIRST_PAUSE_S
        else:
            self._others.append(tried)
            self._use(self._current)
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        self._trial, self._next_at = None, self._clock() + self._pause_s

"""How far training has come, when it ends, and when it is measured on the way.

In: the limits (time, steps, patience) and the state's counters. Out: a share of the way from 0 to 1, and yes or no.
Without a budget nothing here depends on a clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# of a course that ended before it began
NO_STEP = "no step was taken: what is saved is the initial model"
# evaluations on the way: under a budget, and at least where there is none; at most
MEASURED = 10
MEASURED_AT_MOST = 50


@dataclass(frozen=True, kw_only=True)
class Course:
    """limit_s: seconds of training, evaluations included, of which the last takes `reserve_s`. total_steps: steps.

    At least one of the two is given. measured: evaluations under a limit of time, the last included.
    """

    limit_s: float | None
    reserve_s: float = 0.0
    measured: int = MEASURED
    total_steps: int | None
    total_by: str
    steps_per_epoch: int
    patience: int | None

    def fraction(self, step: int, trained_s: float) -> float:
        """Return the share of the way that is done."""
        shares = []
        if self.limit_s is not None:
            allowed = self.limit_s - self.reserve_s
            shares.append(1.0 if allowed <= 0 else trained_s / allowed)
        if self.total_steps is not None:
            shares.append(1.0 if self.total_steps == 0 else step / self.total_steps)
        return min(1.0, max(shares))

    def ended_by(self, step: int, trained_s: float, evaluations_without_gain: int) -> str | None:
        """Return what ends training now, None while nothing does."""
        if self.total_steps is not None and step >= self.total_steps:
            return self.total_by
        if self.limit_s is not None and trained_s >= self.limit_s - self.reserve_s:
            return "budget"
        if self.patience is not None and evaluations_without_gain >= self.patience:
            return "patience"
        return None

    def evaluation_is_due(self, step: int, trained_s: float, evaluated_at: float) -> bool:
        """Whether to evaluate after `step`; the evaluation at the end is not asked for here.

        evaluated_at: the share of the way that was done at the last one.
        """
        if self.ended_by(step, trained_s, 0) is not None:
            return False
        if self.limit_s is not None:
            return (self.fraction(step, trained_s) - evaluated_at) * self.measured >= 1
        return step % self.every == 0

    @property
    def every(self) -> int:
        """Steps from one evaluation to the next, where there is no budget."""
        assert self.total_steps is not None
        # once an epoch, but neither so seldom that there is no curve nor so often that measuring is what takes the time
        epochs = self.total_steps / self.steps_per_epoch
        return max(1, math.ceil(self.total_steps / min(MEASURED_AT_MOST, max(MEASURED, epochs))))


def total_steps(steps: int | None, epochs: float | None, steps_per_epoch: int) -> tuple[int | None, str]:
    """Return how many steps the settings allow, and which of them says so: steps or epochs."""
    of_epochs = None if epochs is None else math.ceil(epochs * steps_per_epoch)
    limits = [(count, by) for count, by in ((steps, "steps"), (of_epochs, "epochs")) if count is not None]
    return min(limits) if limits else (None, "budget")

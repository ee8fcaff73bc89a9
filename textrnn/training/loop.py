"""The training loop, the same for every task. It yields records and prints nothing.

In: a task, a state, a course, and somewhere to save. Out: records, and the state changed. Every duty has its
paragraph, in a fixed order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from textrnn.errors import WorldError
from textrnn.report.records import Commit, Evaluation, Note, Progress, Record
from textrnn.training.course import MEASURED, Course
from textrnn.training.state import TrainingState
from textrnn.training.tensors import to_array
from textrnn.training.threads import ThreadChooser

PROGRESS_S = 0.25
# share of a budget that evaluations on the way may take together
MEASURING_SHARE = 0.05
# share of a budget that the last evaluation may take
LAST_MEASURING_SHARE = 0.1
# fewer held-out units than this are no figure
MINIMUM_MEASURED = 10_000
# without a budget: held-out units measured on the way for every unit trained on; at the end as many as were trained
# on, and so many at least
MEASURED_PER_TRAINED = 0.5
MINIMUM_AT_THE_END = 1_000_000
# share of what the last step said in the training loss that is shown
NEWEST_SHARE = 0.05


class Measured(Protocol):
    """What held-out data say of the weights; less nats are better."""

    @property
    def nats_per_unit(self) -> float:
        """Mean loss, by which the best weights are chosen."""
        ...

    @property
    def units(self) -> int:
        """How many predictions it is the mean of."""
        ...

    def beside(self) -> dict[str, float | None]:
        """Return what else is worth a look on the way, by name."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return all figures."""
        ...


class Task(Protocol):
    """What is learned: its loss, batch by batch, and its figure on held-out data."""

    steps_per_epoch: int
    units_per_step: int
    valid_units: int
    # whether the weights of the best evaluation are kept, or those of the last
    keeps_best: bool

    def loss(self, parameters: Any, step: int, fraction: float, carried: Any) -> tuple[Tensor, int, Any]:
        """Return the mean loss of batch `step` in nats, its units, and what to carry to the next batch."""
        ...

    def cost(self, units: int) -> int:
        """Return how many units are read to measure the first `units`, which is what takes the time."""
        ...

    def evaluate(self, parameters: Any, units: int) -> Measured:
        """Return the figures of the first `units` held-out units."""
        ...


@dataclass
class Loop:
    """One run of the loop.

    commit: writes the state to disk and says whether it did, raises WorldError where the disk fails.
    sample: what the model writes by now.
    clock: seconds since the command started. clip: gradient norm limit.
    """

    task: Task
    state: TrainingState
    course: Course
    clip: float | None
    save_every_s: float
    commit: Callable[[], bool]
    sample: Callable[[Any], str]
    clock: Callable[[], float]
    budget_s: float | None
    threads: ThreadChooser
    # held-out units read per second: expected first, then measured
    reads_per_s: float
    stopped_by: str | None = None
    # the figures of the best evaluation on the way
    best: Measured | None = field(default=None, init=False)
    _recent_nats: float | None = field(default=None, init=False)
    _committed_at: float = field(default=0.0, init=False)

    def stop(self, by: str) -> None:
        """End after the step under way; safe to call from a signal handler."""
        self.stopped_by = self.stopped_by or by

    def records(self) -> Iterator[Record]:
        """Train until the course ends or `stop` is called."""
        state = self.state
        began, trained_before, seen_before = time.monotonic(), state.trained_s, state.units_seen
        shown_at, self._committed_at = began, began
        while True:
            state.trained_s = trained_before + time.monotonic() - began
            course = self.course
            ended = course.ended_by(state.step, state.trained_s, state.evaluations_without_gain)
            self.stopped_by = self.stopped_by or ended
            if self.stopped_by:
                return
            fraction, step_began = course.fraction(state.step, state.trained_s), time.monotonic()

            loss, units, carried = self.task.loss(state.parameters, state.step, fraction, state.carried)
            for parameter in state.named.values():
                parameter.grad = None
            loss.backward()  # type: ignore[no-untyped-call]
            norm = gradient_norm(list(state.named.values()), self.clip)
            nats = float(loss.detach())

            # before the optimizer: what is not finite never reaches the weights, nor a checkpoint
            if not (math.isfinite(nats) and math.isfinite(norm)):
                if math.isfinite(nats):
                    # only the gradient is lost: the weights are worth keeping
                    yield from self.save()
                raise diverged(f"loss {nats:g}, gradient norm {norm:g} at step {state.step + 1}")

            rate = state.optimizers.step(state.optimizers.schedule(fraction))
            state.carried = carried
            state.step += 1
            state.units_seen += units
            state.update_average()
            recent = self._recent_nats
            self._recent_nats = nats if recent is None else recent + NEWEST_SHARE * (nats - recent)

            now = time.monotonic()
            self.threads.observe(now - step_began)
            if now - shown_at >= PROGRESS_S:
                shown_at = now
                speed = (state.units_seen - seen_before) / (now - began)
                yield self._progress(fraction, rate, norm, speed)

            if course.evaluation_is_due(state.step, trained_before + now - began, state.evaluated_at):
                state.evaluated_at = course.fraction(state.step, trained_before + now - began)
                yield from self.evaluate(self.units_on_the_way())
                yield from self.save()
            elif now - self._committed_at >= self.save_every_s:
                yield from self.save()

    def _progress(self, fraction: float, rate: float, norm: float, speed: float) -> Progress:
        return Progress(
            step=self.state.step,
            units_seen=self.state.units_seen,
            elapsed_s=self.clock(),
            budget_s=self.budget_s,
            fraction=fraction,
            train_nats=self._recent_nats,
            learning_rate=rate,
            gradient_norm=norm,
            units_per_second=speed,
        )

    def units_on_the_way(self) -> int:
        """Return how many held-out units an evaluation on the way covers: the same number every time."""
        if self.state.measured_units is None:
            if self.budget_s is not None:
                self.state.measured_units = self._units_within(MEASURING_SHARE / MEASURED)
            else:
                # nothing here may depend on a clock: in proportion to what is trained on between two evaluations
                wanted = self.course.every * self.task.units_per_step * MEASURED_PER_TRAINED
                self.state.measured_units = self._held_out(wanted)
        return self.state.measured_units

    def units_at_the_end(self) -> int:
        """Return how many held-out units the last evaluation covers."""
        if self.budget_s is not None:
            return self._units_within(LAST_MEASURING_SHARE)
        return self._held_out(max(MINIMUM_AT_THE_END, self.state.units_seen))

    def _units_within(self, share: float) -> int:
        """Return how many held-out units can be measured in `share` of the budget."""
        assert self.budget_s is not None
        beside = self.task.cost(self.task.valid_units) - self.task.valid_units
        return self._held_out(share * self.budget_s * self.reads_per_s - beside)

    def _held_out(self, wanted: float) -> int:
        return min(self.task.valid_units, max(MINIMUM_MEASURED, int(wanted)))

    def evaluate(self, units: int) -> Iterator[Record]:
        """Measure the averaged weights, and keep them when they are the best so far."""
        state = self.state
        averaged = state.averaged()
        began = time.monotonic()
        measured = self.task.evaluate(averaged, units)
        self._plan_evaluations(units, time.monotonic() - began)
        nats = measured.nats_per_unit
        if not math.isfinite(nats):
            raise diverged(f"held-out loss {nats:g} after step {state.step}")
        try:
            sample = self.sample(averaged)
        except WorldError:
            # weights can be finite and still overflow on the way to the logits
            raise diverged(f"what the model writes is not finite after step {state.step}") from None
        is_best = state.best_nats is None or nats < state.best_nats
        if is_best or not self.task.keeps_best:
            self.best = measured
            state.best = {name: to_array(tensor) for name, tensor in state.average.items()}
        if is_best:
            state.best_nats = nats
        state.evaluations_without_gain = 0 if is_best else state.evaluations_without_gain + 1
        yield Evaluation(
            step=state.step,
            elapsed_s=self.clock(),
            valid_nats=nats,
            figures=measured.beside(),
            units=measured.units,
            sample=sample,
            is_best=is_best if self.task.keeps_best else None,
        )

    def _plan_evaluations(self, units: int, seconds: float) -> None:
        """From the seconds that measuring `units` took, decide how many times more, and what the last will take."""
        self.reads_per_s = self.task.cost(units) / max(seconds, 1e-6)
        if self.budget_s is not None:
            affordable = int(MEASURING_SHARE * self.budget_s / max(seconds, 1e-6))
            self.course = replace(
                self.course,
                reserve_s=self.task.cost(self.units_at_the_end()) / self.reads_per_s,
                measured=max(1, min(MEASURED, affordable)),
            )

    def save(self) -> Iterator[Record]:
        """Commit; a full disk is reported and tried again at the next commit, training goes on."""
        self._committed_at = time.monotonic()
        self.state.elapsed_s = self.clock()
        try:
            if self.commit():
                yield Commit(step=self.state.step)
        except WorldError as error:
            yield Note(text=f"not saved: {error}; training goes on and tries again")


def diverged(how: str) -> WorldError:
    """Return the error for a training whose numbers are no longer finite."""
    return WorldError(f"training diverged: {how}", mend="lower --lr or --clip; what was saved before stands")


@torch.no_grad()
def gradient_norm(parameters: list[Tensor], limit: float | None) -> float:
    """Return the norm of all gradients together, and scale them down to `limit` where it is above."""
    # a sparse gradient holds each of its rows once
    gradients = [p.grad._values() if p.grad.is_sparse else p.grad for p in parameters if p.grad is not None]
    norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))
    if limit is not None and norm > limit and math.isfinite(norm):
        torch._foreach_mul_(gradients, limit / norm)
    return norm

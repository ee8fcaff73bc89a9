"""The loop by itself, on a task of a few numbers: its order, its ends, what it keeps and what it never lets through."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.errors import WorldError
from textrnn.metrics.likelihood import Likelihood
from textrnn.report.records import Commit, Evaluation, Note, Progress
from textrnn.training.course import Course
from textrnn.training.loop import Loop, gradient_norm
from textrnn.training.optimizer import Optimizers
from textrnn.training.schedule import one_cycle
from textrnn.training.state import TrainingState
from textrnn.training.threads import ThreadChooser


class Task:
    """Pull a vector to zero. scale: step -> factor on the loss. figures: what evaluations find, one after another."""

    steps_per_epoch = 10
    units_per_step = 4
    valid_units = 2000
    keeps_best = True

    def __init__(self, scale: Callable[[int], float] = lambda _: 1.0, figures: Iterator[float] | None = None) -> None:
        self.scale, self.figures = scale, figures
        self.asked: list[int] = []
        self.fractions: list[float] = []

    def loss(self, parameters: Any, step: int, fraction: float, carried: Any) -> tuple[Tensor, int, Any]:
        self.fractions.append(fraction)
        return (parameters[0] ** 2).sum() * self.scale(step), 4, ((torch.full((1,), float(step)),),)

    def cost(self, units: int) -> int:
        return units + 3000

    def evaluate(self, parameters: Any, units: int) -> Likelihood:
        self.asked.append(units)
        nats = next(self.figures) if self.figures else float((parameters[0] ** 2).sum())
        return Likelihood(nats=nats * units, units=units)


class Case:
    """A loop with its task, its state, and what it was seen to commit: (step, weights)."""

    def __init__(self, task: Task | None = None, *, steps: int = 50, **options: Any) -> None:
        self.task = task or Task()
        parameters = (torch.ones(3, requires_grad=True),)
        settings = TrainLanguageModelSettings(optimizer=options.pop("optimizer", "sgd"), lr=options.pop("lr", 0.01))
        self.state = TrainingState(
            parameters=parameters,
            optimizers=Optimizers({"0": parameters[0]}, settings, gates=1),
            average={"0": parameters[0].detach().clone()},
        )
        self.commits: list[tuple[int, np.ndarray]] = []
        course = Course(
            limit_s=None,
            total_steps=steps,
            total_by="steps",
            steps_per_epoch=10,
            patience=options.pop("patience", None),
        )
        usual: dict[str, Any] = {
            "clip": None, "save_every_s": 1e9, "commit": self.commit, "sample": lambda _: "text", "clock": lambda: 7.0,
            "budget_s": None, "reads_per_s": 0.0, "threads": ThreadChooser([], 1, lambda number: None),
        }  # fmt: skip
        self.loop = Loop(task=self.task, state=self.state, course=course, **{**usual, **options})

    def commit(self) -> bool:
        weights = self.state.arrays()["parameter/0"]
        assert np.isfinite(weights).all()
        self.commits.append((self.state.step, weights))
        return True

    def run(self) -> list[Any]:
        return list(self.loop.records())


def test_a_course_by_steps() -> None:
    case = Case(lr=0.002)
    records = case.run()
    assert case.loop.stopped_by == "steps"
    assert (case.state.step, case.state.units_seen) == (50, 200)
    assert case.task.fractions == [step / 50 for step in range(50)]
    evaluations = [record for record in records if isinstance(record, Evaluation)]
    assert [record.step for record in evaluations] == list(range(5, 50, 5))
    # every evaluation is saved at once, and is the best of a task that only gets better
    assert [step for step, _ in case.commits] == [record.step for record in records if isinstance(record, Commit)]
    assert [step for step, _ in case.commits] == [record.step for record in evaluations]
    assert all(record.is_best for record in evaluations)
    assert evaluations[0].sample == "text"
    assert evaluations[0].elapsed_s == 7.0


def test_the_rate_follows_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(optimizer="adamw", lr=0.25)
    factors: list[float] = []
    step = case.state.optimizers.step
    monkeypatch.setattr(case.state.optimizers, "step", lambda factor: factors.append(factor) or step(factor))
    case.run()
    assert factors == [one_cycle(k / 50) for k in range(50)]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_reaches_neither_weights_nor_disk(bad: float) -> None:
    case = Case(Task(lambda step: bad if step == 7 else 1.0))
    records = []
    with pytest.raises(WorldError, match=r"training diverged: loss (nan|inf), .* at step 8: lower --lr"):
        records.extend(case.loop.records())
    assert case.state.step == 7
    assert torch.isfinite(case.state.parameters[0]).all()
    assert np.isfinite(case.state.arrays()["average/0"]).all()
    assert all(np.isfinite(array).all() for array in case.state.optimizers.arrays().values())
    # what was saved before stands: the weights that gave no number are worth nothing
    assert [step for step, _ in case.commits] == [5]


def test_where_only_the_gradient_is_lost_the_weights_are_saved() -> None:
    class Kink(Task):
        def loss(self, parameters: Any, step: int, fraction: float, carried: Any) -> tuple[Tensor, int, Any]:
            loss, units, carried = super().loss(parameters, step, fraction, carried)
            # 0 with an infinite slope
            return loss + (torch.sqrt(0 * parameters[0]).sum() if step == 7 else 0.0), units, carried

    case = Case(Kink())
    with pytest.raises(WorldError, match="gradient norm nan at step 8"):
        case.run()
    assert torch.isfinite(case.state.parameters[0]).all()
    assert [step for step, _ in case.commits] == [5, 7]


@pytest.mark.parametrize("figure", [math.nan, math.inf])
def test_a_held_out_figure_that_is_not_finite_ends_training(figure: float) -> None:
    case = Case(Task(figures=iter([3.0, figure])))
    with pytest.raises(WorldError, match="diverged: held-out loss"):
        case.run()
    assert case.state.best_nats == 3.0
    assert [step for step, _ in case.commits] == [5]


def test_the_best_evaluation_is_what_runs() -> None:
    case = Case(Task(figures=iter([5.0, 3.0, 4.0, 2.0, 2.0, 2.5, 6.0, 7.0, 8.0])))
    kept = {}
    bests = []
    for record in case.loop.records():
        if isinstance(record, Evaluation):
            kept[record.step] = case.state.average["0"].numpy().copy()
            bests.append(record.is_best)
    assert bests == [True, True, False, True, False, False, False, False, False]
    assert case.state.best_nats == 2.0
    assert np.array_equal(case.state.arrays_to_run()["0"], kept[20])
    assert not np.array_equal(case.state.arrays_to_run()["0"], case.state.average["0"].numpy())
    assert case.state.evaluations_without_gain == 5


def test_patience_counts_evaluations_without_gain() -> None:
    case = Case(Task(figures=iter([5.0, 6.0, 4.0, 4.0, 5.0, 1.0])), patience=2)
    case.run()
    assert case.loop.stopped_by == "patience"
    assert case.state.step == 25


def test_evaluations_on_the_way_cover_the_same_units() -> None:
    case = Case()
    case.run()
    assert set(case.task.asked) == {2000}
    assert case.state.measured_units == 2000
    case.task.valid_units = 10**9
    # fixed by now, so that figures compare
    assert case.loop.units_on_the_way() == 2000
    fresh = Case(steps=10_000)
    fresh.task.valid_units = 10**9
    first = fresh.loop.units_on_the_way()
    assert 1000 <= first < 10**6
    assert fresh.loop.units_on_the_way() == first


class Timed(Case):
    """A loop under a budget on a clock of its own, which 400 steps or so many reads fill."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, budget_s: float, valid_units: int, reads_per_s: float) -> None:
        super().__init__(budget_s=budget_s, reads_per_s=20_000.0)
        self.loop.course = replace(self.loop.course, limit_s=budget_s, total_steps=None)
        self.task.valid_units, self.now, self.measuring = valid_units, 0.0, list[float]()
        monkeypatch.setattr("textrnn.training.loop.time.monotonic", lambda: self.now)
        loss, evaluate = self.task.loss, self.task.evaluate

        def slow_loss(*given: Any) -> Any:
            self.now += budget_s / 400
            return loss(*given)

        def slow_evaluate(parameters: Any, units: int) -> Any:
            self.measuring.append(self.task.cost(units) / reads_per_s)
            self.now += self.measuring[-1]
            return evaluate(parameters, units)

        self.task.loss, self.task.evaluate = slow_loss, slow_evaluate  # type: ignore[method-assign]


@pytest.mark.parametrize("budget_s", [20.0, 60.0, 200.0, 2000.0])
@pytest.mark.parametrize("reads_per_s", [5_000.0, 20_000.0, 500_000.0])
def test_under_a_budget_measuring_takes_its_share_and_no_more(
    monkeypatch: pytest.MonkeyPatch, budget_s: float, reads_per_s: float
) -> None:
    """At most a twentieth on the way, the first evaluation apart, whose time nobody knows; a tenth at the end."""
    case = Timed(monkeypatch, budget_s, 110_000, reads_per_s)
    case.run()
    assert case.loop.stopped_by == "budget"
    assert sum(case.measuring) <= 0.05 * budget_s or len(case.measuring) == 1
    left = budget_s - case.now
    units = case.loop.units_at_the_end()
    last = case.task.cost(units) / reads_per_s
    assert last == pytest.approx(left, abs=budget_s / 200)
    if case.task.cost(110_000) / reads_per_s <= 0.1 * budget_s:
        assert units == 110_000
    else:
        assert units == 10_000 or last == pytest.approx(0.1 * budget_s, rel=0.01)


def test_under_a_budget_evaluations_are_spread_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Timed(monkeypatch, 200.0, 110_000, 500_000.0)
    records = [record for record in case.run() if isinstance(record, Evaluation)]
    gaps = np.diff([0, *(record.step for record in records)])
    assert len(records) == 9
    assert gaps.max() - gaps.min() <= 2


def test_stop_ends_after_the_step_under_way() -> None:
    case = Case()

    def scale(step: int) -> float:
        if step == 12:
            case.loop.stop("signal")
        return 1.0

    case.task.scale = scale
    case.run()
    assert (case.loop.stopped_by, case.state.step) == ("signal", 13)


def test_what_stopped_it_first_is_what_is_told() -> None:
    case = Case()
    case.run()
    case.loop.stop("signal")
    assert case.loop.stopped_by == "steps"


def test_it_saves_at_least_so_often_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def scale(step: int) -> float:
        clock[0] += 1.0
        return 1.0

    monkeypatch.setattr("textrnn.training.loop.time.monotonic", lambda: clock[0])
    case = Case(Task(scale), steps=50, save_every_s=3.0)
    case.run()
    saved = [step for step, _ in case.commits]
    assert max(np.diff([0, *saved])) <= 3
    assert {5, 10, 15} <= set(saved)
    assert case.state.trained_s == 50
    # and tells how it goes on
    assert case.state.elapsed_s == 7.0


def test_progress_is_told_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def scale(step: int) -> float:
        clock[0] += 1.0
        return 1.0

    monkeypatch.setattr("textrnn.training.loop.time.monotonic", lambda: clock[0])
    progress = [record for record in Case(Task(scale), lr=0.5).run() if isinstance(record, Progress)]
    assert [record.step for record in progress] == list(range(1, 51))
    tenth = progress[9]
    assert (tenth.units_seen, tenth.units_per_second, tenth.fraction) == (40, 4.0, 0.18)
    assert tenth.learning_rate == pytest.approx(0.5 * one_cycle(0.18))
    assert tenth.gradient_norm is not None
    assert tenth.train_nats is not None
    assert tenth.elapsed_s == 7.0


def test_a_full_disk_is_told_and_training_goes_on() -> None:
    case = Case()
    attempts = []

    def full() -> None:
        attempts.append(case.state.step)
        if len(attempts) == 2:
            raise WorldError("could not save", which="the disk", mend="make room")

    case.loop.commit = full
    records = case.run()
    (note,) = [record for record in records if isinstance(record, Note)]
    assert "could not save" in note.text
    assert attempts == list(range(5, 50, 5))
    assert case.state.step == 50


@pytest.mark.parametrize("limit", [None, 0.5, 3.0, 1e9])
def test_gradients_are_clipped_to_the_norm_exactly(limit: float | None) -> None:
    rng = np.random.default_rng(0)
    parameters = [torch.zeros(shape, dtype=torch.float64) for shape in ((3, 4), (5,), (2, 2, 2))]
    gradients = [torch.from_numpy(rng.normal(size=p.shape)) for p in parameters]
    for p, gradient in zip(parameters, gradients, strict=True):
        p.grad = gradient.clone()
    total = math.sqrt(sum(float((gradient**2).sum()) for gradient in gradients))
    assert gradient_norm(parameters, limit) == pytest.approx(total, rel=1e-12)
    factor = 1.0 if limit is None else min(1.0, limit / total)
    for p, gradient in zip(parameters, gradients, strict=True):
        assert p.grad is not None
        torch.testing.assert_close(p.grad, gradient * factor, rtol=1e-12, atol=0)


def test_a_gradient_that_is_not_finite_is_not_spread_by_clipping() -> None:
    p, q = torch.zeros(2), torch.zeros(2)
    p.grad, q.grad = torch.tensor([math.nan, 1.0]), torch.tensor([3.0, 4.0])
    assert math.isnan(gradient_norm([p, q], 1.0))
    assert q.grad.tolist() == [3.0, 4.0]


def test_gradients_do_not_add_up_over_steps() -> None:
    """Under plain descent on a quadratic, the path is known in closed form."""
    case = Case(steps=5, optimizer="sgd", lr=0.1)
    weights, velocity = 1.0, 0.0
    for k in range(5):
        gradient = 2 * weights + 0.01 * weights
        velocity = 0.9 * velocity + gradient if k else gradient
        weights -= 0.1 * one_cycle(k / 5) * (gradient + 0.9 * velocity)
    case.run()
    assert case.state.parameters[0].tolist() == pytest.approx([weights] * 3, rel=1e-5)


def test_what_was_not_committed_is_not_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(lr=0.002)
    case.loop.commit = lambda: False
    assert not [record for record in case.run() if isinstance(record, Commit)]

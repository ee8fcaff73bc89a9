"""The number of threads follows what is fastest, and a trial of the other costs little."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from textrnn.training.threads import LONGEST_PAUSE_S, ThreadChooser


class Machine:
    """A clock and steps whose length depends on the number of threads in use."""

    def __init__(self, took_s: Callable[[int, float], float]) -> None:
        self.now, self.threads, self.used, self._took_s = 0.0, 2, list[int](), took_s

    def use(self, number: int) -> None:
        self.threads = number

    def run(self, chooser: ThreadChooser, until_s: float) -> None:
        while self.now < until_s:
            seconds = self._took_s(self.threads, self.now)
            self.now += seconds
            self.used.append(self.threads)
            chooser.observe(seconds)


def share(machine: Machine, number: int) -> float:
    return machine.used.count(number) / len(machine.used)


def test_it_stays_with_what_is_faster() -> None:
    machine = Machine(lambda threads, now: 0.05 if threads == 2 else 0.08)
    machine.run(ThreadChooser([2, 1], 2, machine.use, clock=lambda: machine.now), 120)
    assert share(machine, 2) > 0.97 and machine.threads == 2


def test_it_changes_when_the_machine_gets_busy_and_back_when_it_is_free() -> None:
    def took(threads: int, now: float) -> float:
        is_busy = 30 < now < 120
        return (0.5 if is_busy else 0.05) if threads == 2 else 0.08

    machine = Machine(took)
    chooser = ThreadChooser([2, 1], 2, machine.use, clock=lambda: machine.now)
    machine.run(chooser, 30)
    assert machine.threads == 2
    # it takes one pause to notice
    machine.run(chooser, 30 + LONGEST_PAUSE_S + 5)
    machine.used.clear()
    machine.run(chooser, 119)
    assert share(machine, 1) > 0.95
    machine.run(chooser, 120 + LONGEST_PAUSE_S + 5)
    machine.used.clear()
    machine.run(chooser, 240)
    assert share(machine, 2) > 0.9


def test_a_hopeless_trial_ends_after_its_first_step() -> None:
    machine = Machine(lambda threads, now: 0.05 if threads == 1 else 3.0)
    machine.threads = 1
    machine.run(ThreadChooser([2, 1], 1, machine.use, clock=lambda: machine.now), 200)
    trials = [i for i, number in enumerate(machine.used) if number == 2]
    assert 5 < len(trials) < 20
    assert all(b - a > 1 for a, b in pairwise(trials))


def test_one_number_leaves_nothing_to_choose() -> None:
    machine = Machine(lambda threads, now: 0.05)
    machine.run(ThreadChooser([2], 2, machine.use, clock=lambda: machine.now), 60)
    machine.run(ThreadChooser([], 2, machine.use, clock=lambda: machine.now), 120)
    assert share(machine, 2) == 1

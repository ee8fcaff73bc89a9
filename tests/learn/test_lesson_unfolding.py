"""The lesson `unfolding`: its way back by hand against torch's autograd."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from textrnn.learn.lessons import unfolding as lesson


@pytest.fixture(scope="module")
def by_torch() -> dict[str, list[float]]:
    import torch

    w, u = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (lesson.W, lesson.U))
    h = torch.zeros((), dtype=torch.float64)
    sums = []
    for x in lesson.INPUTS:
        total = w * x + u * h + lesson.B
        total.retain_grad()
        sums.append(total)
        h = torch.tanh(total)
    ((h - lesson.TARGET) ** 2).backward()  # type: ignore[no-untyped-call]
    assert w.grad is not None and u.grad is not None
    d_sums = [float(total.grad) for total in sums if total.grad is not None]
    return {"d": d_sums, "w": [float(w.grad)], "u": [float(u.grad)]}


def test_the_way_back(by_torch: dict[str, list[float]]) -> None:
    done = lesson.unfold()
    assert done.d_sums == pytest.approx(by_torch["d"], abs=1e-14)
    for found in ((sum(done.by_w), sum(done.by_u)), lesson.gradients()):
        assert found == pytest.approx((by_torch["w"][0], by_torch["u"][0]), abs=1e-14)
    assert lesson.nudged() == pytest.approx((by_torch["w"][0], by_torch["u"][0]), abs=1e-9)


def test_its_numbers_are_on_the_page(told: Callable[[str], str], by_torch: dict[str, list[float]]) -> None:
    text = told("unfolding")
    for step, d in enumerate(by_torch["d"], start=1):
        assert f"step {step}  {d:+.6f}" in text
    assert text.count(f"{by_torch['w'][0]:+.6f}") >= 3 and text.count(f"{by_torch['u'][0]:+.6f}") >= 3


def test_sizes_do_not_grow_with_time(told: Callable[[str], str]) -> None:
    hidden = lesson.HIDDEN
    cell, output = hidden * 1 + hidden * hidden + 2 * hidden, hidden + 1
    assert lesson.sizes() == [(f"{n:,}", cell + output, n * cell + output) for n in lesson.LENGTHS]
    assert f"{cell + output:,}" in told("unfolding")

"""The lesson `cell` against the equations, worked out once more with the numbers of the standard library."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from textrnn.cells.gru import GRU
from textrnn.cells.lstm import LSTM
from textrnn.cells.rnn import TANH
from textrnn.learn.lessons.cell import EVENT, STEPS, WEIGHTS, Gate, _listed, parameters, run
from textrnn.learn.looking import read_own_text


def sigmoid(a: float) -> float:
    return 1 / (1 + math.exp(-a))


def total(gate: Gate, x: float, h: float) -> float:
    return gate.w * x + gate.u * h + gate.b


def rnn(h: float, _c: float, x: float) -> tuple[dict[str, float], float, float]:
    h = math.tanh(total(WEIGHTS["rnn"]["h"], x, h))
    return {"h": h}, h, 0.0


def lstm(h: float, c: float, x: float) -> tuple[dict[str, float], float, float]:
    w = WEIGHTS["lstm"]
    gates = {name: (math.tanh if name == "g" else sigmoid)(total(w[name], x, h)) for name in "ifgo"}
    c = gates["f"] * c + gates["i"] * gates["g"]
    return gates, gates["o"] * math.tanh(c), c


def gru(h: float, _c: float, x: float) -> tuple[dict[str, float], float, float]:
    w = WEIGHTS["gru"]
    r, z = (sigmoid(total(w[name], x, h)) for name in "rz")
    n = math.tanh(w["n"].w * x + w["n"].b + r * w["n"].u * h)
    return {"r": r, "z": z, "n": n}, (1 - z) * n + z * h, 0.0


BY_HAND = {"rnn": (TANH, rnn), "lstm": (LSTM, lstm), "gru": (GRU, gru)}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_steps_are_those_of_the_equations(name: str) -> None:
    cell, step = BY_HAND[name]
    inputs = [*EVENT, 0.3, -1.2]
    h = c = 0.0
    for found, x in zip(run(cell, parameters(WEIGHTS[name]), np.array(inputs)), inputs, strict=True):
        assert found.x == x and float(found.before[0][0]) == pytest.approx(h, abs=1e-15)
        gates, h, c = step(h, c, x)
        assert found.gates == pytest.approx(gates, abs=1e-14)
        assert float(found.after[0][0]) == pytest.approx(h, abs=1e-14)
        assert len(found.after) == 1 or float(found.after[1][0]) == pytest.approx(c, abs=1e-14)


@pytest.mark.parametrize("name", BY_HAND)
def test_every_number_is_on_the_page(told: Callable[[str], str], name: str) -> None:
    text = told("cell")
    _, step = BY_HAND[name]
    h = c = 0.0
    for x in EVENT[:3]:
        gates, h, c = step(h, c, x)
        row = [*gates.values(), h, c] if name == "lstm" else [*gates.values(), h]
        shown = f"= {h:.3f}" if name == "rnn" else "  ".join(f"{value:.3f}" for value in [x, *row])
        assert shown in text


def test_it_says_what_is_left_after_the_silence(told: Callable[[str], str]) -> None:
    left = {}
    for name, (_, step) in BY_HAND.items():
        h = c = 0.0
        for x in [1.0] + [0.0] * (STEPS - 1):
            _, h, c = step(h, c, x)
        left[name] = h
        assert f"{h:.3f}" in told("cell").split("After 20 steps")[1]
    assert left["rnn"] < 0.02 and left["lstm"] > 0.6 and left["gru"] > 0.7


def test_the_equations_with_numbers_are_true(told: Callable[[str], str]) -> None:
    import re

    lines = re.findall(r"= (tanh|sigmoid)\((.+?)\) = \1\((-?[\d.]+)\) = (-?[\d.]+)", told("cell"))
    assert len(lines) >= 10 and any(terms.startswith("3 * 1 + 0.881 *") for _, terms, _, _ in lines)
    for squash, terms, inner, value in lines:
        assert eval(terms) == pytest.approx(float(inner), abs=2e-3)
        assert {"tanh": math.tanh, "sigmoid": sigmoid}[squash](float(inner)) == pytest.approx(float(value), abs=1e-3)


def test_a_larger_weight_keeps_every_note_alike(told: Callable[[str], str]) -> None:
    ends = []
    for first in (1.0, 0.1):
        h = 0.0
        for x in [first] + [0.0] * (STEPS - 1):
            h = math.tanh(WEIGHTS["rnn"]["h"].w * x + 1.5 * h)
        ends.append(f"{h:.3f}")
    text = told("cell")
    assert f"with 1.5 in place of 0.8 there is {ends[0]} after" in text and f"at step 1 ends at {ends[1]} too" in text
    assert ends[0] == ends[1]


def test_units_are_spelled_once() -> None:
    assert _listed([(r"\n", 0.25), ("'", 0.5)]) == r"""'\n' (0.25), "'" (0.50)"""


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_model_is_read_as_it_runs(make_model: Callable[..., object], kind: str) -> None:
    model = make_model(cell=kind)
    reading = read_own_text(model, 40, seed=1)  # type: ignore[arg-type]
    state = model.engine.start()  # type: ignore[attr-defined]
    _, state = model.engine.feed(reading.ids[None, :], state)  # type: ignore[attr-defined]
    assert reading.outputs[-1] == pytest.approx(state[0][0][0, 0], abs=1e-5)
    assert reading.hidden.shape == reading.outputs.shape == (len(reading.units), 12)
    if kind == "lstm":
        i, f, g, o = (reading.gates[name] for name in "ifgo")
        cell_state = f * reading.before[1] + i * g
        assert reading.hidden == pytest.approx(o * np.tanh(cell_state), abs=1e-6)
    if kind == "gru":
        z, n = reading.gates["z"], reading.gates["n"]
        assert reading.hidden == pytest.approx((1 - z) * n + z * reading.before[0], abs=1e-6)

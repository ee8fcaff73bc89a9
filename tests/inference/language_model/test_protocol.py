"""How a text is read when a model is measured: held to a reader that goes unit by unit and knows no batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from textrnn.inference.language_model import protocol as protocol_module
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.language_model.protocol import measure, spans
from textrnn.text.vocabulary import UNKNOWN

Make = Callable[..., LanguageModel]
LENGTHS = (2, 3, 7, 8, 9, 40, 101)
PROTOCOLS = ("stateful:1", "stateful:2", "stateful:5", "stateful:64", "window:1", "window:3", "window:8", "window:500")


@pytest.fixture
def engine(make_model: Make) -> Engine:
    return make_model(cell="lstm", num_layers=2).engine


@pytest.fixture(autouse=True)
def short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven units of past in place of 512, so that short texts have pieces with less, with just as much, with more."""
    monkeypatch.setattr(protocol_module, "PAST", 7)


def random_ids(length: int, *, unknown: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(length)
    ids = rng.integers(2, 20, length).astype(np.uint8)
    ids[rng.random(length) < unknown] = UNKNOWN
    return ids


def oracle(engine: Engine, ids: np.ndarray, protocol: str) -> tuple[float, int, int]:
    """Total nats, predictions and unknowns by the words of the interface, one unit at a time, one row, no batches."""
    kind, number = protocol.split(":")
    size, n = int(number), len(ids)
    if kind == "window":
        readings = [(k * size, k * size + 1, min((k + 1) * size, n - 1)) for k in range(math.ceil((n - 1) / size))]
    else:
        edges = [math.floor(n * piece / size) for piece in range(size + 1)]
        readings = [
            (max(0, max(1, start) - protocol_module.PAST), max(1, start), stop - 1) for start, stop in pairwise(edges)
        ]
    total, units, unknown = 0.0, 0, 0
    for begin, first, last in readings:
        state = engine.start_exact(1)
        for place in range(begin, last):
            inputs, targets = ids[place : place + 1].astype(int), ids[place + 1 : place + 2].astype(int)
            nats, state = engine.nats(inputs[None], targets[None], state)
            if place + 1 < first:
                continue
            if targets[0] == UNKNOWN:
                unknown += 1
            else:
                total, units = total + float(nats[0, 0]), units + 1
    return total, units, unknown


@how(deadline=None)
@given(st.integers(0, 300), st.sampled_from(["window", "stateful"]), st.integers(1, 400))
@example(1, "stateful", 999_999_999)
@example(100, "stateful", 999_999_999)
@example(100, "window", 999_999_999)
def test_every_unit_but_the_first_is_predicted_once(length: int, kind: str, size: int) -> None:
    found = list(spans(f"{kind}:{size}", length))
    targets = [target for span in found for target in range(span.first, span.stop)]
    assert targets == list(range(1, length))
    assert all(0 <= span.begin < span.first for span in found)
    if kind == "window":
        assert all(span.begin == span.first - 1 for span in found)
    else:
        assert all(span.begin == max(0, span.first - 7) for span in found)
        sizes = {span.stop - span.first for span in found[1:]}
        assert len(sizes) < 2 or max(sizes) - min(sizes) == 1


def test_spans_are_made_as_they_are_read() -> None:
    """A text of a terabyte in windows of one unit is no list."""
    assert [span.first for span in islice(spans("window:1", 10**12), 3)] == [1, 2, 3]
    assert [span.first for span in islice(spans("stateful:999999999", 10**12), 2)] == [1, 1000]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_text_costs_what_it_costs_unit_by_unit(engine: Engine, protocol: str, length: int) -> None:
    ids = random_ids(length, unknown=0.1)
    nats, units, unknown = oracle(engine, ids, protocol)
    assert units + unknown == length - 1
    for batch_size in (1, 2, 3, 5, None):
        likelihood, missed = measure(engine.nats, engine.start_exact, ids, protocol, batch_size=batch_size)
        assert (likelihood.units, missed) == (units, unknown)
        assert likelihood.nats == pytest.approx(nats, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("protocol", ["stateful:3", "window:16", "window:7"])
def test_the_windows_used_inside_change_nothing(engine: Engine, protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = random_ids(101)
    expected, _ = measure(engine.nats, engine.start_exact, ids, protocol)
    for steps in (1, 2, 7, 1000):
        monkeypatch.setattr(protocol_module, "STEPS", steps)
        found, _ = measure(engine.nats, engine.start_exact, ids, protocol)
        assert found.nats == pytest.approx(expected.nats, rel=1e-12)
        assert found.units == expected.units


def test_stateful_1_is_the_single_pass(engine: Engine) -> None:
    ids = random_ids(80)
    inputs, targets = ids[:-1].astype(int)[None], ids[1:].astype(int)[None]
    nats, _ = engine.nats(inputs, targets, engine.start_exact(1))
    likelihood, _ = measure(engine.nats, engine.start_exact, ids, "stateful:1")
    assert likelihood.nats == pytest.approx(float(nats.sum()), rel=1e-12)


def test_the_past_is_fed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a past as long as the text, pieces are the single pass; without any, they are not."""
    ids = random_ids(60)
    single, _ = measure(engine.nats, engine.start_exact, ids, "stateful:1")
    monkeypatch.setattr(protocol_module, "PAST", 60)
    pieces, _ = measure(engine.nats, engine.start_exact, ids, "stateful:6")
    assert pieces.nats == pytest.approx(single.nats, rel=1e-12)
    monkeypatch.setattr(protocol_module, "PAST", 1)
    pieces, _ = measure(engine.nats, engine.start_exact, ids, "stateful:6")
    assert abs(pieces.nats / single.nats - 1) > 1e-6


def test_the_mean_is_of_predictions_and_not_of_batches(engine: Engine) -> None:
    """Sums are divided once. The mean of the means of batches, an old mistake, is another number."""
    ids = random_ids(101)
    likelihood, _ = measure(engine.nats, engine.start_exact, ids, "window:30")
    parts = [oracle(engine, ids[start : start + 31], "stateful:1")[:2] for start in range(0, 100, 30)]
    total, units = map(sum, zip(*parts, strict=True))
    assert likelihood.nats_per_unit == pytest.approx(total / units, rel=1e-12)
    mean_of_means = float(np.mean([nats / count for nats, count in parts]))
    assert abs(mean_of_means - likelihood.nats_per_unit) > 1e-4


@pytest.mark.parametrize("protocol", ["stateful:64", "stateful:1", "window:4"])
def test_a_uniform_model_has_the_perplexity_of_its_vocabulary(protocol: str) -> None:
    def uniform(inputs: Any, targets: Any, state: Any) -> tuple[np.ndarray, Any]:
        return np.full(targets.shape, math.log(37)), state

    likelihood, _ = measure(uniform, lambda rows: None, random_ids(500), protocol)
    assert likelihood.perplexity == pytest.approx(37, rel=1e-13)
    assert likelihood.units == 499


@pytest.mark.parametrize("length", [0, 1])
def test_a_text_without_predictions(engine: Engine, length: int) -> None:
    for protocol in PROTOCOLS:
        likelihood, unknown = measure(engine.nats, engine.start_exact, random_ids(length), protocol)
        assert (likelihood.nats, likelihood.units, unknown) == (0, 0, 0)


def test_nats_of_unknown_units_never_count_even_where_they_are_no_number() -> None:
    def broken(inputs: Any, targets: Any, state: Any) -> tuple[np.ndarray, Any]:
        return np.where(targets == UNKNOWN, np.nan, 1.0), state

    likelihood, unknown = measure(broken, lambda rows: None, random_ids(100, unknown=0.3), "stateful:4")
    assert likelihood.nats == likelihood.units == 99 - unknown
    assert unknown > 10

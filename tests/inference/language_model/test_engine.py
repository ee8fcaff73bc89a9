"""The engine: the network on NumPy, with every row computed as if it were alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp

from textrnn.inference.language_model import engine as engine_module
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.model import LanguageModel
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import named_arrays

Make = Callable[..., LanguageModel]
KINDS: list[dict[str, Any]] = [
    {"cell": "rnn"}, {"cell": "rnn", "activation": "relu"}, {"cell": "lstm"}, {"cell": "gru"},
]  # fmt: skip
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))


def ids_of(engine: Engine, rows: int, steps: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, engine.vocabulary_size, (rows, steps))


def trace(engine: Engine, ids: np.ndarray, prompt: int) -> tuple[np.ndarray, Any]:
    """Logits after a prompt fed as a sequence and after every unit that follows: (B, T - prompt + 1, V)."""
    logits, state = engine.feed(ids[:, :prompt], engine.start(len(ids)))
    found = [logits]
    for t in range(prompt, ids.shape[1]):
        logits, state = engine.feed(ids[:, t : t + 1], state)
        found.append(logits)
    return np.stack(found, axis=1), state


@kinds
@pytest.mark.parametrize("num_layers", [1, 2, 3])
@pytest.mark.parametrize("hidden_size", [1, 12, 33, 64])
def test_a_row_is_the_same_to_the_bit_whatever_stands_beside_it(
    make_model: Make, kind: dict[str, str], num_layers: int, hidden_size: int
) -> None:
    engine = make_model(**kind, num_layers=num_layers, hidden_size=hidden_size).engine
    ids = ids_of(engine, 8, 20)
    together, state = trace(engine, ids, prompt=7)
    for row in range(8):
        alone, own = trace(engine, ids[row : row + 1], prompt=7)
        assert np.array_equal(alone[0], together[row])
        picked = engine.select(state, np.array([row]))
        assert all(map(np.array_equal, named_arrays(own).values(), named_arrays(picked).values()))
    some, _ = trace(engine, ids[[5, 2, 5]], prompt=7)
    assert np.array_equal(some, together[[5, 2, 5]])


@pytest.mark.parametrize("wiring", [{"layer_norm": True}, {"head_size": 7}, {"tied": True}], ids=str)
def test_rows_are_independent_in_every_wiring(make_model: Make, wiring: dict[str, Any]) -> None:
    engine = make_model(num_layers=2, hidden_size=24, **wiring).engine
    ids = ids_of(engine, 8, 12)
    together, _ = trace(engine, ids, prompt=1)
    for row in range(8):
        assert np.array_equal(trace(engine, ids[row : row + 1], prompt=1)[0][0], together[row])


@kinds
def test_a_prompt_fed_as_a_sequence_is_the_prompt_fed_unit_by_unit(make_model: Make, kind: dict[str, str]) -> None:
    engine = make_model(**kind, num_layers=2).engine
    ids = ids_of(engine, 3, 50)
    logits, state = engine.feed(ids, engine.start(3))
    assert logits.shape == (3, engine.vocabulary_size)
    assert logits.dtype == np.float32
    stepwise, stepwise_state = trace(engine, ids, prompt=1)
    np.testing.assert_allclose(stepwise[:, -1], logits, rtol=1e-4, atol=1e-5)
    for part, expected in zip(named_arrays(stepwise_state).values(), named_arrays(state).values(), strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-4, atol=1e-5)


def test_narrow_ids_are_read_as_well(make_model: Make) -> None:
    engine = make_model().engine
    ids = ids_of(engine, 2, 9)
    expected, _ = engine.feed(ids, engine.start(2))
    for dtype in (np.uint8, np.int32):
        assert np.array_equal(engine.feed(ids.astype(dtype), engine.start(2))[0], expected)


def test_a_state_is_a_value(make_model: Make) -> None:
    """Feeding from one state twice gives the same twice: nothing is changed in place."""
    engine = make_model(num_layers=2).engine
    ids = ids_of(engine, 2, 6)
    _, state = engine.feed(ids[:, :3], engine.start(2))
    kept = [part.copy() for part in named_arrays(state).values()]
    first, _ = engine.feed(ids[:, 3:], state)
    second, _ = engine.feed(ids[:, 3:], state)
    assert np.array_equal(first, second)
    assert all(map(np.array_equal, kept, named_arrays(state).values()))


def test_selected_rows_may_repeat(make_model: Make) -> None:
    engine = make_model(num_layers=2).engine
    ids = ids_of(engine, 3, 6)
    _, state = engine.feed(ids[:, :5], engine.start(3))
    rows = np.array([2, 2, 0, 1])
    logits, _ = engine.feed(ids[rows, 5:], engine.select(state, rows))
    expected, _ = engine.feed(ids[:, 5:], state)
    assert np.array_equal(logits, expected[rows])


@kinds
def test_above_its_limit_the_table_is_left_out_and_nothing_changes(
    make_model: Make, kind: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(**kind, num_layers=2)
    ids = ids_of(model.engine, 2, 15)
    expected, _ = model.engine.feed(ids, model.engine.start(2))
    monkeypatch.setattr(engine_module, "TABLE_LIMIT", 0)
    plain = Engine(model.engine.parameters, cell_of(model.settings))
    logits, _ = plain.feed(ids, plain.start(2))
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


@kinds
def test_nats_are_those_of_the_logits(make_model: Make, kind: dict[str, str]) -> None:
    engine = make_model(**kind, num_layers=2).engine
    ids = ids_of(engine, 3, 12)
    nats, _ = engine.nats(ids[:, :-1], ids[:, 1:], engine.start_exact(3))
    assert nats.dtype == np.float64
    for t in range(1, 12):
        logits = engine.feed(ids[:, :t], engine.start(3))[0].astype(np.float64)
        expected = logsumexp(logits, axis=-1) - logits[np.arange(3), ids[:, t]]
        np.testing.assert_allclose(nats[:, t - 1], expected, rtol=1e-4, atol=1e-5)


def test_a_large_vocabulary_is_measured_piece_by_piece(make_model: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_model().engine
    ids = ids_of(engine, 3, 12)
    expected, expected_state = engine.nats(ids[:, :-1], ids[:, 1:], engine.start_exact(3))
    for limit in (1, 5 * engine.vocabulary_size, 33 * engine.vocabulary_size):
        monkeypatch.setattr(engine_module, "LOGITS_LIMIT", limit)
        nats, state = engine.nats(ids[:, :-1], ids[:, 1:], engine.start_exact(3))
        np.testing.assert_allclose(nats, expected, rtol=1e-12)
        assert all(map(np.array_equal, named_arrays(state).values(), named_arrays(expected_state).values()))

"""A language model with a slow layer at work: rows alone and together, figures in every protocol, text, engines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.cells.plain import plain
from textrnn.config.generation import GenerationSettings, Precision
from textrnn.inference.language_model import choosing, compiled_engine
from textrnn.inference.language_model.model import LanguageModel
from textrnn.networks.language_model import Batch, forward
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.recurrent import start_stack
from textrnn.text.corpus import corpus_from_text

Make = Callable[..., LanguageModel]
KINDS: list[dict[str, Any]] = [
    {"hierarchy": "lines"},
    {"hierarchy": "lines", "cell": "gru", "num_layers": 3, "layer_norm": True},
    {"hierarchy": "sentences", "cell": "rnn", "tied": True},
    {"hierarchy": "sentences", "kind": "word", "num_layers": 2},
    {"hierarchy": "lines", "kind": "byte", "head_size": 5},
]
TEXT = "To be, or not to be.\nThat is the question: whether\n\n'tis nobler. To suffer\n" * 8


@pytest.fixture(params=KINDS, ids=lambda kind: " ".join(map(str, kind.values())))
def model(make_model: Make, request: pytest.FixtureRequest) -> LanguageModel:
    return make_model(TEXT, **request.param)


def by_definition(model: LanguageModel, ids: np.ndarray) -> float:
    """Nats of a text read once from its first unit to its last, by the forward pass in float64."""
    p = map_arrays(lambda _, array: array.astype(np.float64), model._parameters)
    assert model.engine.ends is not None
    start = start_stack(model.engine.cell, p.layers, (1,))
    batch = Batch(ids[None], ends=model.engine.ends[ids][None])
    logits = forward(p, batch, start, partial(plain, model.engine.cell))[0][0]
    raised = logits - logits.max(axis=1, keepdims=True)
    log_p = raised - np.log(np.exp(raised).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(ids) - 1), ids[1:]].sum())


def test_figures_are_those_of_the_forward_pass_however_it_is_read(model: LanguageModel) -> None:
    corpus = corpus_from_text(TEXT)
    ids = model.tokenizer.encode(TEXT)
    exact = model.evaluate(corpus, protocol="stateful:1").likelihood
    assert exact.units == len(ids) - 1
    assert exact.nats == pytest.approx(by_definition(model, ids), rel=1e-6)
    for protocol in ("stateful:3", "window:20"):
        one, many = (model.evaluate(corpus, protocol=protocol, batch_size=size).nats_per_unit for size in (1, 7))
        assert one == pytest.approx(many, rel=1e-12)


def test_a_row_is_the_same_to_the_bit_whatever_stands_beside_it(model: LanguageModel) -> None:
    """Whether lines end in other rows at this step or not; and a prompt as a sequence is the prompt unit by unit."""
    engine = model.engine
    ids = np.random.default_rng(0).integers(0, engine.vocabulary_size, (6, 25))
    ids[::2, 3:20:5] = model.tokenizer.encode("\n" if model.tokenizer.kind != "word" else "be.\n")[-1]
    logits, state = engine.feed(ids, engine.start(6))
    for row in range(6):
        alone, own = engine.feed(ids[row : row + 1], engine.start())
        assert np.array_equal(alone[0], logits[row])
        picked = engine.select(state, np.array([row]))
        assert all(map(np.array_equal, named_arrays(own).values(), named_arrays(picked).values()))
    stepwise = engine.start(6)
    for t in range(25):
        by_steps, stepwise = engine.feed(ids[:, t : t + 1], stepwise)
    np.testing.assert_allclose(by_steps, logits, rtol=1e-4, atol=1e-5)


def test_it_writes_the_same_alone_and_beside_others_saved_and_opened(model: LanguageModel, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"length": 60, "seed": 3, "temperature": 1.0}
    text = model.generate("To be", **settings)
    several = model.write("To be", GenerationSettings(samples=3, **settings)).results
    assert several[0].text == text
    model.save(tmp_path / "saved")
    again = textrnn.load(tmp_path / "saved")
    assert isinstance(again, LanguageModel) and again.generate("To be", **settings) == text
    assert len(model.write("To be", GenerationSettings(length=10, beam=3, temperature=0.0)).results[0].text)


def test_numpy_writes_it_however_long_and_in_int8_too(make_model: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "has_numba", lambda: True)
    monkeypatch.setattr(compiled_engine, "is_compiled", lambda _: True)
    model = make_model(TEXT, hierarchy="lines")
    precisions: tuple[Precision, ...] = ("fp32", "int8")
    for precision in precisions:
        long = GenerationSettings(length=10_000_000, precision=precision)
        engine, notes = choosing.engine_for(model.engine_under(None, precision), long)
        assert engine.name.startswith("numpy") and notes == ()
        assert engine.name == ("numpy" if precision == "fp32" else "numpy-int8")


def test_what_a_line_was_is_still_known_in_the_next(make_model: Make) -> None:
    """Two texts that differ in a line long gone differ in what the slow layer holds."""
    model = make_model(TEXT, hierarchy="lines", cell="rnn")
    states = [
        model.engine.feed(model.tokenizer.encode(text)[None], model.engine.start())[1]
        for text in ("To be\nthat", "or not\nthat")
    ]
    (first, _), (second, _) = ((state[1][0], state[0][0]) for state in states)
    assert not np.allclose(first, second)
    # and nothing has been held before the first line has ended
    _, state = model.engine.feed(model.tokenizer.encode("To be")[None], model.engine.start())
    assert not state[1][0].any()

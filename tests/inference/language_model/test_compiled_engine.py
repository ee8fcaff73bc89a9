"""The compiled engine writes what the engine on NumPy writes: every cell and wiring, every way to end, any number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from textrnn.cells.jit import jit
from textrnn.config.generation import GenerationSettings
from textrnn.errors import UserError, WorldError
from textrnn.inference.language_model import engine as engine_module
from textrnn.inference.language_model import generation
from textrnn.inference.language_model.compiled_engine import CompiledEngine, can_follow
from textrnn.inference.language_model.compiled_loop import write
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.generation import Ended, Piece, Sample, collect, generate
from textrnn.inference.language_model.model import LanguageModel
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.text.vocabulary import END

pytest.importorskip("numba")
Make = Callable[..., LanguageModel]
KINDS: list[dict[str, Any]] = [
    {"cell": "rnn"}, {"cell": "rnn", "activation": "relu", "spread": 0.1}, {"cell": "lstm"}, {"cell": "gru"},
]  # fmt: skip
WIRINGS: list[dict[str, Any]] = [
    {}, {"num_layers": 3}, {"num_layers": 2, "layer_norm": True}, {"head_size": 7}, {"tied": True, "num_layers": 2},
]  # fmt: skip
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))


def texts(engine: Any, model: LanguageModel, prompt: str = "To be", seed: int = 1, **values: Any) -> tuple[Sample, ...]:
    settings = GenerationSettings(**{"length": 200, **values})
    return collect(generate(engine, model.tokenizer, model.tokenizer.encode(prompt), prompt, settings, seed))


def logits_after(engine: Any, ids: np.ndarray) -> tuple[np.ndarray, Any]:
    return engine.feed(ids[None], engine.start(1))


def fed_one_by_one(model: LanguageModel, engine: Engine, ids: list[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Logits by the compiled step and by NumPy after each of `ids`."""
    compiled = CompiledEngine(engine)
    for place in range(1, len(ids)):
        logits, state = logits_after(engine, np.array(ids[:place]))
        expected, _ = engine.feed(np.array([[ids[place]]]), state)
        stream = compiled.stream(GenerationSettings(temperature=0), logits, state)
        stream._pending[:] = ids[place]
        stream.write(np.zeros((1, 1)))
        yield stream._logits[0], expected[0]


@kinds
@pytest.mark.parametrize("wiring", WIRINGS, ids=str)
@pytest.mark.parametrize("table_limit", [engine_module.TABLE_LIMIT, 0], ids=["table", "no table"])
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_step_gives_the_logits_of_numpy(
    make_model: Make, kind: Any, wiring: Any, table_limit: int, precision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wiring.get("tied"):
        wiring = {**wiring, "embed_size": 12}
    model = make_model(**{**kind, **wiring})
    monkeypatch.setattr(engine_module, "TABLE_LIMIT", table_limit)
    engine = Engine(model.engine.parameters, cell_of(model.settings), precision)
    ids = np.random.default_rng(0).integers(2, engine.vocabulary_size, 6).tolist()
    for found, expected in fed_one_by_one(model, engine, ids):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@kinds
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_greedy_text_is_that_of_numpy(make_model: Make, kind: Any, precision: Any) -> None:
    model = make_model(**kind, num_layers=2)
    engine = Engine(model.engine.parameters, cell_of(model.settings), precision)
    (expected,), (found,) = (texts(one, model, temperature=0) for one in (engine, CompiledEngine(engine)))
    assert found[:3] == expected[:3] and found.units == 200
    assert found.nats_per_unit == pytest.approx(expected.nats_per_unit, rel=1e-4)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"temperature": 1.2, "top_k": 9},
        {"top_p": 0.8},
        {"min_p": 0.05, "top_k": 20, "top_p": 0.95},
        {"typical": 0.9},
        {"repetition_penalty": 1.3},
        {"no_repeat_ngram": 2, "temperature": 1.1},
        {"no_repeat_ngram": 3, "repetition_penalty": 1.1, "typical": 0.95},
    ],
    ids=str,
)
def test_the_same_seed_draws_the_same_text(make_model: Make, values: dict[str, Any]) -> None:
    model = make_model(num_layers=2)
    engine = CompiledEngine(model.engine)
    expected = texts(model.engine, model, samples=4, **values)
    assert [one[:3] for one in texts(engine, model, samples=4, **values)] == [one[:3] for one in expected]
    assert texts(engine, model, samples=1, **values) == texts(engine, model, samples=4, **values)[:1]
    assert texts(engine, model, seed=2, **values)[0].text != expected[0].text


def test_whatever_the_filters_and_the_number_of_texts_one_version_of_the_loop_serves(make_model: Make) -> None:
    """A version more would be compiled in mid-session, after it was said that the code is at hand."""
    model, versions = make_model(), set()
    for values in (
        {},
        {"typical": 0.9, "samples": 3},
        {"repetition_penalty": 1.3},
        {"no_repeat_ngram": 2, "samples": 2},
    ):
        texts(CompiledEngine(model.engine), model, length=40, **values)
        versions.add(len(jit(write).signatures))
    assert len(versions) == 1


def events(engine: Any, model: LanguageModel, **values: Any) -> list[Any]:
    settings = GenerationSettings(**values)
    return [*generate(engine, model.tokenizer, model.tokenizer.encode("O, "), "O, ", settings, 3)]


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_matrices_read_from_their_ends_give_the_same_bits(make_model: Make, precision: Any) -> None:
    # a matrix of this size is read in five stretches in float32, in two in int8; a call of one unit reads none so
    model = make_model(cell="lstm", hidden_size=288, num_layers=2)
    engine = Engine(model.engine.parameters, cell_of(model.settings), precision)
    compiled = CompiledEngine(engine)
    found = []
    for units in (30, 1):
        logits, state = logits_after(engine, np.array([3, 4, 5]))
        stream, uniforms = (
            compiled.stream(GenerationSettings(), logits, state),
            np.random.default_rng(0).random((1, 30)),
        )
        parts = [stream.write(uniforms[:, place : place + units]) for place in range(0, 30, units)]
        found.append([np.concatenate([part[which] for part in parts], axis=1) for which in (0, 1)])
    for together, one_by_one in zip(*found, strict=True):
        assert np.array_equal(together, one_by_one)


@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 48, 100])
@pytest.mark.parametrize("chunks", [(16, 512), (1, 1), (7, 20)])
def test_however_it_is_cut_into_calls_the_text_and_the_state_are_the_same(
    make_model: Make, length: int, chunks: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(num_layers=2)
    *_, expected = events(model.engine, model, length=length)
    monkeypatch.setattr(generation, "_FIRST_CHUNK", chunks[0])
    monkeypatch.setattr(generation, "_LARGEST_CHUNK", chunks[1])
    *pieces, ended = events(CompiledEngine(model.engine), model, length=length)
    assert "".join(piece.text for piece in pieces) == collect(events(model.engine, model, length=length))[0].text
    same_end(ended, expected)


def same_end(found: Ended, expected: Ended) -> None:
    assert found[:3] == expected[:3] and found.unfed.tolist() == expected.unfed.tolist()
    assert found.nats_per_unit == pytest.approx(expected.nats_per_unit, rel=1e-4)
    for part, other in zip(named_arrays(found.state).values(), named_arrays(expected.state).values(), strict=True):
        assert part.shape == other.shape
        np.testing.assert_allclose(part, other, rtol=1e-4, atol=1e-5)


def test_a_stop_string_in_mid_chunk_ends_text_and_state_where_numpy_ends_them(make_model: Make) -> None:
    model = make_model(num_layers=2)
    text = collect(events(model.engine, model, length=200))[0].text
    for place in (3, 40, 130):
        values = {
            "length": 200,
            "stop": (text[place : place + 2],),
            "no_repeat_ngram": 200,
            "repetition_penalty": 1 + 1e-12,
        }
        *_, expected = events(model.engine, model, **values)
        *pieces, ended = events(CompiledEngine(model.engine), model, **values)
        assert expected.stopped_by == "stop" and isinstance(ended, Ended)
        assert "".join(piece.text for piece in pieces if isinstance(piece, Piece)) == text[: ended.units]
        same_end(ended, expected)


def test_a_text_that_may_end_ends_where_it_ends_on_numpy(make_model: Make) -> None:
    model = make_model("a line\nand another\n", num_layers=1)
    tokenizer = model.tokenizer
    tokenizer.start_id = END
    for seed in range(5):
        expected, found = (
            texts(one, model, "a", seed, length=3000) for one in (model.engine, CompiledEngine(model.engine))
        )
        assert found[0][:3] == expected[0][:3]
        if expected[0].stopped_by == "end":
            return
    pytest.fail("no text ended")


def test_a_damaged_model_says_so_and_after_what(make_model: Make) -> None:
    model = make_model()

    def damage(name: str, array: np.ndarray) -> np.ndarray:
        return np.full_like(array, np.nan) if name == "layers.0.cell.bias_hh" else array

    engine = Engine(map_arrays(damage, model.engine.parameters), cell_of(model.settings))
    with pytest.raises(WorldError, match="NaN at character 1"):
        texts(CompiledEngine(engine), model)


def test_in_mid_text_what_was_written_before_the_damage_comes_first(make_model: Make) -> None:
    model = make_model()
    text = texts(model.engine, model, temperature=1)[0].text
    late = next(place for place in range(20, 200) if text[place] not in "To be" + text[:place])
    poisoned = model.tokenizer.encode(text[late])[0]

    def damage(name: str, array: np.ndarray) -> np.ndarray:
        array = array.copy()
        if name == "embedding":
            array[poisoned] = np.nan
        return array

    engine = CompiledEngine(Engine(map_arrays(damage, model.engine.parameters), cell_of(model.settings)))
    settings, found = GenerationSettings(length=200, temperature=1), []
    with pytest.raises(WorldError, match=f"NaN at character {late + 2}"):
        for event in generate(engine, model.tokenizer, model.tokenizer.encode("To be"), "To be", settings, 1):
            found.append(event.text)
    assert "".join(found) == text[: late + 1]


def test_where_the_filters_leave_nothing_the_text_so_far_comes_first(make_model: Make) -> None:
    model = make_model()
    found = []
    for engine in (model.engine, CompiledEngine(model.engine)):
        text = ""
        with pytest.raises(UserError, match="leave no symbol to write after") as refused:
            settings = GenerationSettings(length=300, no_repeat_ngram=1)
            for event in generate(engine, model.tokenizer, model.tokenizer.encode("To be"), "To be", settings, 1):
                text += event.text
        found.append((text, refused.value.what))
    assert found[0] == found[1] and len(found[0][0]) > 3


def test_the_loop_is_not_asked_for_what_it_does_not_know() -> None:
    assert can_follow(GenerationSettings(top_k=3, top_p=0.5, min_p=0.1, stop=("x",), samples=3))
    assert can_follow(GenerationSettings(typical=0.5, repetition_penalty=1.1, no_repeat_ngram=3))
    assert not can_follow(GenerationSettings(beam=2))
    assert not can_follow(GenerationSettings(temperature=1e-200))

"""Generation over an engine that is a table: streams, batches, prompts, ends, and memory."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.errors import UserError, WorldError
from textrnn.inference.language_model import generation
from textrnn.inference.language_model.generation import Ended, Piece, Sample, collect, generate, notes
from textrnn.inference.language_model.randomness import uniforms
from textrnn.inference.language_model.sampling import ban, draw, softmax, temperature
from textrnn.text.tokenizers.byte import ByteTokenizer
from textrnn.text.tokenizers.char import CharTokenizer
from textrnn.text.vocabulary import END, UNKNOWN

Make = Callable[..., Any]


def samples(engine: Any, tokenizer: Any, prompt: str = "a", seed: int = 0, **values: object) -> tuple[Sample, ...]:
    settings = GenerationSettings(**{"length": 60, **values})
    return collect(generate(engine, tokenizer, tokenizer.encode(prompt), prompt, settings, seed))


def endless(tables: Make, **given: object) -> Any:
    """An engine whose texts never end by themselves."""
    engine = tables(**given)
    engine.table[:, END] = -np.inf
    return engine


def test_one_sample_is_what_the_filters_say_unit_by_unit(tables: Make, letters: Make) -> None:
    engine, stream, ids = endless(tables), uniforms(5, 0), [2, 3]
    for _ in range(60):
        row = temperature(ban(engine.row(ids), np.array([UNKNOWN])), 0.8)
        ids.append(draw(softmax(row), next(stream)))
    assert samples(engine, letters(), "ab", seed=5, temperature=0.8)[0].text == letters().decode(ids[2:])


def test_temperature_zero_follows_the_likeliest_under_any_seed(tables: Make, letters: Make) -> None:
    engine = endless(tables)
    texts = {samples(engine, letters(), seed=seed, temperature=0.0)[0].text for seed in range(5)}
    ids = [2]
    for _ in range(60):
        ids.append(2 + int(engine.row(ids)[2:].argmax()))
    assert texts == {letters().decode(ids[1:])}


def nats_of(engine: Any, tokenizer: Any, prompt: str, text: str) -> list[float]:
    """-log p of every unit of a text after its prompt."""
    ids, start = tokenizer.encode(prompt + text).tolist(), len(prompt)
    rows = [engine.row(ids[:place]) for place in range(start, len(ids))]
    return [float(np.logaddexp.reduce(row) - row[id]) for row, id in zip(rows, ids[start:], strict=True)]


# ---- samples and streams (N15)


def test_sample_i_is_the_same_at_any_number(tables: Make, letters: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tables()
    alone = samples(engine, letters(), seed=3, samples=1)
    many = samples(engine, letters(), seed=3, samples=23)
    assert many[:1] == alone and many[:5] == samples(engine, letters(), seed=3, samples=5)
    # also where they do not fit into one batch
    monkeypatch.setattr(generation, "_ROWS", 4)
    assert samples(engine, letters(), seed=3, samples=23) == many


def test_samples_are_no_copies_and_seeds_matter(tables: Make, letters: Make) -> None:
    engine = endless(tables)
    texts = [sample.text for seed in range(5) for sample in samples(engine, letters(), seed=seed, samples=20)]
    assert len(set(texts)) == 100
    # the first characters differ too, as they should under their distribution
    assert len(Counter(text[0] for text in texts)) > 3


def test_a_stream_is_the_sample_piece_by_piece(tables: Make, letters: Make) -> None:
    settings = GenerationSettings(length=30, samples=3, stop=("cab",))
    events = list(generate(endless(tables), letters(), np.array([2]), "a", settings, 1))
    for number, sample in enumerate(collect(events)):
        pieces = [event.text for event in events if isinstance(event, Piece) and event.sample == number]
        assert all(pieces) and "".join(pieces) == sample.text
    assert [event.sample for event in events if isinstance(event, Ended)] == [0, 1, 2]


# ---- the prompt


def test_a_long_prompt_is_fed_once_in_sequences(tables: Make, letters: Make) -> None:
    engine, prompt = endless(tables), "abcd" * 3_000
    many = samples(engine, letters(), prompt, samples=3, length=5)
    assert engine.fed == [(1, 4096), (1, 4096), (1, 3808), *[(3, 1)] * 4]
    assert many[:1] == samples(engine, letters(), prompt, length=5)


def test_an_empty_prompt_is_fed_the_start(tables: Make, letters: Make) -> None:
    from_a = CharTokenizer(letters().symbols, 2)
    assert samples(endless(tables), from_a, "", seed=2) == samples(endless(tables), from_a, "a", seed=2)
    assert samples(endless(tables), from_a, "", seed=2) != samples(endless(tables), from_a, "b", seed=2)


def test_the_decoder_knows_the_prompt(tables: Make, letters: Make) -> None:
    tokenizer, heard = letters(), []
    make = tokenizer.decoder
    tokenizer.decoder = lambda after="": heard.append(after) or make(after)
    samples(endless(tables), tokenizer, "abc", samples=2)
    assert heard == ["abc", "abc"]


# ---- ends


def test_ended_samples_leave_the_batch_and_their_texts_stay(tables: Make, letters: Make) -> None:
    engine = tables()
    many = samples(engine, letters(), samples=40)
    rows = [shape[0] for shape in engine.fed[1:]]
    assert rows == sorted(rows, reverse=True) and rows[0] == 40 > rows[-1]
    assert sum(rows) == sum(sample.units for sample in many) - sum(sample.stopped_by == "length" for sample in many)
    assert {sample.stopped_by for sample in many} == {"end", "length"}
    for sample in many:
        assert sample.units == len(sample.text) and (sample.units == 60) == (sample.stopped_by == "length")


def test_nats_are_those_of_the_text_before_any_filter(tables: Make, letters: Make) -> None:
    engine, tokenizer = tables(), letters()
    settings = {"samples": 20, "temperature": 0.5, "top_k": 6, "repetition_penalty": 1.1, "stop": ("ca", "dd")}
    many = samples(engine, tokenizer, "b", **settings)
    assert {sample.stopped_by for sample in many} >= {"stop"}
    for sample in many:
        nats = nats_of(engine, tokenizer, "b", sample.text)
        expected = pytest.approx(np.mean(nats), rel=1e-9) if nats else None
        assert sample.nats_per_unit == expected


def test_a_stop_string_ends_the_text_and_is_no_part_of_it(tables: Make, letters: Make) -> None:
    whole = samples(endless(tables), letters(), samples=30, length=200)
    cut = samples(endless(tables), letters(), samples=30, length=200, stop=("ab", "dc", "cde"))
    for before, after in zip(whole, cut, strict=True):
        found = [(before.text.find(stop) + len(stop), stop) for stop in ("ab", "dc", "cde") if stop in before.text]
        if not found:
            assert after == before
            continue
        end, stop = min(found)  # the first to be complete
        assert after.text == before.text[: end - len(stop)] and after.stopped_by == "stop"
    assert sum(sample.stopped_by == "stop" for sample in cut) > 20


def test_unknown_is_never_written(tables: Make, letters: Make) -> None:
    engine = endless(tables)
    engine.table[:, UNKNOWN] = 30.0
    for sample in samples(engine, letters(), samples=10):
        assert "\N{REPLACEMENT CHARACTER}" not in sample.text and sample.units == 60


def test_length_zero_gives_nothing(tables: Make, letters: Make) -> None:
    engine = tables()
    assert samples(engine, letters(), samples=2, length=0) == (Sample("", 0, "length", None),) * 2
    assert samples(engine, letters(), length=0, beam=2) == (Sample("", 0, "length", None),)
    assert engine.fed == []


def test_a_million_million_units_stream_in_flat_memory(tables: Make, letters: Make) -> None:
    engine = endless(tables)
    settings = GenerationSettings(length=10**12, stop=("abc" * 5,), repetition_penalty=1.1)
    events = generate(engine, letters(), np.array([2]), "a", settings, 0)
    assert sum(1 for _ in itertools.islice(events, 500)) == 500
    engine.fed = []
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in itertools.islice(events, 3_000):
        engine.fed.clear()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 10_000


def test_no_character_is_split(tables: Make) -> None:
    tokenizer = ByteTokenizer(12)
    table = np.full((258, 258), -np.inf)
    ids = tokenizer.encode("€a").tolist()
    for before, after in itertools.pairwise([*ids, ids[0]]):
        table[before, after] = 0.0
    settings = GenerationSettings(length=8)
    events = generate(tables(table=table), tokenizer, np.array([ids[-1]]), "a", settings, 0)
    assert [event.text for event in events if isinstance(event, Piece)] == ["€", "a", "€", "a"]


def test_a_damaged_model_is_named_with_the_place(tables: Make, letters: Make) -> None:
    table = np.full((6, 6), -np.inf)
    table[2, 3] = table[3, 4] = 0.0
    table[4] = math.nan
    with pytest.raises(WorldError, match="the model produced NaN at character 3"):
        samples(tables(table=table), letters(6))


def test_ngrams_that_run_out_are_the_users_to_mend(tables: Make, letters: Make) -> None:
    with pytest.raises(UserError, match="after 3 characters"):
        samples(endless(tables, size=6), letters(6), no_repeat_ngram=1, temperature=0.0)


# ---- going on from where a text ended


@pytest.mark.parametrize("values", [{}, {"samples": 3}, {"beam": 3}])
def test_an_end_can_be_gone_on_from(tables: Make, letters: Make, values: dict[str, int]) -> None:
    engine, tokenizer = endless(tables), letters()
    settings = GenerationSettings(length=10, **values)
    ends = [
        event for event in generate(engine, tokenizer, np.array([2, 3]), "ab", settings, 0) if isinstance(event, Ended)
    ]
    texts = [sample.text for sample in samples(engine, tokenizer, "ab", length=10, **values)]
    for end, text in zip(ends, texts, strict=False):
        greedy = GenerationSettings(length=10, temperature=0.0)
        at_once = samples(engine, tokenizer, "ab" + text + "cd", length=10, temperature=0.0)
        more = np.concatenate([end.unfed, tokenizer.encode("cd")])
        assert collect(generate(engine, tokenizer, more, "cd", greedy, 0, state=end.state)) == at_once


# ---- beam search


def test_a_beam_gives_its_best_as_samples(tables: Make, letters: Make) -> None:
    engine, tokenizer = tables(), letters()
    three = samples(engine, tokenizer, beam=4, samples=3, length=6)
    assert three[:1] == samples(engine, tokenizer, beam=4, length=6, seed=9)
    assert len({sample.text for sample in three}) == 3
    for sample in three:
        assert sample.units == len(sample.text)
        nats = nats_of(engine, tokenizer, "a", sample.text)
        assert sample.nats_per_unit == pytest.approx(np.mean(nats), rel=1e-9)


def test_a_beam_stops_at_stop_strings(tables: Make, letters: Make) -> None:
    engine = endless(tables)
    whole = samples(engine, letters(), beam=3, length=20)[0].text
    stop = whole[5:7]
    cut = samples(engine, letters(), beam=3, length=20, stop=(stop,), samples=3)
    assert "stop" in {sample.stopped_by for sample in cut}
    assert not any(stop in sample.text for sample in cut)
    assert all(sample.units == len(sample.text) for sample in cut)


def test_notes_name_what_the_model_cannot_follow(letters: Make) -> None:
    assert notes(GenerationSettings(), letters()) == ()
    assert len(notes(GenerationSettings(top_k=50, stop=("#", "a")), letters())) == 2

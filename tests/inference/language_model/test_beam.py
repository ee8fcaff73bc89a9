"""Beam search against a search through all texts, against greedy text, and where hypotheses are equal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.errors import UserError, WorldError
from textrnn.inference.language_model.beam import BeamSearch, Hypothesis
from textrnn.inference.language_model.generation import collect, generate
from textrnn.inference.language_model.sampling import no_repeat_ngram, repetition_penalty
from textrnn.text.tokenizers.byte import ByteTokenizer
from textrnn.text.tokenizers.word import WordTokenizer
from textrnn.text.vocabulary import END, UNKNOWN

START = 2


def search(engine: Any, tokenizer: Any, **values: object) -> list[Hypothesis]:
    settings = GenerationSettings(**values)
    logits, state = engine.feed(np.array([[START]]), engine.start())
    return BeamSearch(tokenizer, np.array([START]), "a", settings).run(engine, logits, state)


def log_softmax(row: np.ndarray) -> np.ndarray:
    return row - np.logaddexp.reduce(row)


def all_texts(engine: Any, tokenizer: Any, settings: GenerationSettings) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every text that ends by END, by a stop string, or by the length, with its score."""
    ids = [id for id in range(engine.vocabulary_size) if id != UNKNOWN]
    for length in range(1, settings.length + 1):
        for text in itertools.product(ids, repeat=length):
            endings = [
                text[place] == END or any(tokenizer.decode(text[: place + 1]).endswith(stop) for stop in settings.stop)
                for place in range(length)
            ]
            if any(endings[:-1]) or not (endings[-1] or length == settings.length):
                continue
            log_p, past = 0.0, [START]
            for id in text:
                row = engine.row(past)
                row[UNKNOWN] = -np.inf
                if settings.repetition_penalty is not None:
                    row = repetition_penalty(row, np.isin(np.arange(len(row)), past), settings.repetition_penalty)
                if settings.no_repeat_ngram is not None:
                    row = no_repeat_ngram(row, np.array(past), settings.no_repeat_ngram)
                log_p += log_softmax(row)[id]
                past.append(id)
            if log_p > -np.inf:
                yield text, log_p / ((5 + length) / 6) ** settings.length_penalty


@pytest.mark.parametrize(
    "values",
    [
        {"length_penalty": 0.0},
        {"length_penalty": 0.6},
        {"length_penalty": 3.0},
        {"length_penalty": 1.0, "stop": ("ba", "cc")},
        {"length_penalty": 0.6, "repetition_penalty": 1.5},
        {"length_penalty": 0.6, "no_repeat_ngram": 2},
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_beam_wide_enough_finds_the_best_of_all_texts(
    tables: Callable[..., Any], letters: Callable[..., Any], values: dict[str, Any], seed: int
) -> None:
    engine, tokenizer = tables(5, seed=seed, drift=1.0), letters(5)
    # wider than there are texts of four units
    settings = {"length": 4, "beam": 1000, **values}
    every = sorted(all_texts(engine, tokenizer, GenerationSettings(**settings)), key=lambda found: -found[1])
    found = search(engine, tokenizer, **settings)
    assert [tuple(hypothesis.ids.tolist()) for hypothesis in found] == [text for text, _ in every[:1000]]
    np.testing.assert_allclose(
        [hypothesis.score for hypothesis in found], [score for _, score in every[:1000]], rtol=1e-12
    )
    # a narrow beam gives texts and scores that exist, in order
    scores = dict(every)
    for width in (1, 2, 3):
        narrow = search(engine, tokenizer, **{**settings, "beam": width})
        assert len(narrow) == width
        assert [scores[tuple(one.ids.tolist())] for one in narrow] == pytest.approx([one.score for one in narrow])
        assert narrow == sorted(narrow, key=lambda one: -one.score)


def test_the_search_ends_only_when_nothing_can_get_ahead(
    tables: Callable[..., Any], letters: Callable[..., Any]
) -> None:
    # END is likely at once, and a long text wins late: its every step after the first is nearly sure
    table = np.full((4, 4), -20.0)
    table[2, [END, 3]] = [0.1, 0.0]
    table[3, 3] = 0.0
    best = search(tables(table=table), letters(4), beam=1, length=30, length_penalty=1.0)[0]
    assert best.ids.tolist() == [3] * 30
    short = search(tables(table=table), letters(4), beam=1, length=30, length_penalty=0.0)[0]
    assert short.ids.tolist() == [END]


def test_it_stops_feeding_once_settled(tables: Callable[..., Any], letters: Callable[..., Any]) -> None:
    table = np.zeros((4, 4))
    table[:, END] = 5.0
    engine = tables(table=table)
    assert search(engine, letters(4), beam=2, length=1000, length_penalty=0.0)[0].ids.tolist() == [END]
    assert len(engine.fed) < 10


def test_width_one_without_an_end_is_greedy(tables: Callable[..., Any], letters: Callable[..., Any]) -> None:
    table = np.random.default_rng(3).normal(size=(12, 12))
    table[:, END] = -50.0
    id, greedy = START, []
    for _ in range(40):
        id = 2 + int(table[id, 2:].astype(np.float32).argmax())
        greedy.append(id)
    assert search(tables(table=table), letters(12), beam=1, length=40)[0].ids.tolist() == greedy


WORDS = WordTokenizer(("<unk>", "<end>", "to", "be", ",", "'", "don", "t"), 2, lowercase=False)


@pytest.mark.parametrize(
    ("tokenizer", "stops"),
    [(WORDS, ["o be", "be,", ", don", "to "]), (ByteTokenizer(2), ["€", "a€", "é"])],
    ids=["words", "bytes"],
)
def test_a_stop_string_ends_a_beam_where_it_ends_the_likeliest_text(
    tables: Callable[..., Any], tokenizer: Any, stops: list[str]
) -> None:
    """With steps that are all but sure, both write the same; a stop string is found across units and their spaces."""
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        size = len(tokenizer.symbols)
        table = np.full((size, size), -60.0)
        known = [2, 3, 4, 5, 6] if tokenizer is WORDS else tokenizer.encode("a€é").tolist()
        following = rng.permutation(known) if tokenizer is WORDS else np.roll(known, -1)
        for before, after in zip(known, following, strict=True):
            table[before, after] = 0.0
        for stop in stops:
            values = {"length": 9, "stop": (stop,)}
            texts = [
                collect(
                    generate(tables(table=table), tokenizer, np.array(known[:1]), "to", GenerationSettings(**given), 0)
                )
                for given in ({**values, "beam": 1, "length_penalty": 0.0}, {**values, "temperature": 0.0})
            ]
            assert texts[0] == texts[1]
            found += texts[0][0].stopped_by == "stop"
    assert found > 5


def test_nats_are_the_models_own(tables: Callable[..., Any], letters: Callable[..., Any]) -> None:
    engine = tables(8, seed=5)
    settings = {"beam": 3, "length": 6, "repetition_penalty": 2.0}
    for hypothesis in search(engine, letters(8), **settings):
        ids = hypothesis.ids.tolist()
        expected = [-log_softmax(engine.row([START, *ids[:place]]))[id] for place, id in enumerate(ids)]
        np.testing.assert_allclose(hypothesis.nats, expected, rtol=1e-12)


def test_equals_come_lowest_id_first(tables: Callable[..., Any], letters: Callable[..., Any]) -> None:
    table = np.zeros((6, 6))
    table[:, END] = -50.0
    found = search(tables(table=table), letters(6), beam=4, length=3)
    assert [hypothesis.ids.tolist() for hypothesis in found] == [[2, 2, 2], [3, 2, 2], [4, 2, 2], [5, 2, 2]]


def test_unknown_is_never_written(tables: Callable[..., Any], letters: Callable[..., Any]) -> None:
    table = np.random.default_rng(6).normal(size=(6, 6))
    table[:, UNKNOWN] = 50.0
    for hypothesis in search(tables(table=table), letters(6), beam=5, length=8):
        assert UNKNOWN not in hypothesis.ids


def test_a_penalty_that_no_power_holds(tables: Callable[..., Any], letters: Callable[..., Any]) -> None:
    assert len(search(tables(6), letters(6), beam=2, length=20, length_penalty=1e6)) == 2


def test_nothing_left_to_write_is_the_users_to_mend(tables: Callable[..., Any], letters: Callable[..., Any]) -> None:
    table = np.zeros((5, 5))
    table[:, END] = -np.inf
    with pytest.raises(UserError, match="the filters leave no symbol to write after 2 characters"):
        search(tables(table=table), letters(5), beam=3, length=9, no_repeat_ngram=1)


def test_a_damaged_model_is_named_with_the_place(tables: Callable[..., Any], letters: Callable[..., Any]) -> None:
    table = np.zeros((5, 5))
    table[3:] = math.nan
    with pytest.raises(WorldError, match="the model produced NaN at character 2: the checkpoint is damaged"):
        search(tables(table=table), letters(5), beam=3, length=9)

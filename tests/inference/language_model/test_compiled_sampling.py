"""The compiled loop's draws are the sampler's: same ids, same nats, whatever the filters, ties and special units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.errors import TextrnnError
from textrnn.inference.language_model.compiled_engine import choice_of
from textrnn.inference.language_model.compiled_sampling import NOTHING, Room, draw_unit
from textrnn.inference.language_model.sampler import Sampler

SETTINGS: list[dict[str, Any]] = [
    {"temperature": 0}, {"temperature": 1}, {"temperature": 0.8}, {"temperature": 1e-3}, {"temperature": 1e6},
    {"top_k": 1}, {"top_k": 3}, {"top_k": 99}, {"top_p": 0.5}, {"top_p": 0.0}, {"min_p": 0.2}, {"min_p": 1.0},
    {"top_k": 5, "top_p": 0.7}, {"top_k": 4, "top_p": 0.9, "min_p": 0.1, "temperature": 1.3},
    {"typical": 0.5}, {"typical": 0.95, "temperature": 0.7}, {"typical": 0.2, "top_k": 6}, {"typical": 1e-9},
    {"repetition_penalty": 1.3}, {"repetition_penalty": 0.5, "temperature": 0}, {"repetition_penalty": 1e200},
    {"no_repeat_ngram": 1}, {"no_repeat_ngram": 2}, {"no_repeat_ngram": 3, "temperature": 0}, {"no_repeat_ngram": 99},
    {"repetition_penalty": 1.1, "no_repeat_ngram": 3, "typical": 0.9, "top_p": 0.95, "min_p": 0.01},
]  # fmt: skip


PAST = np.array([3, 4, 5, 3, 7, 4, 5, 9, 3, 4], np.int64)


def by_loop(logits: np.ndarray, settings: GenerationSettings, has_end: bool, uniform: float) -> tuple[int, float]:
    size = len(logits)
    choice, seen = choice_of(settings, size, banned=1 if has_end else 2), np.zeros(size, np.bool_)
    seen[PAST[size > PAST]] = True
    return draw_unit(logits, choice, uniform, seen, PAST, Room(np.empty(size), np.empty(size), np.empty(size)))


@pytest.mark.parametrize("values", SETTINGS, ids=str)
@pytest.mark.parametrize("has_end", [True, False])
def test_a_draw_is_the_samplers(values: dict[str, Any], has_end: bool) -> None:
    settings, rng = GenerationSettings(**values), np.random.default_rng(0)
    for number in range(150):
        logits = rng.normal(0, rng.choice([0.1, 2, 20]), 12).astype(np.float32)
        if number % 3 == 0:
            # many ties, in which the lowest ids come first
            logits = np.round(logits)
        if number % 7 == 0:
            logits[rng.integers(2, 12, 4)] = -np.inf
        uniform = rng.choice([0.0, rng.random(), 1 - 2.0**-53])
        sampler = Sampler(settings, 12, PAST, has_end=has_end)
        expected, expected_nats = sampler.step(logits, uniform)
        id, nats = by_loop(logits, settings, has_end, uniform)
        assert id == expected and nats == pytest.approx(expected_nats, rel=1e-9, abs=1e-12)


def test_every_unit_comes_as_often_as_it_should() -> None:
    logits, settings = np.log(np.array([9, 1, 2, 3, 4], np.float32)), GenerationSettings(temperature=1)
    ids = [by_loop(logits, settings, True, (n + 0.5) / 1000)[0] for n in range(1000)]
    assert np.bincount(ids, minlength=5).tolist() == [0, 100, 200, 300, 400]


@pytest.mark.parametrize("place", [0, 1, 4])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_the_sampler_refuses_is_not_drawn_from(place: int, value: float) -> None:
    logits = np.zeros(6, np.float32)
    logits[place] = value
    for has_end in (True, False):
        with pytest.raises(TextrnnError):
            Sampler(GenerationSettings(), 6, np.zeros(0, np.int64), has_end=has_end).step(logits, 0.5)
        assert by_loop(logits, GenerationSettings(), has_end, 0.5)[0] == NOTHING
    assert by_loop(np.full(6, -np.inf, np.float32), GenerationSettings(), True, 0.5)[0] == NOTHING


def test_where_unknown_units_have_all_the_probability_the_nats_say_so() -> None:
    logits = np.array([2000, 0, 1, 1], np.float32)
    for has_end in (True, False):
        id, nats = by_loop(logits, GenerationSettings(temperature=0), has_end, 0.5)
        assert (id, nats) == (2, 1999.0)

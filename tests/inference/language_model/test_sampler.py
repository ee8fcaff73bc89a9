"""The sampler against its definition (one filter after the other), against the distribution it claims, at its edges.

Counts are those of a quick run. With FULL_COUNTS=1 in the environment: 10,000 steps for each low temperature (N12), a
million draws under each of 200 settings (N14), 10^8 draws for what must never be drawn, a million steps for memory.
"""

from __future__ import annotations

import itertools
import math
import os
import tracemalloc
from typing import Any

import numpy as np
import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.errors import UserError, WorldError
from textrnn.inference.language_model import sampling
from textrnn.inference.language_model.randomness import uniforms
from textrnn.inference.language_model.sampler import Sampler, clamped
from textrnn.text.vocabulary import END, UNKNOWN

FULL = os.environ.get("FULL_COUNTS") == "1"
NOTHING = np.zeros(0, dtype=np.int32)


def settings_of(**values: object) -> GenerationSettings:
    return GenerationSettings(**{"temperature": 1.0, **values})


def defined(row: np.ndarray, past: list[int], settings: GenerationSettings) -> np.ndarray:
    """The distribution that the documented order of filters gives."""
    row = sampling.ban(row.astype(np.float64), np.array([UNKNOWN]))
    if settings.repetition_penalty is not None:
        row = sampling.repetition_penalty(row, np.isin(np.arange(len(row)), past), settings.repetition_penalty)
    if settings.no_repeat_ngram is not None:
        row = sampling.no_repeat_ngram(row, np.array(past, dtype=np.int64), settings.no_repeat_ngram)
    row = sampling.temperature(row, settings.temperature)
    for name in ("top_k", "top_p", "min_p", "typical"):
        if getattr(settings, name) is not None:
            row = getattr(sampling, name)(row, getattr(settings, name))
    return sampling.softmax(row)


CHOICES = {
    "temperature": [0.0, 1e-300, 1e-8, 0.5, 1.0, 3.0],
    "top_k": [None, 1, 3, 100],
    "top_p": [None, 0.0, 0.6, 0.95],
    "min_p": [None, 0.2, 1.0],
    "typical": [None, 0.7],
    "repetition_penalty": [None, 1.4],
    "no_repeat_ngram": [None, 2],
}
COMBINATIONS = [dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())]


def test_combinations_of_filters_are_the_documented_chain() -> None:
    rng = np.random.default_rng(0)
    # seven has no factor in common with the numbers of choices: every choice meets every other
    for values in COMBINATIONS if FULL else COMBINATIONS[::7]:
        settings, past = settings_of(**values), [3, 1, 4, 1]
        sampler = Sampler(settings, 30, np.array(past))
        for turn in range(4):
            row = rng.normal(size=30).astype(np.float32) * 2
            if turn % 2:
                row = np.round(row)  # ties
            row[rng.random(30) < 0.1] = -np.inf
            row[5] = 1.0
            row[UNKNOWN] = 4.0
            uniform = float(rng.random())
            id, nats = sampler.step(row, uniform)
            assert id == sampling.draw(defined(row, past, settings), uniform), values
            own = row.astype(np.float64)
            assert nats == pytest.approx(math.log(np.exp(own).sum()) - own[id], abs=1e-12)
            past.append(id)


def test_top_p_kept_at_once_has_the_sharp_edge_of_its_definition() -> None:
    rng = np.random.default_rng(8)
    for _ in range(100):
        row = rng.normal(size=12).astype(np.float32)
        reached = np.cumsum(np.sort(defined(row, [], settings_of()))[::-1])
        edge = reached[rng.integers(10)]
        for mass in (edge * (1 - 1e-9), edge, edge * (1 + 1e-9)):
            settings = settings_of(top_p=float(mass))
            expected = defined(row, [], settings)
            ids = {
                Sampler(settings, 12, NOTHING).step(row, uniform)[0] for uniform in np.linspace(0, 0.9999, 120).tolist()
            }
            assert ids <= set(np.flatnonzero(expected).tolist())
            assert ids >= set(np.flatnonzero(expected > 0.01).tolist())


@pytest.mark.parametrize("value", [0.0, 5e-324, 1e-300, 1e-30, 1e-8])
def test_low_temperature_is_argmax_with_any_uniform(value: float) -> None:
    rng = np.random.default_rng(1)
    sampler = Sampler(settings_of(temperature=value), 20, NOTHING)
    for _ in range(10_000 if FULL else 1_000):
        row = (rng.normal(size=20) * rng.choice([1.0, 1e30])).astype(np.float32)
        row[UNKNOWN] = 3e38
        assert sampler.step(row, float(rng.random()))[0] == 1 + row[1:].argmax()


def test_temperature_zero_takes_the_lowest_of_the_best() -> None:
    sampler = Sampler(settings_of(temperature=0.0), 5, NOTHING)
    assert sampler.step(np.array([9, 1, 2, 2, 2], dtype=np.float32), 0.99)[0] == 2


def test_k_of_one_is_argmax_and_k_of_all_with_p_of_one_is_nothing() -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(300, 20)).astype(np.float32)
    rows[:, UNKNOWN] = -1.0
    draws = rng.random(300).tolist()

    def ids(**values: object) -> list[int]:
        sampler = Sampler(GenerationSettings.check({"temperature": 1.0, **values}), 20, NOTHING)
        return [sampler.step(row, uniform)[0] for row, uniform in zip(rows, draws, strict=True)]

    assert ids(top_k=1) == ids(temperature=0) == ids(top_p=0) == (1 + rows[:, 1:].argmax(axis=1)).tolist()
    assert ids(top_k=20, top_p=1) == ids(top_k=10_000) == ids() != ids(top_k=3)


def test_unknown_is_never_drawn_but_has_its_share_of_the_nats() -> None:
    for lift in (0.0, 50.0, 5_000.0):
        row = np.array([lift, 0.0, 1.0, 0.5], dtype=np.float32)
        sampler = Sampler(settings_of(), 4, NOTHING)
        for uniform in np.linspace(0, 1 - 2**-53, 50).tolist():
            id, nats = sampler.step(row, uniform)
            assert id != UNKNOWN
            assert nats == pytest.approx(np.logaddexp.reduce(row.astype(np.float64)) - row[id], rel=1e-12)


# ---- what is drawn (N14)


def a_setting(rng: np.random.Generator, *, is_typical: bool) -> GenerationSettings:
    values = {name: rng.choice(np.array(choices, dtype=object)) for name, choices in CHOICES.items()}
    values |= {"temperature": float(rng.uniform(0.3, 2)), "no_repeat_ngram": None}
    return settings_of(**{**values, "typical": 0.7 if is_typical else None})


def p_value(counts: np.ndarray, expected: np.ndarray) -> float:
    chi2 = pytest.importorskip("scipy.stats").chi2
    # the chi-square law needs five expected in a cell: those of less are counted as one
    small = expected < 5
    counts = np.append(counts[~small], counts[small].sum())
    expected = np.append(expected[~small], expected[small].sum())
    counts, expected = counts[expected > 0], expected[expected > 0]
    if len(expected) < 2:
        return 1.0
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), len(expected) - 1))


def holm_rejects(p_values: list[float], alpha: float = 1e-6) -> bool:
    return any(p < alpha / (len(p_values) - rank) for rank, p in enumerate(sorted(p_values)))


def test_what_is_drawn_has_the_distribution_of_the_filters() -> None:
    rng = np.random.default_rng(3)
    draws, given, shifted = 1_000_000 if FULL else 15_000, [], []
    for number in range(200 if FULL else 6):
        settings = a_setting(rng, is_typical=number % 6 == 0)
        row = rng.normal(size=10).astype(np.float32)
        past = [4, 2, *range(1, 10)] if settings.repetition_penalty else []
        sampler, stream = Sampler(settings, 10, np.array(past)), uniforms(3, number)
        counts = np.bincount([sampler.step(row, next(stream))[0] for _ in range(draws)], minlength=10)
        probabilities = defined(row, past, settings)
        assert counts[probabilities == 0].sum() == 0
        given.append(p_value(counts, probabilities * draws))
        # the test has teeth: a hundredth of all probability in the wrong place is seen
        best = probabilities.argmax()
        control = probabilities * 0.99
        control[1 + best % 9] += 0.01
        shifted.append(p_value(counts, control * draws))
    assert not holm_rejects(given)
    assert holm_rejects(shifted)


def test_what_is_excluded_is_never_drawn() -> None:
    rng = np.random.default_rng(4)
    row = rng.normal(size=10).astype(np.float32)
    row[[2, 9]] = -np.inf
    sampler, stream = Sampler(settings_of(top_k=5), 10, NOTHING), uniforms(4, 0)
    allowed = set(np.flatnonzero(defined(row, [], settings_of(top_k=5))).tolist())
    assert len(allowed) == 5
    edges = [0.0, 5e-324, 1 - 2**-53]
    draws = itertools.chain(edges, itertools.islice(stream, 10**8 if FULL else 20_000))
    assert {sampler.step(row, uniform)[0] for uniform in draws} == allowed


# ---- edges


@pytest.mark.parametrize(
    "values", [{}, {"temperature": 0.0}, {"top_k": 3}, {"typical": 0.5}, {"repetition_penalty": 1.5}]
)
@pytest.mark.parametrize("damage", [math.nan, math.inf])
@pytest.mark.parametrize("place", [0, 1, 4])
def test_a_damaged_model_is_named_with_the_place(values: dict[str, float], damage: float, place: int) -> None:
    sampler = Sampler(settings_of(**values), 5, NOTHING, unit="byte")
    good = np.zeros(5, dtype=np.float32)
    bad = good.copy()
    bad[place] = damage
    sampler.step(good, 0.5)
    with pytest.raises(WorldError, match=r"^the model produced NaN at byte 2: the checkpoint is damaged$"):
        sampler.step(bad, 0.5)


def test_filters_that_leave_nothing_are_the_users_to_mend() -> None:
    sampler = Sampler(settings_of(no_repeat_ngram=1), 4, NOTHING)
    row = np.array([3, 1, 2, 3], dtype=np.float32)
    assert {sampler.step(row, 0.5)[0] for _ in range(3)} == {1, 2, 3}
    with pytest.raises(
        UserError, match=r"^the filters leave no symbol to write after 3 characters: .*--no-repeat-ngram"
    ):
        sampler.step(row, 0.5)
    with pytest.raises(UserError, match="leave no symbol"):
        Sampler(settings_of(), 4, NOTHING).step(np.array([1, *[-np.inf] * 3], dtype=np.float32), 0.5)


def test_the_prompt_counts_as_past() -> None:
    row = np.array([0, 0, 5, 4, 3], dtype=np.float32)
    greedy = {"temperature": 0.0}
    assert Sampler(settings_of(**greedy, no_repeat_ngram=2), 5, np.array([3, 2, 3])).step(row, 0.0)[0] == 3
    assert Sampler(settings_of(**greedy, repetition_penalty=2.0), 5, np.array([2, 3])).step(row, 0.0)[0] == 4


@pytest.mark.parametrize(
    "values",
    [{}, {"temperature": 0.8, "top_k": 8, "top_p": 0.9}, {"repetition_penalty": 1.2}, {"min_p": 0.1, "typical": 0.8}],
)
def test_memory_does_not_grow(values: dict[str, float]) -> None:
    sampler, stream = Sampler(settings_of(**values), 20, NOTHING), uniforms(0, 0)
    rows = np.random.default_rng(5).normal(size=(7, 20)).astype(np.float32)

    def write(units: int) -> None:
        for number in range(units):
            sampler.step(rows[number % 7], next(stream))

    write(500)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    write(1_000_000 if FULL else 2_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    # the uniforms at hand come and go in blocks of some kilobytes; a list of ids would grow by 8 bytes a unit
    assert grown < 8_000


def test_a_long_history_of_ngrams_is_kept_in_order() -> None:
    sampler = Sampler(settings_of(no_repeat_ngram=3, temperature=1.0), 30, np.array([7]))
    rng = np.random.default_rng(6)
    ids = [7, *(sampler.step(rng.normal(size=30).astype(np.float32), float(rng.random()))[0] for _ in range(3_000))]
    runs = list(zip(ids, ids[1:], ids[2:], strict=False))
    assert len(set(runs)) == len(runs)


def test_top_k_beyond_the_vocabulary_is_noted() -> None:
    assert clamped(settings_of(top_k=10), 10) == clamped(settings_of(), 10) == ()
    assert clamped(settings_of(top_k=11), 10) == (
        "--top-k 11 is more than the vocabulary of 10: it leaves out nothing",
    )


@pytest.mark.parametrize("values", [{}, {"top_k": 3}, {"repetition_penalty": 1.5}, {"temperature": 0.0}])
def test_a_model_that_saw_no_end_writes_none(values: dict[str, Any]) -> None:
    row = np.array([1.0, 9.0, 2.0, 0.5, 1.5])
    free = Sampler(GenerationSettings.check(values), 5, NOTHING)
    bound = Sampler(GenerationSettings.check(values), 5, NOTHING, has_end=False)
    assert END in {free.step(row, uniform)[0] for uniform in np.linspace(0, 0.999, 50).tolist()}
    drawn = [bound.step(row, uniform) for uniform in np.linspace(0, 0.999, 50).tolist()]
    assert {id for id, _ in drawn} <= {2, 3, 4}
    # the figure is still that of the model's own distribution, in which an end has its share
    for id, nats in drawn:
        assert nats == pytest.approx(-(row[id] - np.log(np.exp(row).sum())), rel=1e-12)

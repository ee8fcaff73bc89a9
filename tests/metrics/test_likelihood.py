from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.errors import UserError
from textrnn.metrics.likelihood import Likelihood


def test_a_uniform_model_has_the_perplexity_of_its_alphabet() -> None:
    likelihood = Likelihood(nats=1000 * math.log(64), units=1000)
    assert likelihood.perplexity == pytest.approx(64, rel=1e-12)
    assert likelihood.bits_per_unit == pytest.approx(6, rel=1e-12)
    assert likelihood.nats_per_unit == pytest.approx(math.log(64), rel=1e-12)


def test_a_certain_model_has_perplexity_1() -> None:
    assert Likelihood(nats=0.0, units=7).perplexity == 1.0


@given(st.lists(st.floats(0, 50), min_size=2, max_size=200), st.data())
def test_any_cut_gives_the_figures_of_the_whole(nats: list[float], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(nats)), max_size=6)))
    edges = [0, *cuts, len(nats)]
    pieces = [nats[start:stop] for start, stop in itertools.pairwise(edges)]
    parts = [Likelihood(nats=math.fsum(piece), units=len(piece)) for piece in pieces]
    expected = float(np.exp(np.mean(np.array(nats))))
    assert Likelihood.total(parts).perplexity == pytest.approx(expected, rel=1e-12)
    assert sum(parts, Likelihood(nats=0.0, units=0)).perplexity == pytest.approx(expected, rel=1e-12)


def test_a_short_last_batch_weighs_by_its_units() -> None:
    total = Likelihood.total([Likelihood(nats=100.0, units=100), Likelihood(nats=9.0, units=1)])
    assert total.nats_per_unit == pytest.approx(109 / 101)  # the mean of the batch means would be 5


def test_the_total_does_not_depend_on_the_order_of_the_parts() -> None:
    parts = [Likelihood(nats=value, units=1) for value in (1e16, 1.0, 1.0, 1.0, 1e-9)]
    assert Likelihood.total(parts) == Likelihood.total(parts[::-1])


def test_nothing_predicted_is_the_users_to_mend() -> None:
    with pytest.raises(UserError, match="needs at least 2 units"):
        _ = Likelihood(nats=0.0, units=0).nats_per_unit


@pytest.mark.parametrize(
    ("nats", "perplexity"),
    [(1.561, math.exp(1.561)), (math.log(2.5e9), 2.5e9), (691.0, None), (1e6, None)],
)
def test_perplexity_and_its_overflow(nats: float, perplexity: float | None) -> None:
    likelihood = Likelihood(nats=nats * 10, units=10)
    assert likelihood.perplexity == (None if perplexity is None else pytest.approx(perplexity))


@pytest.mark.parametrize("nats", [1.5, 1e6, math.inf, math.nan])
def test_json_never_holds_nan_or_infinity(nats: float) -> None:
    value = Likelihood(nats=nats, units=1).to_json()
    json.dumps(value, allow_nan=False)
    assert list(value) == ["nats_per_unit", "bits_per_unit", "perplexity", "units"]
    assert (value["nats_per_unit"] is None) == (not math.isfinite(nats))

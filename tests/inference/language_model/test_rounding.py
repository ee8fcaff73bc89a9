"""Weights in eight bits: the nearest whole numbers, and a loss that hardly grows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import textrnn
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.language_model.rounding import rounded, whole_numbers
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import named_arrays

Make = Callable[..., LanguageModel]
SHIPPED = Path(__file__).resolve().parents[3] / "checkpoints" / "shakespeare"
LINES = """First Citizen:
Before we proceed any further, hear me speak.

All:
Speak, speak.

First Citizen:
You are all resolved rather to die than to famish?
"""


def test_a_row_is_rounded_to_within_half_a_step_of_its_own() -> None:
    weight = np.random.default_rng(0).normal(size=(20, 33)) * np.geomspace(1e-6, 1e6, 20)[:, None]
    whole, scales = whole_numbers(weight)
    assert whole.dtype == np.int8 and np.abs(whole).max(axis=1).tolist() == [127] * 20
    assert (np.abs(whole * scales[:, None] - weight) <= 0.5001 * scales[:, None]).all()


def test_rounding_what_is_rounded_changes_nothing_and_zeros_stay_zeros() -> None:
    weight = np.random.default_rng(0).normal(size=(20, 33)).astype(np.float32)
    weight[3] = 0
    whole, scales = whole_numbers(weight)
    again, same = whole_numbers(whole * scales[:, None])
    assert np.array_equal(whole, again) and np.allclose(scales, same, rtol=1e-6) and not whole[3].any()


def test_nan_is_not_rounded_away() -> None:
    weight = np.ones((2, 3), np.float32)
    weight[1, 1] = np.nan
    whole, scales = whole_numbers(weight)
    assert np.isfinite(scales[0]) and np.isnan(whole[1] * scales[1]).all()


@pytest.mark.parametrize("tied", [True, False])
def test_matrices_are_rounded_and_nothing_else(make_model: Make, tied: bool) -> None:
    model = make_model(num_layers=2, head_size=12, tied=tied, embed_size=12, layer_norm=True)
    before, after = model.engine.parameters, rounded(model.engine.parameters)
    assert np.array_equal(before.embedding, after.embedding) and after.output.weight is not None
    names = {
        name
        for name, array in named_arrays(after).items()
        if name in named_arrays(before) and not np.array_equal(array, named_arrays(before)[name])
    }
    matrices = {f"layers.{depth}.cell.weight_{kind}" for depth in (0, 1) for kind in ("ih", "hh")} | {"head.weight"}
    assert names == matrices | (set() if tied else {"output.weight"})


def test_the_shipped_model_loses_less_than_a_two_hundredth_nat() -> None:
    model = textrnn.load(SHIPPED)
    ids = model.tokenizer.encode(LINES)[None].astype(np.int64)
    nats = []
    for precision in ("fp32", "int8"):
        engine = Engine(model.engine.parameters, cell_of(model.settings), precision)
        found, _ = engine.nats(ids[:, :-1], ids[:, 1:], engine.start_exact(1))
        nats.append(found.mean())
    assert nats[0] != nats[1] and abs(nats[1] - nats[0]) < 0.005

"""The way back through stack and pooling by hand is torch's autograd of the way forwards, to 1e-10 in float64.

50 random configurations by default; the whole proof is

    TEXTRNN_CONFIGS=1000 pytest tests/networks/test_backward.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from textrnn.cells.cell import Cell, CellParameters
from textrnn.cells.functions import namespace
from textrnn.cells.plain import plain
from textrnn.cells.table import CELLS
from textrnn.networks.backward import (
    Recorder,
    dense_backward,
    layer_norm_backward,
    stack_backward,
    texts_backward,
)
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.pooling import WAYS, AttentionParameters, pool
from textrnn.networks.pooling_backward import pool_backward
from textrnn.networks.recurrent import (
    LayerParameters,
    NormParameters,
    StackState,
    layer_norm,
    read_texts,
    run_stack,
    start_stack,
    taken,
    turning,
)

CONFIGS = int(os.environ.get("TEXTRNN_CONFIGS", "50"))
CLOSE = {"rtol": 1e-10, "atol": 1e-10}
cells = pytest.mark.parametrize("cell", CELLS.values(), ids=["-".join(kind) for kind in CELLS])


class Case(NamedTuple):
    """A stack with its inputs, masks or none, and the gradients of a loss by what comes out."""

    layers: tuple[LayerParameters, ...]
    x: np.ndarray
    lengths: np.ndarray
    state: StackState
    masks: tuple[np.ndarray, ...] | None
    dy: np.ndarray
    d_state: StackState


def cases(cell: Cell, count: int, *, may_turn: bool) -> Iterator[Case]:
    rng = np.random.default_rng(2015)
    for _ in range(count):
        rows, steps, inputs, units, depth = (int(size) for size in rng.integers(1, [6, 8, 5, 5, 4]))
        directions = int(rng.integers(1, 3)) if may_turn else 1
        # a single normalised unit is always 0, and rounding is all that its gradient holds
        has_norm = bool(rng.integers(0, 2)) and units * directions > 2
        width, gates = directions * units, len(cell.gates) * units

        def noise(*shape: int, rng: np.random.Generator = rng) -> np.ndarray:
            return rng.normal(0, 0.5, shape)

        layers = []
        for level in range(depth):
            wide = inputs if level == 0 else width
            one, other = (
                CellParameters(noise(gates, wide), noise(gates, units), noise(gates), noise(gates)) for _ in "fb"
            )
            norm = NormParameters(noise(width), noise(width)) if has_norm else None
            layers.append(LayerParameters(one, norm, other if directions == 2 else None))
        state = map_arrays(lambda _, part: noise(*part.shape), start_stack(cell, layers, (rows,)))
        dropped = rng.random() < 0.5
        masks = tuple(rng.integers(0, 2, (rows, 1, width)) / 0.5 for _ in layers) if dropped else None
        lengths = rng.integers(1, steps + 1, rows)
        d_state = map_arrays(lambda _, part: noise(*part.shape), state)
        yield Case(tuple(layers), noise(rows, steps, inputs), lengths, state, masks, noise(rows, steps, width), d_state)


def leaves(tree: Any) -> Any:
    return map_arrays(lambda _, array: torch.tensor(array, requires_grad=True), tree)


def close(found: list[Any], expected: tuple[torch.Tensor, ...]) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(ours), theirs.numpy(), **CLOSE)


def flat(tree: Any) -> list[Any]:
    return list(named_arrays(tree).values())


def tensors(masks: tuple[np.ndarray, ...] | None) -> list[torch.Tensor] | None:
    return None if masks is None else [torch.tensor(mask) for mask in masks]


@cells
def test_through_a_stack(cell: Cell) -> None:
    """One direction, any depth: norm, dropout, state carried in, gradient by the final state."""
    for case in cases(cell, CONFIGS, may_turn=False):
        recorder = Recorder(cell)
        run_stack(case.layers, case.x, case.state, recorder, case.masks)
        gradients, dx, d_start = stack_backward(recorder, case.layers, case.dy, case.d_state, masks=case.masks)
        layers, x, state = leaves(case.layers), leaves(case.x), leaves(case.state)
        y, after = run_stack(layers, x, state, partial(plain, cell), tensors(case.masks))
        weighted = zip([y, *flat(after)], [case.dy, *flat(case.d_state)], strict=True)
        loss: Any = sum((part * torch.tensor(weight)).sum() for part, weight in weighted)
        expected = torch.autograd.grad(loss, [*flat(layers), x, *flat(state)])
        close([*flat(gradients), dx, *flat(d_start)], expected)


@cells
def test_through_texts_in_one_direction_or_both(cell: Cell) -> None:
    """Texts of different lengths; what comes back to the padding is nothing where nothing of it came out."""
    for case in cases(cell, CONFIGS, may_turn=True):
        places = turning(np, case.lengths, case.x.shape[1])
        inputs = [case.x, taken(np, case.x, places)][: len(case.layers[0].cells)]
        recorder = Recorder(cell)
        read_texts(cell, case.layers, inputs, places, recorder, case.masks)
        is_real = (np.arange(case.x.shape[1])[None, :] < case.lengths[:, None])[..., None]
        dy = np.where(is_real, case.dy, 0.0)
        gradients, d_inputs = texts_backward(recorder, case.layers, places, dy, masks=case.masks)
        layers, their_inputs = leaves(case.layers), [leaves(x) for x in inputs]
        y = read_texts(cell, layers, their_inputs, torch.tensor(places), partial(plain, cell), tensors(case.masks))
        expected = torch.autograd.grad((y * torch.tensor(dy)).sum(), [*flat(layers), *their_inputs])
        close([*flat(gradients), *d_inputs], expected)
        for d in d_inputs:
            assert not np.where(is_real, 0.0, d).any()


def test_windows_cut_every_layer() -> None:
    cell = CELLS["lstm", "tanh"]
    for case in cases(cell, 20, may_turn=False):
        recorder, dy = Recorder(cell), case.dy
        run_stack(case.layers, case.x, case.state, recorder, case.masks)
        found, *_ = stack_backward(recorder, case.layers, dy, masks=case.masks, window=3)
        state, sums = case.state, None
        for start in range(0, case.x.shape[1], 3):
            part = slice(start, start + 3)
            recorder = Recorder(cell)
            _, state = run_stack(case.layers, case.x[:, part], state, recorder, case.masks)
            piece, *_ = stack_backward(recorder, case.layers, dy[:, part], masks=case.masks)
            sums = flat(piece) if sums is None else [a + b for a, b in zip(sums, flat(piece), strict=True)]
        assert sums is not None
        for ours, theirs in zip(flat(found), sums, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("ways", [*([way] for way in WAYS), list(WAYS)], ids="+".join)
@pytest.mark.parametrize("directions", [1, 2])
def test_through_pooling(ways: list[str], directions: int) -> None:
    rng = np.random.default_rng(2016)
    for _ in range(CONFIGS):
        rows, steps, units, size = (int(size) for size in rng.integers(1, 7, 4))
        width = directions * units
        y, lengths = rng.normal(0, 1, (rows, steps, width)), rng.integers(1, steps + 1, rows)
        # padding may hold anything, and equal values are shared
        y[np.arange(steps)[None, :] >= lengths[:, None]] = 1e30
        y = np.round(y, 1) if rng.random() < 0.5 else y
        p = AttentionParameters(*(rng.normal(0, 1, shape) for shape in ((size, width), (size,), (size,))))
        d = rng.normal(0, 1, (rows, len(ways) * width))
        dy, by_attention = pool_backward(ways, y, lengths, directions, p, d)
        leaf, attention = leaves(y), leaves(p)
        pooled = pool(ways, leaf, torch.tensor(lengths), directions, attention)
        loss = (pooled * torch.tensor(d)).sum()
        is_used = "attention" in ways
        expected = torch.autograd.grad(loss, [leaf, *(attention if is_used else ())])
        close([dy, *(by_attention or ())], expected)
        assert (by_attention is not None) == is_used
        assert not dy[np.arange(steps)[None, :] >= lengths[:, None]].any()


def test_through_layer_norm_and_a_dense_layer() -> None:
    rng = np.random.default_rng(0)
    for _ in range(CONFIGS):
        x, d = rng.normal(1, 2, (2, 2, 3, 5))
        p = NormParameters(*rng.normal(0, 1, (2, 5)))
        (gain, bias), dx = layer_norm_backward(p, x, d)
        leaf, theirs = leaves(x), leaves(p)
        by_torch = torch.nn.functional.layer_norm(leaf, (5,), *theirs, eps=1e-5)
        np.testing.assert_allclose(layer_norm(p, x), by_torch.detach().numpy(), **CLOSE)
        close([gain, bias, dx], torch.autograd.grad((by_torch * torch.tensor(d)).sum(), [*theirs, leaf]))
        weight, wide = rng.normal(0, 1, (4, 5)), rng.normal(0, 1, (2, 3, 4))
        leaf_weight, leaf_bias = leaves(weight), leaves(np.zeros(4))
        made = torch.nn.functional.linear(leaf, leaf_weight, leaf_bias)
        expected = torch.autograd.grad((made * torch.tensor(wide)).sum(), [leaf_weight, leaf_bias, leaf])
        close(list(dense_backward(weight, x, wide)), expected)


def test_torch_tensors_give_what_numpy_gives() -> None:
    cell = CELLS["gru", "tanh"]
    for case in cases(cell, 10, may_turn=True):
        found = []
        for kind in (np.asarray, torch.tensor):
            make: Any = kind
            layers = map_arrays(lambda _, array, make=make: make(array), case.layers)
            x, lengths = make(case.x), make(case.lengths)
            xp = namespace(x)
            places = turning(xp, lengths, x.shape[1])
            inputs = [x, taken(xp, x, places)][: len(layers[0].cells)]
            recorder = Recorder(cell)
            y = read_texts(cell, layers, inputs, places, recorder)
            dy, _ = pool_backward(
                ["mean", "max", "last"], y, lengths, len(inputs), None, xp.concat([y[:, 0]] * 3, axis=1)
            )
            gradients, d_inputs = texts_backward(recorder, layers, places, dy)
            found.append([np.asarray(part) for part in [*flat(gradients), *d_inputs]])
        for ours, theirs in zip(*found, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)

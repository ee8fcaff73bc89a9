"""The encoder-decoder against torch.nn's modules put together, in float64; what is dropped; shapes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from textrnn.cells.plain import plain
from textrnn.config.seq2seq import Seq2SeqSettings
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.seq2seq import (
    Batch,
    Masks,
    build,
    decode,
    encode,
    forward,
    initial_seq2seq,
    seq2seq_shapes,
    with_tables,
)
from textrnn.networks.summary import seq2seq_layers

EXACT: dict[str, float] = {"rtol": 1e-12, "atol": 1e-12}
LENGTHS = np.array([6, 1, 4])
RNG = np.random.default_rng(1)
SOURCES, TARGETS = RNG.integers(0, 9, (3, 6)), RNG.integers(0, 7, (3, 5))


def net(**given: Any) -> tuple[Seq2SeqSettings, Any]:
    settings = Seq2SeqSettings(**{"hidden_size": 4, "embed_size": 3, **given})
    rng = np.random.default_rng(0)
    return settings, build(settings, 9, 7, lambda _, shape: rng.standard_normal(shape) * 0.7)


def run(settings: Seq2SeqSettings, p: Any, batch: Batch) -> Any:
    cell = cell_of(settings)
    return forward(cell, p, batch, partial(plain, cell))


def module(kind: str, layers: Any, inputs: int, *, bidirectional: bool) -> Any:
    """torch's own layers with the weights of ours."""
    names = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
    made = names[kind](inputs, 4, len(layers), bidirectional=bidirectional, batch_first=True, dtype=torch.float64)
    for depth, layer in enumerate(layers):
        for suffix, own in (("", layer.cell), ("_reverse", layer.backward)):
            for name, array in own._asdict().items() if own is not None else ():
                getattr(made, f"{name}_l{depth}{suffix}").data = torch.from_numpy(array)
    return made


def by_torch(settings: Seq2SeqSettings, p: Any) -> np.ndarray:
    """The logits of all pairs, one after the other, by torch.nn."""
    t = map_arrays(lambda _, array: torch.from_numpy(array), p)
    encoder = module(settings.cell, p.encoder.layers, 3, bidirectional=settings.bidirectional)
    decoder = module(settings.cell, p.decoder.layers, 3, bidirectional=False)
    found = []
    for source, length, target in zip(SOURCES, LENGTHS, TARGETS, strict=True):
        memory, _ = encoder(t.encoder.embedding[torch.from_numpy(source[:length])][None])
        memory = memory[0]  # (S, D*H)
        last = torch.cat([memory[-1, :4], memory[0, 4:]])
        begun = torch.tanh(t.bridge.weight @ last + t.bridge.bias).view(settings.num_layers, -1, 1, 4)
        state = tuple(begun[:, part].contiguous() for part in range(begun.shape[1]))
        embedded = t.decoder.embedding[torch.from_numpy(target)][None]
        y, _ = decoder(embedded, state if len(state) > 1 else state[0])
        y = y[0]  # (T, H)
        if settings.attention == "dot":
            scores = y @ (memory @ t.decoder.attention.key.T).T
        elif settings.attention == "additive":
            pairs = (y @ t.decoder.attention.query.T)[:, None] + (memory @ t.decoder.attention.key.T)[None]
            scores = torch.tanh(pairs) @ t.decoder.attention.vector
        if settings.attention != "none":
            y = torch.cat([torch.softmax(scores, dim=1) @ memory, y], dim=1)
        joined = torch.tanh(nn.functional.linear(y, t.decoder.head.weight, t.decoder.head.bias))
        found.append(nn.functional.linear(joined, t.decoder.output.weight, t.decoder.output.bias))
    return torch.stack(found).detach().numpy()  # type: ignore[no-any-return]


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("attention", ["dot", "additive", "none"])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_it_is_torchs_modules_put_together(cell: str, attention: str, num_layers: int) -> None:
    settings, p = net(cell=cell, attention=attention, num_layers=num_layers, head_size=5)
    found = run(settings, p, Batch(SOURCES, LENGTHS, TARGETS))
    np.testing.assert_allclose(found, by_torch(settings, p), **EXACT)


def test_one_direction_is_torchs_too() -> None:
    settings, p = net(bidirectional=False)
    np.testing.assert_allclose(run(settings, p, Batch(SOURCES, LENGTHS, TARGETS)), by_torch(settings, p), **EXACT)


@pytest.mark.parametrize("attention", ["dot", "additive", "none"])
def test_a_step_at_a_time_is_all_steps_at_once(attention: str) -> None:
    settings, p = net(cell="lstm", attention=attention, num_layers=2)
    cell = cell_of(settings)
    loop = partial(plain, cell)
    for own in (p, with_tables(p)):
        memory, state = encode(cell, own, SOURCES, LENGTHS, loop)
        steps = []
        for t in range(TARGETS.shape[1]):
            logits, state, weights = decode(own.decoder, TARGETS[:, t : t + 1], memory, state, loop)
            steps.append(logits)
            assert (weights is None) == (attention == "none")
        found = np.concatenate(steps, axis=1)
        np.testing.assert_allclose(found, run(settings, p, Batch(SOURCES, LENGTHS, TARGETS)), **EXACT)


def test_no_answer_depends_on_what_comes_later() -> None:
    settings, p = net()
    expected = run(settings, p, Batch(SOURCES, LENGTHS, TARGETS))
    for t in range(TARGETS.shape[1]):
        other = TARGETS.copy()
        other[:, t] = (other[:, t] + 1) % 7
        found = run(settings, p, Batch(SOURCES, LENGTHS, other))
        assert np.array_equal(found[:, :t], expected[:, :t]) and not np.allclose(found[:, t], expected[:, t])


def test_what_is_dropped_out_is_gone() -> None:
    settings, p = net()
    found = run(settings, p, Batch(SOURCES, LENGTHS, TARGETS, Masks(head=np.zeros((3, 1, 4)))))
    np.testing.assert_allclose(found, np.broadcast_to(p.decoder.output.bias, found.shape), **EXACT)
    blind = Masks(source=np.zeros((3, 1, 3)), target=np.zeros((3, 1, 3)))
    same = run(settings, p, Batch(SOURCES, LENGTHS, TARGETS, blind))
    np.testing.assert_array_equal(same, run(settings, p, Batch((SOURCES + 1) % 9, LENGTHS, TARGETS[:, ::-1], blind)))
    deaf = Masks(encoder=[np.zeros((3, 1, 8))], decoder=[np.zeros((3, 1, 4))])
    constant = run(settings, p, Batch(SOURCES, LENGTHS, TARGETS, deaf))
    np.testing.assert_allclose(constant, np.broadcast_to(constant[:1, :1], constant.shape), **EXACT)


def test_fresh_parameters_have_the_shapes_that_are_told_and_answer_nearly_evenly() -> None:
    for given in (
        {},
        {"attention": "additive", "cell": "lstm", "num_layers": 2},
        {"attention": "none", "head_size": 5},
    ):
        settings = Seq2SeqSettings(hidden_size=4, embed_size=3, **given)
        fresh = initial_seq2seq(settings, 9, 7, np.random.default_rng(0))
        assert {name: array.shape for name, array in named_arrays(fresh).items()} == seq2seq_shapes(settings, 9, 7)
        assert all(array.dtype == np.float32 for array in named_arrays(fresh).values())
        logits = run(settings, fresh, Batch(SOURCES, LENGTHS, TARGETS))
        assert logits.any() and np.abs(logits).max() < 2


def test_the_summary_counts_every_number() -> None:
    for given in ({}, {"attention": "additive", "layer_norm": True, "num_layers": 2}, {"attention": "none"}):
        settings = Seq2SeqSettings(hidden_size=4, embed_size=3, **given)
        layers, shapes = seq2seq_layers(settings, 9, 7), seq2seq_shapes(settings, 9, 7)
        assert sum(layer.parameters for layer in layers) == sum(int(np.prod(shape)) for shape in shapes.values())
        assert layers[-1].output == (None, None, 7)

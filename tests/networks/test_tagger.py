"""The tagger's forward pass against torch's own layers, packed, in float64; and what a word is made of."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from textrnn.cells.plain import plain
from textrnn.config.tagger import TaggerSettings
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.summary import tagger_layers
from textrnn.networks.tagger import Batch, Masks, build, embed, forward, initial_tagger, tagger_shapes
from textrnn.networks.words import Words
from textrnn.networks.words import embed as embed_without_shapes
from textrnn.text.shapes import SHAPES

EXACT = {"rtol": 1e-12, "atol": 1e-12}
LENGTHS = np.array([6, 1, 4])


def net(**given: Any) -> tuple[TaggerSettings, Any]:
    settings = TaggerSettings(**{"hidden_size": 4, "embed_size": 3, "subwords": 11, **given})
    rng = np.random.default_rng(0)
    return settings, build(settings, 9, 5, lambda _, shape: rng.standard_normal(shape) * 0.7)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("head_size", [None, 3])
def test_it_is_torchs_own_layers_packed(cell: str, head_size: int | None) -> None:
    settings, p = net(cell=cell, num_layers=2, head_size=head_size)
    kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell]
    theirs = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True, dtype=torch.float64)
    for depth, layer in enumerate(p.layers):
        for suffix, own in (("", layer.cell), ("_reverse", layer.backward)):
            for name, array in own._asdict().items():
                getattr(theirs, f"{name}_l{depth}{suffix}").data = torch.from_numpy(array)
    ids = np.random.default_rng(1).integers(0, 9, (3, 6))
    embedded = torch.from_numpy(p.embedding[ids])
    packed = nn.utils.rnn.pack_padded_sequence(
        embedded, torch.from_numpy(LENGTHS), batch_first=True, enforce_sorted=False
    )
    y, _ = nn.utils.rnn.pad_packed_sequence(theirs(packed)[0], batch_first=True)
    if p.head is not None:
        y = torch.tanh(y @ torch.from_numpy(p.head.weight).T + torch.from_numpy(p.head.bias))
    expected = (y @ torch.from_numpy(p.output.weight).T + torch.from_numpy(p.output.bias)).detach().numpy()
    found = forward(cell_of(settings), p, Batch(ids, LENGTHS), partial(plain, cell_of(settings)))
    assert found.shape == (3, 6, 5)
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(found[row, :length], expected[row, :length], **EXACT)


def test_a_word_is_its_embedding_its_subwords_and_its_shape() -> None:
    _, p = net()
    words = Words(np.array([3, 0]), np.array([[1, 2], [7, 0]]), np.array([2, 1]))
    shapes = np.array([4, 9])
    expected = [
        p.embedding[3] + (p.subwords[1] + p.subwords[2]) / 2 + p.shapes[4],
        p.embedding[0] + p.subwords[7] + p.shapes[9],
    ]
    np.testing.assert_allclose(embed(np, p, words, shapes), expected, **EXACT)
    _, bare = net(shapes=False)
    assert bare.shapes is None
    np.testing.assert_array_equal(embed(np, bare, words, None), embed_without_shapes(np, bare, words))


def test_what_is_dropped_out_is_gone() -> None:
    settings, p = net(num_layers=2)
    cell = cell_of(settings)
    ids = np.random.default_rng(1).integers(0, 9, (3, 6))
    nothing = Masks(None, [np.ones((3, 1, 8)), np.zeros((3, 1, 8))])
    found = forward(cell, p, Batch(ids, LENGTHS, masks=nothing), partial(plain, cell))
    np.testing.assert_allclose(found, np.broadcast_to(p.output.bias, found.shape), **EXACT)
    blind = Masks(np.zeros((3, 1, 3)))
    same = forward(cell, p, Batch(ids, LENGTHS, masks=blind), partial(plain, cell))
    other = forward(cell, p, Batch((ids + 1) % 9, LENGTHS, masks=blind), partial(plain, cell))
    np.testing.assert_array_equal(same, other)


def test_fresh_parameters_have_the_shapes_that_are_told_and_answer_evenly() -> None:
    settings = TaggerSettings(hidden_size=4, embed_size=3, subwords=11, num_layers=2, layer_norm=True)
    fresh = initial_tagger(settings, 9, 5, np.random.default_rng(0))
    shapes = {name: array.shape for name, array in named_arrays(fresh).items()}
    assert shapes == tagger_shapes(settings, 9, 5) and shapes["shapes"] == (SHAPES, 3)
    assert all(array.dtype == np.float32 for array in named_arrays(fresh).values())
    cell = cell_of(settings)
    wide = map_arrays(lambda _, array: array.astype(np.float64), fresh)
    assert not forward(cell, wide, Batch(np.zeros((3, 6), int), LENGTHS), partial(plain, cell)).any()


def test_the_summary_counts_every_number() -> None:
    for given in ({}, {"shapes": False, "subwords": None, "head_size": 7, "layer_norm": True, "bidirectional": False}):
        settings = TaggerSettings(hidden_size=4, embed_size=3, **{"subwords": 11, **given})
        layers = tagger_layers(settings, 9, 5)
        shapes = tagger_shapes(settings, 9, 5)
        assert sum(layer.parameters for layer in layers) == sum(int(np.prod(shape)) for shape in shapes.values())
        assert layers[-1].output == (None, None, 5)

"""The laws of the classifier's forward pass, for every cell, direction and pooling; in float64 against torch."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.plain import plain
from textrnn.config.classifier import ClassifierSettings
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import (
    Batch,
    ClassifierParameters,
    Masks,
    answer,
    build,
    forward,
    vectors_of,
)
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.recurrent import turning
from textrnn.networks.words import Words, embed, tables, without_input_products
from textrnn.training.embedding import embedded

EXACT = {"rtol": 1e-12, "atol": 1e-12}
LENGTHS = np.array([7, 1, 4, 7, 2])
CASES = [
    {"cell": "lstm"},
    {"cell": "gru", "num_layers": 2, "layer_norm": True},
    {"cell": "rnn", "bidirectional": False, "pooling": "last"},
    {"cell": "lstm", "pooling": "concat", "num_layers": 2, "head_size": 3},
    {"cell": "gru", "pooling": "attention", "subwords": 11},
]


class Net:
    """A classifier with noisy parameters and a padded batch."""

    def __init__(self, **settings: Any) -> None:
        self.settings = ClassifierSettings(**{"hidden_size": 4, "embed_size": 3, "subwords": None, **settings})
        rng = np.random.default_rng(0)
        self.p: ClassifierParameters = build(self.settings, 9, 3, lambda _, shape: rng.standard_normal(shape) * 0.7)
        self.cell = cell_of(self.settings)
        ids = rng.integers(0, 9, (len(LENGTHS), LENGTHS.max()))
        words = None
        if self.settings.subwords:
            words = Words(np.arange(9), rng.integers(0, 11, (9, 4)), rng.integers(0, 5, 9))
        self.words, self.batch = words, Batch(ids, LENGTHS)

    def logits(self, batch: Batch | None = None, p: Any = None) -> np.ndarray:
        p, batch, loop = p or self.p, batch or self.batch, partial(plain, self.cell)
        if self.words is not None:
            batch = batch._replace(table=embed(np, p, self.words))
        return forward(self.cell, self.settings.ways, p, batch, loop)  # type: ignore[no-any-return]


@pytest.fixture(params=CASES, ids=lambda case: " ".join(map(str, case.values())))
def net(request: pytest.FixtureRequest) -> Net:
    return Net(**request.param)


def test_what_stands_in_the_padding_never_matters(net: Net) -> None:
    padded = np.pad(net.batch.ids, ((0, 0), (0, 13)), constant_values=8)
    padded[np.arange(padded.shape[1])[None, :] >= LENGTHS[:, None]] = 8
    # a product over (B*T, D) is rounded by its size, everything else is the same to the bit
    exact = {"rtol": 1e-13, "atol": 1e-15} if "attention" in net.settings.ways else {"rtol": 0}
    np.testing.assert_allclose(net.logits(net.batch._replace(ids=padded)), net.logits(), **exact)
    poisoned = net.p._replace(embedding=np.concatenate([net.p.embedding[:8], np.full((1, 3), np.nan)]))
    if net.words is None and not (net.batch.ids[np.arange(7)[None, :] < LENGTHS[:, None]] == 8).any():
        assert np.isfinite(net.logits(net.batch._replace(ids=padded), poisoned)).all()


def test_gradients_are_those_of_torch_and_none_reach_the_padding(net: Net) -> None:
    p = map_arrays(lambda _, array: torch.tensor(array, requires_grad=True), net.p)
    batch = Batch(torch.tensor(net.batch.ids), torch.tensor(LENGTHS))
    if net.words is not None:
        words = Words(*map(torch.tensor, net.words))
        table = embedded(p, words)
        expected = embed(np, net.p, net.words)
        np.testing.assert_allclose(table.detach().numpy(), expected, **EXACT)
        batch = batch._replace(table=table)
    logits = forward(net.cell, net.settings.ways, p, batch, partial(plain, net.cell))
    np.testing.assert_allclose(logits.detach().numpy(), net.logits(), **EXACT)
    logits.square().sum().backward()
    if net.words is None:
        used = np.unique(net.batch.ids[np.arange(7)[None, :] < LENGTHS[:, None]])
        unused = np.setdiff1d(np.arange(9), used)
        assert not p.embedding.grad.numpy()[unused].any()
    name, weight = max(named_arrays(p).items(), key=lambda item: item[1].numel())
    place = (0,) * weight.ndim if net.words is not None else (int(net.batch.ids[0, 0]), 0)
    place = place if name == "embedding" else (0,) * weight.ndim

    def shifted(by: float) -> float:
        def moved(own: str, array: np.ndarray) -> np.ndarray:
            array = array.copy()
            if own == name:
                array[place] += by
            return array

        return float(np.square(net.logits(p=map_arrays(moved, net.p))).sum())

    numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6
    assert float(weight.grad[place]) == pytest.approx(numeric, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_both_directions_are_those_of_torch_packed(cell: str, num_layers: int) -> None:
    net = Net(cell=cell, num_layers=num_layers, pooling="last")
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[cell]
    torch_net = kind(3, 4, num_layers, bidirectional=True, batch_first=True).double()
    with torch.no_grad():
        for depth, layer in enumerate(net.p.layers):
            for suffix, direction in (("", layer.cell), ("_reverse", layer.backward)):
                assert direction is not None
                for name, array in direction._asdict().items():
                    getattr(torch_net, f"{name}_l{depth}{suffix}").copy_(torch.tensor(array))
    embedded = torch.tensor(net.p.embedding[net.batch.ids])
    packed = torch.nn.utils.rnn.pack_padded_sequence(embedded, torch.tensor(LENGTHS), True, enforce_sorted=False)
    _, state = torch_net(packed)
    hidden = state[0] if cell == "lstm" else state
    pooled = torch.cat([hidden[-2], hidden[-1]], dim=1).detach().numpy()
    assert net.p.output.weight is not None
    np.testing.assert_allclose(net.logits(), pooled @ net.p.output.weight.T + net.p.output.bias, **EXACT)


def test_a_turned_text_and_turned_directions_give_the_same() -> None:
    net = Net(pooling="mean")
    (layer,) = net.p.layers
    assert layer.backward is not None and net.p.output.weight is not None
    halves = np.split(net.p.output.weight, 2, axis=1)
    mirrored = net.p._replace(
        layers=(layer._replace(cell=layer.backward, backward=layer.cell),),
        output=net.p.output._replace(weight=np.concatenate(halves[::-1], axis=1)),
    )
    places = turning(np, LENGTHS, 7)
    turned = net.batch._replace(ids=net.batch.ids.reshape(-1)[places])
    np.testing.assert_allclose(net.logits(turned, mirrored), net.logits(), **EXACT)


@pytest.mark.parametrize("way", ["last", "mean", "max"])
def test_pooling_is_what_it_says(way: str) -> None:
    net = Net(pooling=way, bidirectional=False)
    (layer,) = net.p.layers
    assert net.p.output.weight is not None
    start = net.cell.start(layer.cell.weight_hh, (len(LENGTHS), 4))
    y, _ = plain(net.cell, layer.cell, net.p.embedding[net.batch.ids], start)
    own = {"last": lambda row: row[-1], "mean": lambda row: row.mean(axis=0), "max": lambda row: row.max(axis=0)}[way]
    pooled = np.stack([own(row[:length]) for row, length in zip(y, LENGTHS, strict=True)])
    np.testing.assert_allclose(net.logits(), pooled @ net.p.output.weight.T + net.p.output.bias, **EXACT)


def test_a_word_is_its_own_embedding_and_the_mean_of_its_subwords() -> None:
    net = Net(subwords=11)
    assert net.words is not None and net.p.subwords is not None
    found = embed(np, net.p, net.words)
    for row, (id, subwords, count) in enumerate(zip(*net.words, strict=True)):
        rows = net.p.subwords[subwords[:count]]
        mean = rows.mean(axis=0) if count else 0
        np.testing.assert_allclose(found[row], net.p.embedding[id] + mean, **EXACT)


def test_tables_of_input_products_are_the_same_function(net: Net) -> None:
    embedded = net.p.embedding if net.words is None else embed(np, net.p, net.words)
    places = turning(np, LENGTHS, 7)
    orders = [net.batch.ids, net.batch.ids.reshape(-1)[places]]
    inputs = [table[ids] for table, ids in zip(tables(net.p, embedded), orders, strict=False)]
    bare = without_input_products(net.p)
    loop = partial(plain, net.cell)
    found = vectors_of(net.cell, net.settings.ways, bare, inputs, net.batch, places, loop)
    logits = answer(net.cell, net.settings.ways, bare, found, None, loop)
    np.testing.assert_allclose(logits, net.logits(), **EXACT)


def test_masks_are_factors() -> None:
    net = Net()
    ones = Masks(np.ones((5, 1, 3)), [np.ones((5, 1, 8))], np.ones((5, 16)))
    np.testing.assert_array_equal(net.logits(net.batch._replace(masks=ones)), net.logits())
    for name, factor in zip(Masks._fields, ones, strict=True):
        zero = [factor[0] * 0] if name == "layers" else factor * 0
        masked = net.logits(net.batch._replace(masks=Masks(**{name: zero})))
        assert not np.allclose(masked, net.logits())

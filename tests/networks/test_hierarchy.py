"""A classifier of passages against torch's own layers put together by hand: words, sentences, text; in float64."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.plain import plain
from textrnn.config.classifier import ClassifierSettings
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import Batch, ClassifierParameters, Masks, Texts, build, forward
from textrnn.networks.recurrent import LayerParameters

EXACT = {"rtol": 1e-12, "atol": 1e-12}
# three texts of passages of these lengths
TEXTS = [[3, 1, 5], [2], [4, 4]]


class Net:
    """A classifier of passages with noisy parameters, and texts as one padded batch of passages."""

    def __init__(self, **settings: Any) -> None:
        self.settings = ClassifierSettings(
            **{"hidden_size": 4, "embed_size": 3, "subwords": None, "hierarchy": "sentences", **settings}
        )
        rng = np.random.default_rng(0)
        self.p: ClassifierParameters = build(self.settings, 9, 3, lambda _, shape: rng.standard_normal(shape) * 0.7)
        self.passages = [[rng.integers(0, 9, length) for length in lengths] for lengths in TEXTS]
        joined = [passage for text in self.passages for passage in text]
        ids = rng.integers(0, 9, (len(joined), 5))
        for row, passage in zip(ids, joined, strict=True):
            row[: len(passage)] = passage
        counts = np.array(list(map(len, self.passages)))
        starts = np.cumsum(counts) - counts
        # what stands behind a text's passages are those of another
        rows = (starts[:, None] + np.arange(3)) % len(joined)
        self.batch = Batch(ids, np.array(list(map(len, joined))), texts=Texts(rows, counts))

    def logits(self, batch: Batch | None = None) -> np.ndarray:
        cell = cell_of(self.settings)
        return forward(cell, self.settings.ways, self.p, batch or self.batch, partial(plain, cell))  # type: ignore[no-any-return]


def torch_layer(kind: str, layer: LayerParameters) -> torch.nn.Module:
    """The layer as a module of torch.nn."""
    width = layer.cell.weight_ih.shape[1]  # type: ignore[union-attr]
    made = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[kind](
        width, layer.cell.weight_hh.shape[1], bidirectional=layer.backward is not None
    ).double()
    with torch.no_grad():
        for suffix, cell in zip(("", "_reverse"), layer.cells, strict=False):
            for name, array in cell._asdict().items():
                getattr(made, f"{name}_l0{suffix}").copy_(torch.tensor(array))
    return made  # type: ignore[no-any-return]


def pooled(ways: tuple[str, ...], y: torch.Tensor, attention: Any) -> torch.Tensor:
    """The vector of one sequence of outputs (T, D)."""
    half = y.shape[1] // 2
    made = {"last": torch.cat([y[-1, :half], y[0, half:]]), "mean": y.mean(dim=0), "max": y.max(dim=0).values}
    if attention is not None:
        weight, bias, query = map(torch.tensor, attention)
        scores = torch.softmax(torch.tanh(y @ weight.T + bias) @ query, dim=0)
        made["attention"] = scores @ y
    return torch.cat([made[way] for way in ways])


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("pooling", ["mean+max", "concat"])
def test_it_is_torchs_own_layers_over_torchs_own_layers(cell: str, pooling: str) -> None:
    net = Net(cell=cell, pooling=pooling, head_size=5)
    p, ways = net.p, net.settings.ways
    assert p.slow is not None and p.head is not None and p.head.weight is not None and p.output.weight is not None
    words, sentences = torch_layer(cell, p.layers[0]), torch_layer(cell, p.slow.layers[0])
    expected = []
    for text in net.passages:
        vectors = [pooled(ways, words(torch.tensor(p.embedding[ids]))[0], p.attention) for ids in text]
        whole = pooled(ways, sentences(torch.stack(vectors))[0], p.slow.attention)
        head = torch.tanh(whole @ torch.tensor(p.head.weight).T + torch.tensor(p.head.bias))
        expected.append(head @ torch.tensor(p.output.weight).T + torch.tensor(p.output.bias))
    np.testing.assert_allclose(net.logits(), torch.stack(expected).detach().numpy(), **EXACT)


def test_the_order_of_passages_matters_and_that_of_rows_does_not() -> None:
    net = Net()
    texts = net.batch.texts
    assert texts is not None
    swapped = texts.rows.copy()
    swapped[0, :2] = swapped[0, 1::-1]
    other = net.logits(net.batch._replace(texts=texts._replace(rows=swapped)))
    assert not np.allclose(other[0], net.logits()[0])
    np.testing.assert_array_equal(other[1:], net.logits()[1:])
    order = np.random.default_rng(1).permutation(6)
    moved = Batch(net.batch.ids[order], net.batch.lengths[order])
    place = np.argsort(order)
    np.testing.assert_allclose(
        net.logits(moved._replace(texts=texts._replace(rows=place[texts.rows]))), net.logits(), **EXACT
    )


def test_masks_are_factors_of_passages_and_of_texts() -> None:
    net = Net()
    texts = net.batch.texts
    assert texts is not None
    ones = net.batch._replace(masks=Masks(pooled=np.ones((6, 16))), texts=texts._replace(mask=np.ones((3, 16))))
    np.testing.assert_array_equal(net.logits(ones), net.logits())
    nothing = net.logits(net.batch._replace(texts=texts._replace(mask=np.zeros((3, 16)))))
    np.testing.assert_array_equal(nothing, np.tile(net.p.output.bias, (3, 1)))
    mask = np.ones((6, 16))
    mask[3] = 0
    one = net.logits(net.batch._replace(masks=Masks(pooled=mask)))
    assert (one != net.logits()).any(axis=1).tolist() == [False, True, False]


def test_without_a_hierarchy_there_is_no_slower_layer_and_the_weights_are_drawn_as_ever() -> None:
    flat = build(ClassifierSettings(pooling="concat"), 9, 3, lambda role, _: role)
    slow = build(ClassifierSettings(pooling="concat", hierarchy="lines"), 9, 3, lambda role, _: role)
    assert flat.slow is None and slow.slow is not None
    assert slow._replace(slow=None) == flat

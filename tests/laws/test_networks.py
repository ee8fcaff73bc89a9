"""The laws that every network passes by being in the table, with every cell; all in float64, where no bug hides.

A network is what takes ids of texts and answers with logits, at every unit or once a text. The numbers are those of
test_register.py, which says where the laws of cells, sampling and figures are held. Shapes: B texts, T time.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

import textrnn.networks
from textrnn.cells.functions import namespace, negative_log_likelihood
from textrnn.cells.plain import plain
from textrnn.cells.table import CELLS
from textrnn.config.classifier import ClassifierSettings
from textrnn.config.model import LanguageModelSettings
from textrnn.config.seq2seq import Seq2SeqSettings
from textrnn.config.tagger import TaggerSettings
from textrnn.networks import classifier, language_model, seq2seq, tagger
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import map_arrays, named_arrays, with_arrays
from textrnn.networks.recurrent import start_stack
from textrnn.training.classifier.passages import laid_out

EXACT = {"rtol": 1e-12, "atol": 1e-12}
SYMBOLS, CLASSES = 7, 3
LENGTHS = np.array([7, 1, 4, 7, 2])


class Network(NamedTuple):
    """One network of the house.

    make: (settings by name, rng) -> (settings, parameters). answer: (settings, parameters, ids (B, T), lengths (B,)) ->
    logits (B, T, V), of which the first of each row are its answers, or (B, 1, C). read_on: the same network on a
    stream, (settings, parameters, ids, state or None) -> (logits, state); None where texts are read whole.
    """

    make: Callable[[dict[str, Any], np.random.Generator], tuple[Any, Any]]
    answer: Callable[[Any, Any, Any, Any], Any]
    answers_everywhere: bool
    read_on: Callable[[Any, Any, Any, Any], tuple[Any, Any]] | None
    wirings: list[dict[str, Any]]


def make_language_model(wiring: dict[str, Any], rng: np.random.Generator) -> tuple[Any, Any]:
    settings = LanguageModelSettings(**{"hidden_size": 4, "embed_size": 3, **wiring})
    return settings, language_model.build(settings, SYMBOLS, lambda _, shape: rng.standard_normal(shape) * 0.6)


def read_on(settings: Any, p: Any, ids: Any, state: Any) -> tuple[Any, Any]:
    cell = cell_of(settings)
    start = start_stack(cell, p.layers, (ids.shape[0],)) if state is None else state
    # a passage ends behind symbols 0 and 1
    batch = language_model.Batch(ids, ends=None if settings.hierarchy == "none" else ids < 2)
    return language_model.forward(p, batch, start, partial(plain, cell))


def make_classifier(wiring: dict[str, Any], rng: np.random.Generator) -> tuple[Any, Any]:
    settings = ClassifierSettings(**{"hidden_size": 4, "embed_size": 3, "subwords": None, **wiring})
    return settings, classifier.build(settings, SYMBOLS, CLASSES, lambda _, shape: rng.standard_normal(shape) * 0.6)


def classify(settings: Any, p: Any, ids: Any, lengths: Any) -> Any:
    cell = cell_of(settings)
    batch = classifier.Batch(ids, lengths) if settings.hierarchy == "none" else in_passages(ids, lengths)
    return classifier.forward(cell, settings.ways, p, batch, partial(plain, cell))[:, None]


def in_passages(ids: Any, lengths: Any) -> classifier.Batch:
    """The passages of texts as a batch; they end behind symbols 0 and 1, and with the text."""
    kind = torch.from_numpy if isinstance(ids, torch.Tensor) else np.asarray
    texts = [row[:length] for row, length in zip(np.asarray(ids), np.asarray(lengths).tolist(), strict=True)]
    found = [np.split(text, np.flatnonzero(text[:-1] < 2) + 1) for text in texts]
    units, sizes = zip(*((text, list(map(len, own))) for text, own in zip(texts, found, strict=True)), strict=True)
    blocks, rows, counts = laid_out(units, list(map(np.array, sizes)))
    # one block, whose padding says nothing
    passages = [part for block in blocks for part in map(lambda row, n: row[:n], block.ids, block.lengths)]
    side = np.full((len(passages), max(map(len, passages))), 3)
    for row, own in zip(side, passages, strict=True):
        row[: len(own)] = own
    texts_of = classifier.Texts(kind(rows), kind(counts))
    return classifier.Batch(kind(side), kind(np.array(list(map(len, passages)))), texts=texts_of)


def make_tagger(wiring: dict[str, Any], rng: np.random.Generator) -> tuple[Any, Any]:
    settings = TaggerSettings(**{"hidden_size": 4, "embed_size": 3, "subwords": None, "shapes": False, **wiring})
    # as many tags as symbols: what answers at every unit has so many options
    return settings, tagger.build(settings, SYMBOLS, SYMBOLS, lambda _, shape: rng.standard_normal(shape) * 0.6)


def tag(settings: Any, p: Any, ids: Any, lengths: Any) -> Any:
    cell = cell_of(settings)
    return tagger.forward(cell, p, tagger.Batch(ids, lengths), partial(plain, cell))


def make_seq2seq(wiring: dict[str, Any], rng: np.random.Generator) -> tuple[Any, Any]:
    settings = Seq2SeqSettings(**{"hidden_size": 4, "embed_size": 3, **wiring})
    return settings, seq2seq.build(settings, SYMBOLS, SYMBOLS, lambda _, shape: rng.standard_normal(shape) * 0.6)


def copy(settings: Any, p: Any, ids: Any, lengths: Any) -> Any:
    """The logits of a text after itself: what is read is what is written."""
    cell = cell_of(settings)
    return seq2seq.forward(cell, p, seq2seq.Batch(ids, lengths, ids), partial(plain, cell))


# every cell of the table, by the settings that name it
KINDS = [{"cell": name, "activation": activation} for name, activation in CELLS]
NETWORKS: dict[str, Network] = {
    "language_model": Network(
        make_language_model, lambda settings, p, ids, lengths: read_on(settings, p, ids, None)[0], True, read_on,
        [
            *KINDS,
            *({**kind, "num_layers": 3, "layer_norm": True} for kind in KINDS),
            {"cell": "gru", "head_size": 5},
            {"cell": "lstm", "tied": True, "head_size": 3, "num_layers": 2},
            *({**kind, "hierarchy": "lines"} for kind in KINDS),
            {"cell": "lstm", "hierarchy": "lines", "num_layers": 3, "layer_norm": True},
            {"cell": "gru", "hierarchy": "sentences", "tied": True, "embed_size": 8},
        ],
    ),
    "classifier": Network(
        make_classifier, classify, False, None,
        [
            *({**kind, "pooling": "concat"} for kind in KINDS),
            *({**kind, "num_layers": 2, "layer_norm": True} for kind in KINDS),
            {"cell": "rnn", "bidirectional": False, "pooling": "last"},
            {"cell": "lstm", "pooling": "attention", "head_size": 5},
            *({**kind, "hierarchy": "sentences"} for kind in KINDS),
            {"cell": "gru", "hierarchy": "lines", "pooling": "concat", "num_layers": 2, "layer_norm": True},
            {"cell": "lstm", "hierarchy": "sentences", "bidirectional": False, "pooling": "last"},
        ],
    ),
    "tagger": Network(
        make_tagger, tag, True, None,
        [
            *KINDS,
            *({**kind, "num_layers": 2, "layer_norm": True} for kind in KINDS),
            {"cell": "rnn", "bidirectional": False},
            {"cell": "lstm", "num_layers": 2, "head_size": 5},
        ],
    ),
    "seq2seq": Network(
        make_seq2seq, copy, True, None,
        [
            *KINDS,
            *({**kind, "num_layers": 2, "layer_norm": True, "attention": "additive"} for kind in KINDS),
            {"cell": "gru", "bidirectional": False},
            {"cell": "lstm", "attention": "none", "head_size": 5},
        ],
    ),
}  # fmt: skip


class Net:
    """A network of the table with noisy parameters and a padded batch."""

    def __init__(self, network: Network, wiring: dict[str, Any]) -> None:
        rng = np.random.default_rng(11)
        self.network = network
        self.settings, self.p = network.make(wiring, rng)
        self.ids = rng.integers(0, SYMBOLS, (len(LENGTHS), LENGTHS.max()))
        self.targets = rng.integers(0, CLASSES, self.ids.shape)

    def answers(self, ids: Any = None, lengths: Any = None, p: Any = None) -> list[Any]:
        """The answers of every row that are its own: (its length or 1, V or C) each."""
        ids, lengths = (self.ids, LENGTHS) if ids is None else (ids, lengths)
        logits = self.network.answer(self.settings, self.p if p is None else p, ids, lengths)
        return [row[: int(length)] if self.network.answers_everywhere else row for row, length in
                zip(logits, lengths, strict=True)]  # fmt: skip

    def loss(self, p: Any, ids: Any = None, lengths: Any = None, targets: Any = None) -> Any:
        """Nats of all answers, added up."""
        targets = self.targets if targets is None else targets
        found = self.answers(ids, lengths, p)
        kind = torch.from_numpy if isinstance(found[0], torch.Tensor) else np.asarray
        return sum(
            negative_log_likelihood(namespace(row), row, kind(own[: len(row)])).sum()
            for row, own in zip(found, targets, strict=True)
        )

    def gradients(self, *batch: Any) -> list[np.ndarray]:
        p = map_arrays(lambda _, array: torch.tensor(array, requires_grad=True), self.p)
        ids, lengths, targets = batch or (self.ids, LENGTHS, self.targets)
        total = self.loss(p, torch.from_numpy(ids), torch.from_numpy(lengths), targets)
        leaves = list(named_arrays(p).values())
        # what a single short text does not reach has no gradient, which is 0
        found = torch.autograd.grad(total, leaves, allow_unused=True)
        return [np.zeros(leaf.shape) if d is None else d.numpy() for d, leaf in zip(found, leaves, strict=True)]


TABLE = [(name, wiring) for name, network in NETWORKS.items() for wiring in network.wirings]


@pytest.fixture(params=TABLE, ids=lambda row: "-".join([row[0], *map(str, row[1].values())]))
def net(request: pytest.FixtureRequest) -> Net:
    name, wiring = request.param
    return Net(NETWORKS[name], wiring)


@pytest.fixture(params=[row for row in TABLE if NETWORKS[row[0]].read_on], ids=lambda row: "-".join(
    [row[0], *map(str, row[1].values())]))  # fmt: skip
def stream(request: pytest.FixtureRequest) -> Net:
    name, wiring = request.param
    return Net(NETWORKS[name], wiring)


def close(found: Any, expected: Any, **tolerance: float) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), **(tolerance or EXACT))


def test_every_network_is_in_the_table() -> None:
    """A module that builds parameters and reads a batch with them is a network.

    But for the forecaster's, whose windows are numbers and all of one length: its laws are in tests/networks.
    """
    names = [module.name for module in pkgutil.iter_modules(textrnn.networks.__path__)]
    modules = {name: import_module(f"textrnn.networks.{name}") for name in names}
    assert {name for name, module in modules.items() if hasattr(module, "forward") and hasattr(module, "build")} == {
        *NETWORKS,
        "forecaster",
    }


def test_every_cell_is_in_every_network() -> None:
    for network in NETWORKS.values():
        cells = {cell_of(network.make(wiring, np.random.default_rng(0))[0]) for wiring in network.wirings}
        assert cells == set(CELLS.values())


def test_n1_gradients_are_those_of_differences(net: Net) -> None:
    """The whole loss, padding and all, along a random direction through all parameters and by single numbers."""
    rng, found = np.random.default_rng(1), net.gradients()
    names = list(named_arrays(net.p))

    def moved(by: float, direction: dict[str, np.ndarray]) -> float:
        arrays = {name: array + by * direction[name] for name, array in named_arrays(net.p).items()}
        return float(net.loss(with_arrays(net.p, arrays)))

    def single(name: str, array: np.ndarray, place: int) -> dict[str, np.ndarray]:
        blank = {other: np.zeros(own.shape) for other, own in named_arrays(net.p).items()}
        blank[name].flat[place] = 1.0
        return blank

    directions = [{name: rng.standard_normal(array.shape) for name, array in named_arrays(net.p).items()}]
    directions += [single(name, array, int(rng.integers(array.size))) for name, array in named_arrays(net.p).items()]
    for direction in directions:
        slope = sum(float((d * direction[name]).sum()) for name, d in zip(names, found, strict=True))
        assert slope == pytest.approx((moved(1e-6, direction) - moved(-1e-6, direction)) / 2e-6, rel=2e-5, abs=2e-6)


def test_n2_torch_computes_what_numpy_computes(net: Net) -> None:
    tensors = map_arrays(lambda _, array: torch.from_numpy(array), net.p)
    close(net.answers(torch.from_numpy(net.ids), torch.from_numpy(LENGTHS), tensors), net.answers())


def test_n4_a_text_in_a_padded_batch_is_the_text_alone(net: Net) -> None:
    """Answers and gradients: those of the batch are the sums of those of its texts."""
    together, alone = net.answers(), []
    sums: Any = [np.zeros(d.shape) for d in net.gradients()]
    for row, length in enumerate(LENGTHS):
        batch = (net.ids[row : row + 1, :length], LENGTHS[row : row + 1], net.targets[row : row + 1])
        alone += net.answers(*batch[:2])
        sums = [total + d for total, d in zip(sums, net.gradients(*batch), strict=True)]
    close(together, alone)
    close(net.gradients(), sums, rtol=1e-10, atol=1e-12)


@how(max_examples=25)
@given(st.lists(st.integers(1, 64), min_size=1, max_size=5), st.sampled_from(TABLE), st.randoms(use_true_random=False))
def test_n4_at_any_lengths(lengths: list[int], row: tuple[str, dict[str, Any]], random: Any) -> None:
    net, sizes = Net(NETWORKS[row[0]], row[1]), np.array(lengths)
    ids = np.random.default_rng(random.getrandbits(32)).integers(0, SYMBOLS, (len(sizes), sizes.max()))
    alone = [net.answers(ids[i : i + 1, :n], sizes[i : i + 1])[0] for i, n in enumerate(lengths)]
    # many steps of an unbounded relu grow without end
    close(net.answers(ids, sizes), alone, rtol=1e-9, atol=1e-12)


def test_n5_what_stands_in_the_padding_is_inert(net: Net) -> None:
    """Other ids there, and fifty columns more of it: the same answers and gradients."""
    padded = np.pad(net.ids, ((0, 0), (0, 50)), constant_values=3)
    behind = np.arange(padded.shape[1])[None, :] >= LENGTHS[:, None]
    padded[behind] = np.random.default_rng(2).integers(0, SYMBOLS, int(behind.sum()))
    # to the bit but where a product over (B*T, D) is rounded by its size
    close(net.answers(padded, LENGTHS), net.answers(), rtol=1e-13, atol=1e-14)
    close(net.gradients(padded, LENGTHS, net.targets), net.gradients(), rtol=1e-10, atol=1e-12)


def test_n8_neighbours_and_their_order_change_nothing(net: Net) -> None:
    together, order = net.answers(), np.random.default_rng(3).permutation(len(LENGTHS))
    close(net.answers(net.ids[order], LENGTHS[order]), [together[row] for row in order])
    some = [4, 0, 4]
    width = int(LENGTHS[some].max())
    close(net.answers(net.ids[some, :width], LENGTHS[some]), [together[row] for row in some])


@pytest.mark.parametrize("split", [[1], [19], [1] * 19, [7, 6], [3, 1, 9, 2]], ids=str)
def test_n9_state_carried_over_is_one_long_pass(stream: Net, split: list[int]) -> None:
    assert stream.network.read_on is not None
    ids = np.random.default_rng(5).integers(0, SYMBOLS, (3, 20))
    logits, after = stream.network.read_on(stream.settings, stream.p, ids, None)
    state, pieces = None, []
    for piece in np.split(ids, np.cumsum(split), axis=1):
        found, state = stream.network.read_on(stream.settings, stream.p, piece, state)
        pieces.append(found)
    close([np.concatenate(pieces, axis=1)], [logits])
    close(named_arrays(state).values(), named_arrays(after).values())


def test_n10_no_answer_depends_on_what_comes_later(stream: Net) -> None:
    """A changed unit leaves all logits before it as they are, to the bit, and changes those from it on."""
    assert stream.network.read_on is not None
    # a relu may be off, and a unit then changes nothing
    sees_all = stream.settings.activation != "relu"
    logits, _ = stream.network.read_on(stream.settings, stream.p, stream.ids, None)
    for t in range(stream.ids.shape[1]):
        other = stream.ids.copy()
        other[:, t] = (other[:, t] + 1) % SYMBOLS
        changed, _ = stream.network.read_on(stream.settings, stream.p, other, None)
        assert np.array_equal(changed[:, :t], logits[:, :t])
        assert not sees_all or not np.allclose(changed[:, t], logits[:, t])


def windows(net: Net, size: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Gradients and final state of a reading in windows of `size`, its way back cut between them."""
    assert net.network.read_on is not None
    p = map_arrays(lambda _, array: torch.tensor(array, requires_grad=True), net.p)
    state, total = None, torch.zeros((), dtype=torch.float64)
    for start in range(0, net.ids.shape[1], size):
        part = slice(start, start + size)
        logits, state = net.network.read_on(net.settings, p, torch.from_numpy(net.ids[:, part]), state)
        targets = torch.from_numpy(net.targets[:, part])
        total = total + negative_log_likelihood(namespace(logits), logits, targets).sum()
        state = map_arrays(lambda _, array: array.detach(), state)
    leaves = named_arrays(p).values()
    return [d.numpy() for d in torch.autograd.grad(total, list(leaves))], list(named_arrays(state).values())


def test_n11_windows_cut_the_gradient_and_not_the_state(stream: Net) -> None:
    whole, after = windows(stream, 7)
    longer, after_longer = windows(stream, 100)
    short, after_short = windows(stream, 3)
    close(longer, whole)
    close([*after_longer, *after_short], [*after, *after])
    assert not all(np.allclose(ours, theirs) for ours, theirs in zip(short, whole, strict=True))


def test_n16_parts_of_a_batch_add_up_to_it(net: Net) -> None:
    """Loss and gradients of uneven parts, added up and divided once, are those of the whole."""
    parts = [np.array([0, 3, 1]), np.array([2]), np.array([4])]
    batches = [(net.ids[rows], LENGTHS[rows], net.targets[rows]) for rows in parts]
    close([sum(net.loss(net.p, *batch) for batch in batches)], [net.loss(net.p)])
    sums = [sum(ds) for ds in zip(*(net.gradients(*batch) for batch in batches), strict=True)]
    close(sums, net.gradients(), rtol=1e-10, atol=1e-12)


def test_n18_without_a_preference_the_perplexity_is_the_number_of_answers(net: Net) -> None:
    """Whatever stands in the other weights, an output layer of zeros makes all answers alike."""
    # tied to the embedding, the output layer has no weight of its own
    silenced = ("output", "embedding") if getattr(net.settings, "tied", False) else ("output",)
    zeros = {
        name: np.zeros_like(array) if {*name.split(".")} & {*silenced} else array
        for name, array in named_arrays(net.p).items()
    }
    nats = float(net.loss(with_arrays(net.p, zeros)))
    predictions = int(LENGTHS.sum()) if net.network.answers_everywhere else len(LENGTHS)
    options = SYMBOLS if net.network.answers_everywhere else CLASSES
    assert np.exp(nats / predictions) == pytest.approx(options, rel=1e-13)


@pytest.fixture(params=["classifier", "language_model", "tagger"])
def rows(request: pytest.FixtureRequest) -> Iterator[Net]:
    network = NETWORKS[request.param]
    yield Net(network, network.wirings[-1])


def test_the_laws_see_what_they_forbid(rows: Net) -> None:
    """Their power: a network that takes no notice of lengths fails N4 and N5, one that counts its rows fails N8."""
    own = rows.network.answer

    def careless(settings: Any, p: Any, ids: Any, lengths: Any) -> Any:
        xp = namespace(p.embedding)
        whole = own(settings, p, ids, xp.zeros_like(lengths) + ids.shape[1])
        return whole + 1e-6 * xp.mean(xp.astype(ids, whole.dtype))

    rows.network = rows.network._replace(answer=careless)
    for law in (test_n4_a_text_in_a_padded_batch_is_the_text_alone, test_n5_what_stands_in_the_padding_is_inert):
        with pytest.raises(AssertionError):
            law(rows)
    rows.network = rows.network._replace(
        answer=lambda settings, p, ids, lengths: (
            own(settings, p, ids, lengths) + 1e-6 * np.arange(len(ids))[:, None, None]
        )
    )
    with pytest.raises(AssertionError):
        test_n8_neighbours_and_their_order_change_nothing(rows)

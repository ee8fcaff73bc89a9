"""A slow layer: held between the ends of passages, step by step against its definition and torch's own layers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.plain import plain
from textrnn.cells.table import CELLS
from textrnn.config.model import LanguageModelSettings
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import Batch, LanguageModelParameters, build, forward, with_table
from textrnn.networks.parameters import named_arrays
from textrnn.networks.recurrent import SlowLayerParameters, held, start_stack
from textrnn.training.forms import fastest

EXACT = {"rtol": 1e-12, "atol": 1e-12}
CPU = torch.device("cpu")


def drawn(settings: LanguageModelSettings, seed: int = 0) -> LanguageModelParameters:
    rng = np.random.default_rng(seed)
    return build(settings, 9, lambda _, shape: rng.standard_normal(shape) * 0.5)


def slow_layer(cell: str, activation: str = "tanh") -> tuple[Any, Any]:
    settings = LanguageModelSettings(cell=cell, activation=activation, hidden_size=4, embed_size=3, hierarchy="lines")
    p = drawn(settings).layers[1]
    assert isinstance(p, SlowLayerParameters)
    return cell_of(settings), p.cell


@pytest.mark.parametrize("kind", CELLS, ids="-".join)
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("rows", [(), (3,), (3, 1)])
def test_it_takes_a_step_where_a_passage_ends_and_none_elsewhere(
    kind: tuple[str, str], share: float, rows: tuple[int, ...]
) -> None:
    cell, p = slow_layer(*kind)
    rng = np.random.default_rng(1)
    x, ends = rng.standard_normal((*rows, 11, 4)), rng.random((*rows, 11)) < share
    start = tuple(rng.standard_normal((*rows, 4)) for _ in cell.parts)
    y, after = held(p, x, start, ends, partial(plain, cell))
    state = start
    for t in range(11):
        _, stepped = plain(cell, p, x[..., t : t + 1, :], state)
        state = tuple(np.where(ends[..., t, None], new, old) for new, old in zip(stepped, state, strict=True))
        np.testing.assert_allclose(y[..., t, :], state[0], **EXACT)
    for part, expected in zip(after, state, strict=True):
        np.testing.assert_allclose(part, expected, **EXACT)


def test_it_takes_as_many_steps_as_a_row_has_ends() -> None:
    cell, p = slow_layer("gru")
    taken: list[tuple[int, ...]] = []

    def counted(cell_p: Any, x: Any, state: Any) -> Any:
        taken.append(x.shape)
        return plain(cell, cell_p, x, state)

    ends = np.zeros((2, 50), np.bool_)
    ends[0, [3, 20]] = ends[1, 49] = True
    held(p, np.zeros((2, 50, 4)), cell.start(p.weight_hh, (2, 4)), ends, counted)
    assert taken == [(2, 1, 4)] * 2


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_the_network_is_torchs_own_layers_with_the_slow_one_read_at_its_ends(cell: str, num_layers: int) -> None:
    settings = LanguageModelSettings(cell=cell, hidden_size=4, embed_size=3, num_layers=num_layers, hierarchy="lines")
    p = drawn(settings)
    ids = np.random.default_rng(2).integers(0, 9, (1, 12))
    ends = ids < 3
    modules = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    x = torch.from_numpy(p.embedding[ids[0]])
    for depth, layer in enumerate(p.layers):
        module = modules[cell](x.shape[-1], 4).double()
        module.load_state_dict({f"{name}_l0": torch.from_numpy(one) for name, one in layer.cell._asdict().items()})
        if depth != 1:
            x, _ = module(x)
            continue
        # the layer over the ends alone, and before the first of them its empty state
        outputs = torch.cat([torch.zeros(1, 4, dtype=torch.float64), module(x[torch.from_numpy(ends[0])])[0]])
        x = torch.cat([x, outputs[np.cumsum(ends[0])]], dim=1)
    assert p.output.weight is not None
    expected = x @ torch.from_numpy(p.output.weight).T + torch.from_numpy(p.output.bias)
    own = cell_of(settings)
    start = start_stack(own, p.layers, (1,))
    logits, _ = forward(p, Batch(ids, ends=ends), start, partial(plain, own))
    np.testing.assert_allclose(logits[0], expected.detach().numpy(), **EXACT)
    by_table, _ = forward(with_table(p), Batch(ids, ends=ends), start, partial(plain, own))
    np.testing.assert_allclose(by_table, logits, **EXACT)


@pytest.mark.parametrize("kind", CELLS, ids="-".join)
def test_every_form_of_the_loop_takes_its_steps(kind: tuple[str, str]) -> None:
    """In the form that trains, gradients too."""
    cell, p = slow_layer(*kind)
    rng = np.random.default_rng(3)
    x, ends = torch.from_numpy(rng.standard_normal((3, 9, 4))), torch.from_numpy(rng.random((3, 9)) < 0.4)
    weights = type(p)(*(torch.tensor(one, requires_grad=True) for one in p))
    found = []
    for form in (plain, fastest(cell, CPU)):
        y, after = held(weights, x, cell.start(weights.weight_hh, (3, 4)), ends, partial(form, cell))
        total = y.square().sum() + sum(part.sum() for part in after)
        found.append([y, *torch.autograd.grad(total, list(weights))])
    for ours, expected in zip(*found, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-11)


def test_a_slow_layer_stands_above_the_first_and_all_above_read_both() -> None:
    shapes = {
        count: {
            name: array.shape
            for name, array in named_arrays(
                drawn(LanguageModelSettings(hidden_size=4, embed_size=3, hierarchy="lines", num_layers=count))
            ).items()
        }
        for count in (1, 2, 3)
    }
    assert shapes[1]["layers.1.cell.weight_ih"] == (16, 4) and shapes[1]["output.weight"] == (9, 8)
    assert shapes[2]["layers.2.cell.weight_ih"] == (16, 8) and shapes[2]["output.weight"] == (9, 4)
    assert shapes[3]["layers.3.cell.weight_ih"] == (16, 4)

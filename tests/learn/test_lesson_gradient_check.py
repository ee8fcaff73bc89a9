"""The lesson `gradient-check`: right ways back pass, every planted mistake fails, torch agrees with both gradients."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from textrnn.learn.lessons import gradient_check as lesson
from textrnn.learn.trainer import SimpleRNN


def by_torch(net: SimpleRNN, inputs: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    import torch

    kinds = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    layer = kinds[net.cell.name](inputs.shape[-1], net.settings.hidden_size, batch_first=True).double()
    p, output = net.parameters.layers[0].cell, net.parameters.output
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    for name in names:
        getattr(layer, f"{name}_l0").data = torch.tensor(getattr(p, name))
    weight, bias = (torch.tensor(array, requires_grad=True) for array in output)
    y = layer(torch.tensor(inputs))[0] @ weight.T + bias
    ((y - torch.tensor(targets)) ** 2).mean().backward()
    found = {f"layers.0.cell.{name}": getattr(layer, f"{name}_l0").grad.numpy() for name in names}
    return {**found, "output.weight": weight.grad.numpy(), "output.bias": bias.grad.numpy()}


@pytest.mark.parametrize("cell", lesson.CELLS)
def test_both_gradients_are_torch_s(cell: str) -> None:
    net, examples = lesson.network(cell)
    expected = by_torch(net, *(np.stack(part) for part in zip(*examples, strict=True)))
    hand, nudged = lesson.by_hand(net, examples), lesson.by_nudging(net, examples)
    assert hand.keys() == nudged.keys() == expected.keys()
    for name, array in expected.items():
        assert hand[name] == pytest.approx(array, abs=1e-12)
        assert nudged[name] == pytest.approx(array, abs=1e-8)


def test_nudging_leaves_the_network_as_it_was() -> None:
    net, examples = lesson.network("gru")
    before = {name: array.copy() for name, array in lesson.named_arrays(net.parameters).items()}
    lesson.by_nudging(net, examples)
    for name, array in lesson.named_arrays(net.parameters).items():
        assert np.array_equal(array, before[name])


def test_the_difference_is_a_share_of_the_length() -> None:
    one, other = (
        {"a": np.array([3.0, 0.0]), "b": np.array([[4.0]])},
        {"a": np.array([0.0, 0.0]), "b": np.array([[0.0]])},
    )
    assert lesson.difference(one, other) == 1
    assert lesson.difference(one, one) == 0
    assert lesson.difference(one, {"a": np.array([3.0, 0.0]), "b": np.array([[-4.0]])}) == pytest.approx(8 / 10)


def test_mistakes_are_found_and_right_gradients_pass(told: Callable[[str], str]) -> None:
    text = told("gradient-check")
    for cell in lesson.CELLS:
        count, apart = lesson.checked(cell)
        assert apart < lesson.ENOUGH
        assert re.search(rf"^    {cell} +{count}  \S+e-(09|1\d)$", text, re.MULTILINE)
    for name, cell, backward in lesson.MISTAKES:
        apart = lesson.with_mistake(cell, backward)
        assert apart > 1e-2
        assert re.search(rf"^    {re.escape(name)} +{apart:.1e}  wrong$", text, re.MULTILINE)
        assert lesson.with_mistake(cell, cell.backward) < lesson.ENOUGH


def test_the_best_nudge_is_neither_the_largest_nor_the_smallest(told: Callable[[str], str]) -> None:
    (best,) = re.findall(r"the best, here (\S+) with", told("gradient-check"))
    assert 1e-8 < float(best) < 1e-3

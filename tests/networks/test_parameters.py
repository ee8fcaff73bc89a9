from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from textrnn.networks.parameters import map_arrays, named_arrays, with_arrays


class Leaf(NamedTuple):
    weight: np.ndarray | None
    bias: np.ndarray


class Tree(NamedTuple):
    first: np.ndarray
    layers: tuple[Leaf, ...]
    head: Leaf | None


def tree() -> Tree:
    return Tree(np.zeros(1), (Leaf(np.ones(2), np.ones(3)), Leaf(None, np.ones(4))), None)


def test_names_are_paths_in_order() -> None:
    assert list(named_arrays(tree())) == ["first", "layers.0.weight", "layers.0.bias", "layers.1.bias"]


def test_a_single_array_and_nothing_are_trees_too() -> None:
    assert list(named_arrays(np.zeros(2))) == [""]
    assert named_arrays(None) == {}
    assert named_arrays(((np.zeros(1), np.zeros(1)),)).keys() == {"0.0", "0.1"}


def test_mapping_keeps_the_shape_of_the_tree() -> None:
    doubled = map_arrays(lambda _, array: 2 * array, tree())
    assert isinstance(doubled, Tree)
    assert isinstance(doubled.layers[0], Leaf)
    assert doubled.head is None
    assert doubled.layers[1].weight is None
    assert np.array_equal(doubled.layers[0].bias, np.full(3, 2.0))


def test_arrays_are_put_back_by_name() -> None:
    arrays = {name: np.full_like(array, number) for number, (name, array) in enumerate(named_arrays(tree()).items())}
    filled = with_arrays(tree(), arrays)
    assert named_arrays(filled).keys() == arrays.keys()
    assert all(named_arrays(filled)[name] is array for name, array in arrays.items())


def test_a_missing_array_is_an_error() -> None:
    arrays = named_arrays(tree())
    del arrays["layers.1.bias"]
    with pytest.raises(KeyError):
        with_arrays(tree(), arrays)

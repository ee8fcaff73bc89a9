"""Parameters as trees of named tuples: names for their arrays, and functions over all of them.

A tree is an array, None, or a (named) tuple of trees. The name of an array is the path to it, such as
`layers.0.cell.weight_hh`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

from textrnn.cells.functions import Array

Tree = TypeVar("Tree")


def _branches(tree: Any) -> Iterator[tuple[str, Any]]:
    names = getattr(tree, "_fields", None) or map(str, range(len(tree)))
    return zip(names, tree, strict=True)


def named_arrays(tree: Any, prefix: str = "") -> dict[str, Array]:
    """Return the arrays of `tree` by name, in order."""
    if tree is None:
        return {}
    if not isinstance(tree, tuple):
        return {prefix: tree}
    found: dict[str, Array] = {}
    for name, branch in _branches(tree):
        found |= named_arrays(branch, f"{prefix}.{name}" if prefix else name)
    return found


def map_arrays(function: Callable[[str, Array], Array], tree: Tree, prefix: str = "") -> Tree:
    """Return `tree` with every array replaced by function(name, array)."""
    if tree is None:
        return tree
    if not isinstance(tree, tuple):
        leaf: Any = function(prefix, tree)
        return cast(Tree, leaf)
    mapped = [map_arrays(function, branch, f"{prefix}.{name}" if prefix else name) for name, branch in _branches(tree)]
    made: Any = type(tree)(*mapped) if hasattr(tree, "_fields") else type(tree)(mapped)
    return cast(Tree, made)


def with_arrays(tree: Tree, arrays: Mapping[str, Array]) -> Tree:
    """Return `tree` with its arrays taken from `arrays` by name, all of which must be there."""
    return map_arrays(lambda name, _: arrays[name], tree)

"""What networks that read whole texts do with words before they read: embeddings, and the products made of them.

In: what words are made of, tables. Out: an embedding a word; the inputs of the first layer for each direction. Knows
neither pooling nor output. Shapes: B texts, T time, W distinct words, P subwords of a word, E embedding, H units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from textrnn.cells.cell import CellParameters, project
from textrnn.cells.functions import Array, Namespace, lookup
from textrnn.networks.recurrent import LayerParameters, taken

Tree = TypeVar("Tree")


class Words(NamedTuple):
    """The distinct words of a batch: ids (W,) in the vocabulary, subwords (W, P) padded, how many each has (W,)."""

    ids: Array
    subwords: Array
    counts: Array


class Reader(Protocol):
    """The parameters of a network that reads words: embedding (V, E), subwords (buckets, E) or None."""

    @property
    def embedding(self) -> Array: ...

    @property
    def subwords(self) -> Array | None: ...

    @property
    def layers(self) -> tuple[LayerParameters, ...]: ...


def sparse_tables(p: Reader) -> tuple[str, ...]:
    """Return the names of the tables of which a batch uses few rows, where words are looked up before they are read."""
    return () if p.subwords is None else ("embedding", "subwords")


def embed(xp: Namespace, p: Reader, words: Words) -> Array:
    """Return the embeddings of words, (W, E): their own plus the mean of their subwords' (Bojanowski et al. 2017)."""
    own = lookup(xp, p.embedding, words.ids)
    if p.subwords is None:
        return own
    found = lookup(xp, p.subwords, words.subwords)  # (W, P) -> (W, P, E)
    place = xp.arange(words.subwords.shape[1], dtype=words.counts.dtype, device=words.counts.device)
    is_real = (place[None, :] < words.counts[:, None])[..., None]
    total = xp.sum(xp.where(is_real, found, xp.zeros_like(found)), axis=1)
    counts = xp.astype(xp.clip(words.counts, 1, None), own.dtype)
    return own + total / counts[:, None]


def reading_inputs(
    xp: Namespace, table: Array, ids: Array, places: Array, mask: Array | None, directions: int
) -> Sequence[Array]:
    """Return the inputs of the first layer for each direction, (B, T, E), of ids (B, T) in a table of embeddings.

    places: `turning` of the texts. mask: dropout factors, (B, 1, E).
    """
    embedded = lookup(xp, table, ids)  # (B, T) -> (B, T, E)
    if mask is not None:
        embedded = embedded * mask
    return [embedded] if directions == 1 else [embedded, taken(xp, embedded, places)]


def tables(p: Reader, embedded: Array) -> list[Array]:
    """Return the input products of the first layer for embeddings (W, E), (W, G*H) for each direction."""
    return [project(cell, embedded) for cell in p.layers[0].cells]


def without_input_products(p: Tree) -> Tree:
    """Return the parameters of a reader, whose first layer takes what `tables` gives."""

    def bare(cell: CellParameters) -> CellParameters:
        return cell._replace(weight_ih=None, bias_ih=None)

    tree: Any = p
    first, *rest = tree.layers
    backward = None if first.backward is None else bare(first.backward)
    found: Tree = tree._replace(layers=(first._replace(cell=bare(first.cell), backward=backward), *rest))
    return found

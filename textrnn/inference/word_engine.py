"""What engines that read whole texts have in common: texts side by side in blocks, and the memory of words.

In: parameters, texts as ids of a lexicon. Out: blocks with the inputs of the first layer, for a network on NumPy to
read. How many texts stand in a block depends on a text's own length alone, and products are of one step of a block:
each has the same shape whatever stands beside a text, whose answers are the same to the bit.
Shapes: B texts, T units, W words, G*H gates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from textrnn.cells.cell import Cell, CellParameters, State, project
from textrnn.cells.functions import Array
from textrnn.cells.plain import plain
from textrnn.networks.parameters import map_arrays
from textrnn.networks.recurrent import turning
from textrnn.networks.words import Reader, tables, without_input_products
from textrnn.text.lexicon import Lexicon

Ids = npt.NDArray[np.integer]
Parameters = TypeVar("Parameters", bound=Reader)

# (units of a text up to, texts in a block): the longer, the fewer, so that a block takes little memory
_BLOCKS = ((64, 128), (256, 64), (1024, 16), (16384, 4), (1 << 62, 1))
# words whose input products are made at once: one shape again
_WORDS_AT_ONCE = 64
# words beyond the vocabulary that are remembered
MOST_NEW_WORDS = 16_384


class Block(NamedTuple):
    """Texts side by side. rows: (N,) their places among those asked for, the first of the block's B texts.

    ids: (B, T). lengths: (B,). inputs: of the first layer for each direction, (B, T, G*H). places: `turning`, (B, T).
    """

    rows: Ids
    ids: Ids
    lengths: Ids
    inputs: list[npt.NDArray[np.floating]]
    places: Ids


class WordEngine(ABC, Generic[Parameters]):
    """Reads texts. What it has worked out about a word it remembers."""

    def __init__(self, parameters: Parameters, cell: Cell, lexicon: Lexicon) -> None:
        self.parameters: Parameters = map_arrays(lambda _, array: np.asarray(array, np.float32), parameters)
        self.lexicon = lexicon
        self._cell, self._loop = cell, partial(_by_steps, cell)
        self._running: Parameters = without_input_products(self.parameters)
        self._tables = [np.empty((0, cell.weight_hh.shape[0]), np.float32) for cell in parameters.layers[0].cells]
        self._is_known = np.zeros(0, np.bool_)

    @abstractmethod
    def _embedded(self, ids: Ids) -> Array:
        """Return the embeddings of words (W,), (W, E)."""

    def _blocks(self, texts: Sequence[Ids]) -> Iterator[Block]:
        """Yield all texts, each of one unit at least, those of about one length together."""
        for rows, own in of_one_length(texts):
            ids, lengths = padded(own)
            yield Block(rows, ids, lengths, *self._inputs(ids, lengths))
        if len(self.lexicon) > self.lexicon.vocabulary_size + MOST_NEW_WORDS:
            self.lexicon.forget()
            self._is_known[self.lexicon.vocabulary_size :] = False

    def _inputs(self, ids: Ids, lengths: Ids) -> tuple[list[npt.NDArray[np.floating]], Ids]:
        """Return the inputs of the first layer for each direction, (B, T, G*H), and `turning` of the texts."""
        self._learn(ids)
        places = turning(np, lengths, ids.shape[1])
        orders = (ids, ids.reshape(-1)[places])
        return [table[order] for table, order in zip(self._tables, orders, strict=False)], places

    def _learn(self, ids: Ids) -> None:
        """Work out the first layer's input products of all words that are new."""
        self._grow(len(self.lexicon))
        # few are new, and numpy.unique would put all in order, and import masked arrays for that
        new = np.array(sorted(set(ids[~self._is_known[ids]].tolist())), np.int64)
        for start in range(0, len(new), _WORDS_AT_ONCE):
            words = new[start : start + _WORDS_AT_ONCE]
            filled = np.concatenate([words, np.full(_WORDS_AT_ONCE - len(words), words[0])])
            embedded = self._embedded(filled)
            for table, products in zip(self._tables, tables(self.parameters, embedded), strict=True):
                table[words] = products[: len(words)]
        self._is_known[new] = True

    def _grow(self, size: int) -> None:
        """Make room for `size` words."""
        if size > len(self._is_known):
            more = max(size, len(self._is_known) * 3 // 2) - len(self._is_known)
            rooms = [np.empty((more, table.shape[1]), np.float32) for table in self._tables]
            self._tables = [np.concatenate(pair) for pair in zip(self._tables, rooms, strict=True)]
            self._is_known = np.concatenate([self._is_known, np.zeros(more, np.bool_)])


def _by_steps(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """As `plain`; the input's products are made step by step, for their rounding depends on the shape (B, X)."""
    if p.weight_ih is not None:
        x = np.swapaxes(project(p, np.swapaxes(x, 0, 1)), 0, 1)
        p = p._replace(weight_ih=None, bias_ih=None)
    return plain(cell, p, x, state)


def padded(texts: Sequence[Ids]) -> tuple[Ids, Ids]:
    """Return texts side by side, (B, T), filled up with what a text may begin with; and their lengths, (B,)."""
    lengths = np.array([len(ids) for ids in texts], np.int64)
    ids = np.full((len(texts), lengths.max()), texts[0][0], np.int64)
    for row, units in zip(ids, texts, strict=True):
        row[: len(units)] = units
    return ids, lengths


def of_one_length(texts: Sequence[Ids]) -> Iterator[tuple[Ids, list[Ids]]]:
    """Yield the places of texts of about one length, and the texts themselves, filled up to the size of their block."""
    lengths = np.array([len(ids) for ids in texts], np.int64)
    order = np.argsort(lengths, kind="stable")
    shortest = 0
    for longest, size in _BLOCKS:
        of_class = order[(lengths[order] > shortest) & (lengths[order] <= longest)]
        for start in range(0, len(of_class), size):
            rows = of_class[start : start + size]
            own = [texts[row] for row in rows.tolist()]
            yield rows, own + [own[0][:1]] * (size - len(own))
        shortest = longest

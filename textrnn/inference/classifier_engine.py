"""The engine of a classifier: its network on NumPy, texts as ids in, logits out.

Texts are read side by side in blocks. How many stand in a block depends on a text's own length alone, and products are
of one step of a block: each has the same shape whatever stands beside a text, whose logits are the same to the bit.
Shapes: B texts, T units, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from textrnn.cells.cell import Cell, CellParameters, State, project
from textrnn.cells.functions import Array
from textrnn.cells.plain import plain
from textrnn.networks.classifier import (
    Batch,
    ClassifierParameters,
    Words,
    classify,
    embed,
    tables,
    without_input_products,
)
from textrnn.networks.parameters import map_arrays
from textrnn.networks.pooling import Outputs, attention_weights
from textrnn.networks.recurrent import read_texts, turning
from textrnn.text.lexicon import Lexicon

Ids = npt.NDArray[np.integer]

# (units of a text up to, texts in a block): the longer, the fewer, so that a block takes little memory
_BLOCKS = ((64, 128), (256, 64), (1024, 16), (16384, 4), (1 << 62, 1))
# words whose input products are made at once: one shape again
_WORDS_AT_ONCE = 64
# words beyond the vocabulary that are remembered
_MOST_NEW_WORDS = 100_000


class ClassifierEngine:
    """Reads texts. What it has worked out about a word it remembers."""

    def __init__(self, parameters: ClassifierParameters, cell: Cell, ways: Sequence[str], lexicon: Lexicon) -> None:
        self.parameters = map_arrays(lambda _, array: np.asarray(array, np.float32), parameters)
        self.lexicon = lexicon
        self._cell, self._ways, self._loop = cell, ways, partial(_by_steps, cell)
        self._running = without_input_products(self.parameters)
        self._tables = [np.empty((0, cell.weight_hh.shape[0]), np.float32) for cell in parameters.layers[0].cells]
        self._is_known = np.zeros(0, np.bool_)

    def logits(self, texts: Sequence[Ids]) -> npt.NDArray[np.float64]:
        """Return the logits of each text's classes, (B, C). texts: the lexicon's ids of each, at least one."""
        assert self.parameters.output.weight is not None
        found = np.empty((len(texts), len(self.parameters.output.bias)), np.float64)
        for rows, block in _blocks(texts):
            found[rows] = self._read(block)[: len(rows)]
        if len(self.lexicon) > self.lexicon.vocabulary_size + _MOST_NEW_WORDS:
            self.lexicon.forget()
            self._is_known[self.lexicon.vocabulary_size :] = False
        return found

    def _read(self, texts: Sequence[Ids]) -> npt.NDArray[np.floating]:
        lengths = np.array([len(ids) for ids in texts], np.int64)
        ids = np.full((len(texts), lengths.max()), texts[0][0], np.int64)
        for row, own in zip(ids, texts, strict=True):
            row[: len(own)] = own
        inputs, places = self._inputs(ids, lengths)
        batch = Batch(ids, lengths)
        logits: npt.NDArray[np.floating] = classify(
            self._cell, self._ways, self._running, inputs, batch, places, self._loop
        )
        return logits

    def attention(self, ids: Ids) -> npt.NDArray[np.floating] | None:
        """Return the weight of each unit of one text where attention pools it; they add up to 1."""
        if self._running.attention is None:
            return None
        lengths = np.array([len(ids)], np.int64)
        inputs, places = self._inputs(ids[None].astype(np.int64), lengths)
        y = read_texts(self._cell, self._running.layers, inputs, places, self._loop)
        outputs = Outputs(y, lengths, np.ones((1, len(ids), 1), np.bool_), len(self._tables))
        weights: npt.NDArray[np.floating] = attention_weights(np, outputs, self._running.attention)
        return weights[0, :, 0]

    def _inputs(self, ids: Ids, lengths: Ids) -> tuple[list[npt.NDArray[np.floating]], Ids]:
        """Return the inputs of the first layer for each direction, (B, T, G*H), and `turning` of the texts."""
        self._learn(ids)
        places = turning(np, lengths, ids.shape[1])
        orders = (ids, ids.reshape(-1)[places])
        return [table[order] for table, order in zip(self._tables, orders, strict=False)], places

    def _learn(self, ids: Ids) -> None:
        """Work out the first layer's input products of all words that are new."""
        self._grow(len(self.lexicon))
        asked = np.unique(ids)
        new = asked[~self._is_known[asked]]
        for start in range(0, len(new), _WORDS_AT_ONCE):
            words = new[start : start + _WORDS_AT_ONCE]
            filled = np.concatenate([words, np.full(_WORDS_AT_ONCE - len(words), words[0])])
            embedded = embed(np, self.parameters, Words(*self.lexicon.parts(filled)))
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


def _blocks(texts: Sequence[Ids]) -> Iterator[tuple[Ids, list[Ids]]]:
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

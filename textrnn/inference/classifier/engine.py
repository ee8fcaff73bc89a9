"""The engine of a classifier: its network on NumPy, texts as ids in, logits out. Neighbours change no bit.

Shapes: B texts, N passages of all of them, S passages of a text, T units, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from textrnn.cells.cell import Cell
from textrnn.cells.functions import Array
from textrnn.inference.word_engine import Ids, WordEngine, of_one_length, padded
from textrnn.networks.classifier import Batch, ClassifierParameters, Texts, answer, read_passages, vectors_of
from textrnn.networks.pooling import AttentionParameters, attention_weights, masked, pool
from textrnn.networks.recurrent import read_texts
from textrnn.networks.words import Words, embed
from textrnn.text.lexicon import Lexicon


class ClassifierEngine(WordEngine[ClassifierParameters]):
    """Reads texts for their class."""

    def __init__(self, parameters: ClassifierParameters, cell: Cell, ways: Sequence[str], lexicon: Lexicon) -> None:
        super().__init__(parameters, cell, lexicon)
        self._ways = ways

    def _embedded(self, ids: Ids) -> Array:
        return embed(np, self.parameters, Words(*self.lexicon.parts(ids)))

    def logits(self, texts: Sequence[Ids], sizes: Sequence[Ids] | None = None) -> npt.NDArray[np.float64]:
        """Return the logits of each text's classes, (B, C). texts: the lexicon's ids of each, at least one.

        sizes: how many of them stand in each of its passages; None where each text is one passage.
        """
        sizes = [np.array([len(ids)]) for ids in texts] if sizes is None else sizes
        counts = [len(own) for own in sizes]
        passages = [part for ids, own in zip(texts, sizes, strict=True) for part in np.split(ids, np.cumsum(own)[:-1])]
        read = self._vectors(passages)
        found = np.empty((len(texts), len(self.parameters.output.bias)), np.float64)
        for rows, own in of_one_length(np.split(np.arange(len(passages)), np.cumsum(counts)[:-1])):
            of_rows, lengths = padded(own)
            # a text alone is one passage, whose vector is the text's own
            vectors = read if self._running.slow is not None else read[of_rows[:, 0]]
            texts_of = Texts(of_rows, lengths)
            found[rows] = answer(self._cell, self._ways, self._running, vectors, texts_of, self._loop)[: len(rows)]
        return found

    def _vectors(self, passages: Sequence[Ids]) -> Array:
        """Return the vector of each passage, (N, pooled)."""
        found: Array = None
        for rows, ids, lengths, inputs, places in self._blocks(passages):
            batch = Batch(ids, lengths)
            vectors = vectors_of(self._cell, self._ways, self._running, inputs, batch, places, self._loop)
            found = np.empty((len(passages), vectors.shape[1]), vectors.dtype) if found is None else found
            found[rows] = vectors[: len(rows)]
        return found

    def attention(self, ids: Ids, sizes: Ids | None = None) -> npt.NDArray[np.floating] | None:
        """Return the weight of each unit of one text where attention pools it; they add up to 1.

        In a text of passages, of `sizes`, that is its weight in its passage times that of the passage in the text.
        """
        if self._running.attention is None:
            return None
        sizes = np.array([len(ids)]) if sizes is None else sizes
        rows, lengths = padded(np.split(ids.astype(np.int64), np.cumsum(sizes)[:-1]))
        inputs, places = self._inputs(rows, lengths)
        y = read_texts(self._cell, self._running.layers, inputs, places, self._loop)
        weights = self._weights(y, lengths, self._running.attention)  # (S, T)
        slow = self._running.slow
        if slow is not None and slow.attention is not None:
            vectors = pool(self._ways, y, lengths, len(self._tables), self._running.attention)
            order = Texts(np.arange(len(lengths))[None], np.array([len(lengths)], np.int64))
            above = read_passages(self._cell, slow, vectors, order, self._loop)
            weights = weights * self._weights(above, order.counts, slow.attention).T
        found: npt.NDArray[np.floating] = weights[np.arange(weights.shape[1]) < lengths[:, None]]
        return found

    def _weights(self, y: Array, lengths: Ids, p: AttentionParameters) -> npt.NDArray[np.floating]:
        """Return the weights of attention over outputs (B, T, D*H), (B, T)."""
        weights: npt.NDArray[np.floating] = attention_weights(np, masked(np, y, lengths, len(self._tables)), p)
        return weights[..., 0]

"""The engine of a classifier: its network on NumPy, texts as ids in, logits out. Neighbours change no bit.

Shapes: B texts, T units, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from textrnn.cells.cell import Cell
from textrnn.cells.functions import Array
from textrnn.inference.word_engine import Ids, WordEngine
from textrnn.networks.classifier import Batch, ClassifierParameters, classify
from textrnn.networks.pooling import Outputs, attention_weights
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

    def logits(self, texts: Sequence[Ids]) -> npt.NDArray[np.float64]:
        """Return the logits of each text's classes, (B, C). texts: the lexicon's ids of each, at least one."""
        found = np.empty((len(texts), len(self.parameters.output.bias)), np.float64)
        for rows, ids, lengths, inputs, places in self._blocks(texts):
            batch = Batch(ids, lengths)
            logits = classify(self._cell, self._ways, self._running, inputs, batch, places, self._loop)
            found[rows] = logits[: len(rows)]
        return found

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

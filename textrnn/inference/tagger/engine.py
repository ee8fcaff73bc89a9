"""The engine of a tagger: its network on NumPy, sentences as ids in, the logits of every word's tags out.

Shapes: B sentences, T words, C tags.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from textrnn.cells.functions import Array
from textrnn.inference.word_engine import Ids, WordEngine
from textrnn.networks.tagger import TaggerParameters, embed, tag
from textrnn.networks.words import Words


class TaggerEngine(WordEngine[TaggerParameters]):
    """Reads sentences for their tags. A sentence's logits are the same to the bit whatever stands beside it."""

    def _embedded(self, ids: Ids) -> Array:
        shapes = self.lexicon.shapes(ids) if self.lexicon.has_shapes else None
        return embed(np, self.parameters, Words(*self.lexicon.parts(ids)), shapes)

    def logits(self, sentences: Sequence[Ids]) -> list[npt.NDArray[np.floating]]:
        """Return the logits of the tags of each sentence's words, (T, C). sentences: ids of each, at least one."""
        found: list[npt.NDArray[np.floating]] = [np.empty((0, 0))] * len(sentences)
        for rows, _, lengths, inputs, places in self._blocks(sentences):
            logits = tag(self._cell, self._running, inputs, places, self._loop)
            for row, own, length in zip(rows.tolist(), logits, lengths.tolist(), strict=False):
                found[row] = own[:length]
        return found

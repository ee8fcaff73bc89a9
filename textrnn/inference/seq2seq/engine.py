"""The engine of an encoder-decoder: its network on NumPy, and texts side by side in blocks.

In: parameters, sources as ids. Out: blocks that are read, a step of what is written. How wide a block is, and how many
texts stand in it, depends on a text's own length alone, so that every product has the same shape whatever stands beside
a text, whose answers are the same to the bit.
Shapes: N texts, B rows of a block, S units of a source, K hypotheses of a text, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.cells.attention import Memory
from textrnn.cells.cell import Cell
from textrnn.cells.functions import lookup
from textrnn.cells.plain import plain
from textrnn.networks.parameters import map_arrays
from textrnn.networks.recurrent import StackState, run_stack
from textrnn.networks.seq2seq import Seq2SeqParameters, answer, decode, encode, with_tables
from textrnn.text.vocabulary import END

Ids = npt.NDArray[np.integer]
Logits = npt.NDArray[np.floating]

# (units of a source up to, rows of a block): the longer, the fewer, so that a block takes little memory
_BLOCKS = (
    (8, 64), (12, 64), (16, 64), (20, 64), (24, 64), (32, 64), (40, 64), (48, 64), (64, 64), (96, 32), (128, 32),
    (192, 16), (256, 16), (512, 4), (1024, 4), (4096, 1), (16384, 1), (1 << 20, 1), (1 << 30, 1),
)  # fmt: skip


class Block(NamedTuple):
    """Texts read side by side. rows: (N,) their places among those asked for, the first of B. lengths: (N,) of each.

    memory: of B texts, None without attention. state: what the decoder starts from.
    """

    rows: Ids
    lengths: Ids
    memory: Memory | None
    state: StackState


class Seq2SeqEngine:
    """Reads sources, and says what comes next in a target."""

    def __init__(self, parameters: Seq2SeqParameters, cell: Cell) -> None:
        own: Seq2SeqParameters = map_arrays(lambda _, array: np.asarray(array, np.float32), parameters)
        self.parameters = own
        self._running = with_tables(own)
        self._cell, self._loop = cell, partial(plain, cell)

    def blocks(self, sources: Sequence[Ids], beam: int = 1) -> Iterator[Block]:
        """Yield all sources, each of one unit at least, read, those of about one length together.

        beam: hypotheses that are written for each at once: so many times fewer stand in a block.
        """
        for rows, width, size in _of_one_length(sources, beam):
            ids = np.full((size, width), END, np.int64)
            lengths = np.ones(size, np.int64)
            for place, row in enumerate(rows.tolist()):
                lengths[place] = len(sources[row])
                ids[place, : lengths[place]] = sources[row]
            memory, state = encode(self._cell, self._running, ids, lengths, self._loop)
            yield Block(rows, lengths[: len(rows)], memory, state)

    def step(self, ids: Ids, state: StackState, memory: Memory | None) -> tuple[Logits, StackState]:
        """Return the logits of the unit after each of ids (B, K), (B, K, V), and the new state of B*K rows."""
        p = self._running.decoder
        embedded = lookup(np, p.embedding, ids.reshape(-1, 1))
        y, state = run_stack(p.layers, embedded, state, self._loop)
        # hypotheses ask the memory of their text as steps of it would
        logits, _ = answer(p, y.reshape(*ids.shape, -1), memory)
        return logits, state

    def weights(self, source: Ids, target: Ids) -> npt.NDArray[np.floating] | None:
        """Return where attention looks before each unit of `target` (T,), (T, S); None without attention."""
        lengths = np.array([len(source)], np.int64)
        memory, state = encode(self._cell, self._running, source[None], lengths, self._loop)
        before = np.concatenate([[END], target[:-1]])
        _, _, weights = decode(self._running.decoder, before[None], memory, state, self._loop)
        return None if weights is None else np.asarray(weights[0])


def _of_one_length(sources: Sequence[Ids], beam: int) -> Iterator[tuple[Ids, int, int]]:
    """Yield the places of sources of about one length, the width of their block and its rows."""
    lengths = np.array([len(ids) for ids in sources], np.int64)
    order = np.argsort(lengths, kind="stable")
    shortest = 0
    for longest, rows in _BLOCKS:
        of_class = order[(lengths[order] > shortest) & (lengths[order] <= longest)]
        # what is longer than any class with a width of its own stands alone
        size = max(1, rows // beam)
        for start in range(0, len(of_class), size):
            places = of_class[start : start + size]
            yield places, longest if size > 1 else int(lengths[places].max()), size
        shortest = longest

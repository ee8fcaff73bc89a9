"""What an encoder-decoder writes for sources that were read: the likeliest unit each time, or the best of a beam.

In: an engine, a block, how long each text may become. Out: the ids of each text without END, and their nats. What is
found for a text depends on that text alone. A hypothesis Y of a beam is ranked by `length_penalty`, |Y| counting END;
of equals the one that ended first. <unk> is never written: no text is meant by it.
Shapes: B rows of a block, K hypotheses of a text, V vocabulary, C candidates.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.cells.functions import log_softmax
from textrnn.inference.length_penalty import share_of_log_p
from textrnn.inference.seq2seq.engine import Block, Ids, Seq2SeqEngine
from textrnn.text.vocabulary import END, UNKNOWN

Rows = npt.NDArray[np.floating]
_NEVER = -np.inf


class Found(NamedTuple):
    """ids: of a text, without END. nats: of all its units, END among them where it came. score: what ranked it."""

    ids: list[int]
    nats: float
    score: float


def greedy(engine: Seq2SeqEngine, block: Block, limits: Ids) -> list[Found]:
    """Write the likeliest unit each time, of equals the one with the lowest id. limits: (N,) units of each, at most."""
    count, size = len(block.rows), len(block.state[0][0])
    state, ids = block.state, np.full((size, 1), END, np.int64)
    written: list[Ids] = []
    nats = np.zeros(count)
    lengths = np.zeros(count, np.int64)
    is_open = np.ones(count, np.bool_)
    while is_open.any():
        logits, state = engine.step(ids, state, block.memory)
        log_p = log_softmax(np, logits[:, 0])
        log_p[:, UNKNOWN] = _NEVER
        best = log_p.argmax(axis=1)
        nats[is_open] -= log_p[np.arange(count), best[:count]][is_open]
        written.append(best[:count])
        is_open &= best[:count] != END
        lengths[is_open] += 1
        is_open &= lengths < limits
        ids = best[:, None]
    columns = np.stack(written, axis=1)
    return [
        Found(row[:length].tolist(), float(own), -float(own))
        for row, length, own in zip(columns, lengths.tolist(), nats, strict=True)
    ]


def beam_search(engine: Seq2SeqEngine, block: Block, limits: Ids, *, width: int, length_penalty: float) -> list[Found]:
    """Return the best hypothesis of each text that a beam of `width` sees. limits: as `greedy`."""
    count, size = len(block.rows), len(block.state[0][0])
    searches = [_Search(width, length_penalty, limit) for limit in limits.tolist()]
    # all hypotheses are the same at first: only one of them counts
    log_p = np.full((size, width), _NEVER)
    log_p[:, 0] = 0.0
    ids = np.full((size, width), END, np.int64)
    state = tuple(tuple(np.repeat(part, width, axis=0) for part in layer) for layer in block.state)
    while not all(search.is_over for search in searches):
        logits, state = engine.step(ids, state, block.memory)
        parents, units, scores = _candidates(logits, log_p)
        chosen = np.zeros((size, width), np.int64)
        log_p = np.full((size, width), _NEVER)
        for row, search in enumerate(searches[:count]):
            if search.is_over:
                continue
            places = search.take(parents[row].tolist(), units[row].tolist(), scores[row].tolist())
            chosen[row, : len(places)] = parents[row, places]
            ids[row, : len(places)] = units[row, places]
            log_p[row, : len(places)] = scores[row, places]
        rows = (np.arange(size)[:, None] * width + chosen).reshape(-1)
        state = tuple(tuple(part[rows] for part in layer) for layer in state)
    return [search.best() for search in searches]


def _candidates(logits: Rows, log_p: Rows) -> tuple[Ids, Ids, Rows]:
    """Return the best ways to write on of each text, best first: parents, units and log p of the whole, (B, C) each.

    One END a hypothesis can end, so twice the width leaves a full beam.
    """
    size, width, vocabulary = logits.shape
    own = log_softmax(np, logits).astype(np.float64)
    own[:, :, UNKNOWN] = _NEVER
    flat = (log_p[:, :, None] + own).reshape(size, -1)
    count = min(2 * width, flat.shape[1])
    some = np.argpartition(-flat, count - 1, axis=1)[:, :count]
    some.sort(axis=1)
    order = np.argsort(-np.take_along_axis(flat, some, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(some, order, axis=1)
    return best // vocabulary, best % vocabulary, np.take_along_axis(flat, best, axis=1)


class _Search:
    """The hypotheses of one text: those that are written on, in the order of the beam, and those that are over."""

    def __init__(self, width: int, length_penalty: float, limit: int) -> None:
        self._width, self._penalty, self._limit = width, length_penalty, limit
        self._written: list[tuple[int, ...]] = [()] * width
        self._over: list[Found] = []
        self.is_over = False

    def take(self, parents: list[int], units: list[int], scores: list[float]) -> list[int]:
        """Take candidates, best first; return the places of those that are written on."""
        length = len(self._written[0]) + 1
        going_on: list[int] = []
        for place, (parent, unit, log_p) in enumerate(zip(parents, units, scores, strict=True)):
            if log_p == _NEVER or len(going_on) == self._width:
                break
            if unit == END:
                self._end(self._written[parent], log_p, length)
            elif length == self._limit:
                self._end((*self._written[parent], unit), log_p, length)
                if len(self._over) >= self._width:
                    break
            else:
                going_on.append(place)
        self.is_over = not going_on or self._is_settled(scores[going_on[0]])
        if self.is_over:
            return []
        written = [(*self._written[parents[place]], units[place]) for place in going_on]
        # where there are fewer than the beam is wide, the rest counts for nothing
        self._written = written + [written[0]] * (self._width - len(written))
        return going_on

    def _end(self, ids: tuple[int, ...], log_p: float, length: int) -> None:
        self._over.append(Found(list(ids), -log_p, log_p * share_of_log_p(length, self._penalty)))
        # a stable sort: of equals, the one that ended first
        self._over = sorted(self._over, key=lambda found: -found.score)[: self._width]

    def _is_settled(self, best_log_p: float) -> bool:
        """Whether nothing still being written can get ahead: log p only falls, and the share is smallest at the end."""
        most = best_log_p * share_of_log_p(self._limit, self._penalty)
        return bool(self._over) and (len(self._over) >= self._width) and most <= self._over[-1].score

    def best(self) -> Found:
        """Return what was found."""
        return self._over[0]

"""How a text is read when a model is measured on it: which units are predicted, and what each prediction has seen.

In: a protocol's name, ids, and something that scores windows. Out: the likelihood and the number of unknown units.
Serves any model that can score a window; knows no network. What is read for a unit may be more than the unit, such as
its condition with it. Shapes: n units, B rows, T steps, S spans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.data.documents import boundaries
from textrnn.data.ids import Ids
from textrnn.metrics.likelihood import Likelihood
from textrnn.text.vocabulary import UNKNOWN

# how texts are read that each start afresh: every one from its beginning to its end, from an empty state
DOCUMENTS = "documents"
# units of its past that a piece of a stateful reading is fed before its first prediction counts
PAST = 512
# rows of a window protocol scored at once, and steps of one call: memory, not results, depends on them
ROWS = 128
STEPS = 64

# (inputs (B, T), targets (B, T), state) -> (nats (B, T), state)
Score = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64], Any], tuple[npt.NDArray[np.floating], Any]]


class Span(NamedTuple):
    """Units first to stop - 1 are predicted and counted; reading starts at unit `begin` with an empty state."""

    begin: int
    first: int
    stop: int


def spans(protocol: str, length: int) -> Iterator[Span]:
    """Yield the spans in which a text of `length` units is read; they predict units 1 to length - 1 once each.

    protocol: `stateful:S` (S equal pieces, each after PAST units of its past) or `window:N` (every N predictions start
    from an empty state, and see first the unit before the first of them).
    """
    kind, number = protocol.split(":")
    size = int(number)
    if kind == "window":
        for first in range(1, length, size):
            yield Span(first - 1, first, min(first + size, length))
        return
    # more pieces than units would be empty ones
    count = min(size, max(1, length))
    for start, stop in pairwise(length * piece // count for piece in range(count + 1)):
        first = max(1, start)
        if stop > first:
            yield Span(max(0, first - PAST), first, stop)


def document_spans(ids: Ids) -> Iterator[Span]:
    """Yield a span for each document of `ids`, which all begin with END; those of like length one after the other."""
    edges = boundaries(ids)
    for place in np.argsort(np.diff(edges), kind="stable").tolist():
        begin, stop = edges[place : place + 2].tolist()
        if stop > begin:
            yield Span(begin, begin + 1, stop + 1)


def cost(protocol: str, length: int) -> int:
    """Return how many units are read to measure a text of `length` units: its own, and what goes before its pieces."""
    return sum(span.stop - 1 - span.begin for span in spans(protocol, length))


def measure(
    score: Score,
    start: Callable[[int], Any],
    ids: Ids,
    protocol: str,
    *,
    inputs: Ids | None = None,
    batch_size: int | None = None,
) -> tuple[Likelihood, int]:
    """Return the likelihood of `ids` under `protocol`, and how many of the predicted units are unknown (and left out).

    start: the empty state for a number of rows. inputs: (n,) what is read for each unit, by default the unit.
    batch_size: spans read side by side; changes speed and memory alone.
    """
    total, units = 0.0, 0
    for nats, counted in measure_spans(score, start, ids, protocol, inputs=inputs, batch_size=batch_size):
        total, units = total + float(nats.sum()), units + int(counted.sum())
    # the spans predict all units but the first, once each
    return Likelihood(nats=total, units=units), max(0, len(ids) - 1) - units


def measure_spans(
    score: Score,
    start: Callable[[int], Any],
    ids: Ids,
    protocol: str,
    *,
    inputs: Ids | None = None,
    is_counted: npt.NDArray[np.bool_] | None = None,
    batch_size: int | None = None,
) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]]:
    """Yield the nats of some spans of `ids` under `protocol`, one after the other, and their units, as (S,) each.

    is_counted: (n,) the units that count where they are predicted, by default those that are known. The rest is as
    `measure` has it.
    """
    rows = document_spans(ids) if protocol == DOCUMENTS else spans(protocol, len(ids))
    while group := list(islice(rows, batch_size or ROWS)):
        yield _measure_group(score, start(len(group)), ids, ids if inputs is None else inputs, group, is_counted)


def _measure_group(
    score: Score, state: Any, ids: Ids, inputs: Ids, group: Sequence[Span], is_counted: npt.NDArray[np.bool_] | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    begin, first, stop = (np.array(column)[:, None] for column in zip(*group, strict=True))
    longest = int((stop - begin).max()) - 1
    total, units = np.zeros(len(group)), np.zeros(len(group), np.int64)
    for t in range(0, longest, STEPS):
        places = begin + np.arange(t + 1, min(t + STEPS, longest) + 1)
        # rows that are done go on reading their last unit, uncounted
        at = np.minimum(places, stop - 1)
        targets = ids[at].astype(np.int64)
        nats, state = score(inputs[at - 1].astype(np.int64), targets, state)
        known = targets != UNKNOWN if is_counted is None else is_counted[at]
        counts = (places >= first) & (places < stop) & known
        total += np.sum(np.where(counts, nats, 0.0), axis=1, dtype=np.float64)
        units += counts.sum(axis=1)
    return total, units

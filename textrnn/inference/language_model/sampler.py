"""The sampler: from one row of logits to the next unit, under one set of generation settings.

In: the settings, what the prompt held, and then row after row with a uniform each. Out: the unit's id, and its nats
under the model's own distribution. Keeps of the past what the filters ask for and nothing else. Knows nothing of text
or of networks.

The filters work in this order, and one that is off is not there at all:

    <unk> excluded, repetition penalty, no repeated n-gram, temperature, top-k, top-p, min-p, typical, softmax, draw
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from textrnn.config.generation import GenerationSettings
from textrnn.errors import TextrnnError, UserError, WorldError
from textrnn.inference.language_model.sampling import (
    REACHED,
    Ids,
    Row,
    ban,
    draw,
    min_p,
    no_repeat_ngram,
    repetition_penalty,
    softmax,
    temperature,
    top_k,
    top_p,
    typical,
)
from textrnn.text.display import counted
from textrnn.text.vocabulary import END, UNKNOWN

Filter = Callable[[Row], Row]

# From here on float32 logits, penalised or not, stay finite when divided by the temperature.
_USUAL_TEMPERATURE = 1e-150


class Sampler:
    """Draws the units of one sample. Shapes: V vocabulary."""

    def __init__(
        self,
        settings: GenerationSettings,
        vocabulary_size: int,
        prompt_ids: Ids,
        *,
        unit: str = "character",
        has_end: bool = True,
    ) -> None:
        """has_end: whether the model has seen a text end; one that has not may not end it by chance."""
        self._unit, self._drawn = unit, 0
        self._history = History(settings, vocabulary_size, prompt_ids)
        self._constraints, self._choices = constraints(settings, self._history, has_end=has_end), choices(settings)
        # <unk> and <end> have the lowest ids
        self._banned = END + 1 if not has_end else UNKNOWN + 1
        self._temperature = settings.temperature
        self._top_k = min(settings.top_k or vocabulary_size, vocabulary_size)
        self._top_p, self._min_p = settings.top_p, settings.min_p or 0.0
        self._sorts = settings.top_k is not None or settings.top_p is not None
        self._cuts = self._sorts or settings.min_p is not None
        self._is_usual = settings.typical is None and (
            settings.temperature == 0 or settings.temperature >= _USUAL_TEMPERATURE
        )
        # one step of a small model takes tens of microseconds: rows are written in place, not made anew
        self._below, self._weights, self._reached, self._sorted = (np.empty(vocabulary_size) for _ in range(4))
        self._best_first = self._sorted[::-1]

    def step(self, logits: np.ndarray, uniform: float) -> tuple[int, float]:
        """Return the next unit's id for `logits` (V,), and its nats before any filter, at temperature 1.

        uniform: in [0, 1), what the draw falls on; not looked at when the temperature is 0.
        """
        below = self._below
        below[:] = logits
        unknown = below.item(UNKNOWN)
        if self._banned > END:
            unknown = _log_of_sum(unknown, below.item(END))
        below[: self._banned] = -math.inf
        best = below.item(below.argmax())
        # a comparison with NaN fails, and argmax finds NaN first
        if not (-math.inf < best < math.inf and unknown < math.inf):
            raise refusal(logits, self._unit, self._drawn)
        self._weigh(best)
        unknown -= best
        # <unk> is never drawn but has its share of the model's distribution; where exp would overflow it has all of it
        nats_of_best = math.log(self._reached.item(-1) + math.exp(unknown)) if unknown < 700 else unknown
        id = self._choose(logits, uniform)
        self._drawn += 1
        if self._history.is_kept:
            self._history.add(id)
        return id, nats_of_best + best - logits.item(id)

    def _choose(self, logits: np.ndarray, uniform: float) -> int:
        if self._history.is_kept:
            row = self._constrain(logits)
            self._below[:] = row
            self._weigh(row.max())
        id = self._choose_at_once(uniform) if self._is_usual else None
        return self._choose_by_filters(self._constrain(logits), uniform) if id is None else id

    def _constrain(self, logits: np.ndarray) -> Row:
        row = logits.astype(np.float64)
        for filter in self._constraints:
            row = filter(row)
        if row.max() == -math.inf:
            raise refusal(row, self._unit, self._drawn)
        return row

    def _choose_by_filters(self, row: Row, uniform: float) -> int:
        """The definition: one filter after the other."""
        for filter in self._choices:
            row = filter(row)
        probabilities = softmax(row)
        id = draw(probabilities, uniform)
        assert probabilities[id] > 0
        return id

    def _weigh(self, best: float) -> None:
        """Make weights and their running sum of `below`, in which the best logit is `best`."""
        np.subtract(self._below, best, self._below)
        np.exp(self._below, self._weights)
        np.add.accumulate(self._weights, 0, None, self._reached)

    def _choose_at_once(self, uniform: float) -> int | None:
        """Temperature, top-k, top-p and min-p on the weights at hand; None where a tie asks for the definition."""
        value, weights, reached = self._temperature, self._weights, self._reached
        if value == 0:
            return int(self._below.argmax())
        if value != 1:
            np.divide(self._below, value, weights)
            np.exp(weights, weights)
        if self._cuts and not self._cut():
            return None
        np.add.accumulate(weights, 0, None, reached)
        # the sum is at least 1, the best unit's weight: uniform < 1 times it stays below it, see `draw`
        return int(reached.searchsorted(uniform * reached.item(-1), "right"))

    def _cut(self) -> bool:
        """Set the weights that the filters exclude to 0; False where the last kept and the first cut are equal."""
        weights, smallest, largest_cut = self._weights, self._min_p, -1.0
        if self._sorts:
            best_first, reached, count = self._best_first, self._reached, self._top_k
            self._sorted[:] = weights
            self._sorted.sort()
            if self._top_p is not None:
                np.add.accumulate(best_first, 0, None, reached)
                count = 1 + int(reached.searchsorted(self._top_p * REACHED * reached.item(count - 1)))
            smallest = max(best_first.item(count - 1), smallest)
            if count < len(weights):
                largest_cut = best_first.item(count)
        weights[weights < smallest] = 0
        # among ids of weight 0 it is all the same which of them are cut
        return largest_cut < smallest or smallest == 0


def _log_of_sum(a: float, b: float) -> float:
    """Return log(exp(a) + exp(b)) of two logits; NaN of NaN."""
    larger, smaller = (a, b) if a >= b else (b, a)
    return larger if smaller == -math.inf else larger + math.log1p(math.exp(smaller - larger))


class History:
    """What the filters ask of the past: which units were seen, and, for n-grams alone, in which order."""

    def __init__(self, settings: GenerationSettings, vocabulary_size: int, ids: Ids) -> None:
        self._seen: np.ndarray | None = None
        self._ids: np.ndarray | None = None
        self._length = len(ids)
        if settings.repetition_penalty is not None:
            self._seen = np.zeros(vocabulary_size, dtype=np.bool_)
            self._seen[ids] = True
        if settings.no_repeat_ngram is not None:
            self._ids = np.array(ids, dtype=np.int32)
        self.is_kept = self._seen is not None or self._ids is not None

    @property
    def seen(self) -> np.ndarray:
        """The mask (V,) of the units that occurred."""
        assert self._seen is not None
        return self._seen

    @property
    def ids(self) -> np.ndarray:
        """All units, oldest first."""
        assert self._ids is not None
        return self._ids[: self._length]

    def add(self, id: int) -> None:
        """Take in the next unit."""
        if self._seen is not None:
            self._seen[id] = True
        if self._ids is not None:
            if self._length == len(self._ids):
                self._ids = np.resize(self._ids, max(1024, 2 * self._length))
            self._ids[self._length] = id
            self._length += 1


def constraints(settings: GenerationSettings, history: History, *, has_end: bool = True) -> list[Filter]:
    """Return the filters that say what may be written, in drawing and in beam search alike."""
    banned = np.array([UNKNOWN] if has_end else [UNKNOWN, END])
    filters: list[Filter] = [lambda row: ban(row, banned)]
    penalty, size = settings.repetition_penalty, settings.no_repeat_ngram
    if penalty is not None:
        filters.append(lambda row: repetition_penalty(row, history.seen, penalty))
    if size is not None:
        filters.append(lambda row: no_repeat_ngram(row, history.ids, size))
    return filters


def choices(settings: GenerationSettings) -> list[Filter]:
    """Return the filters that say how boldly to draw among what may be written."""
    given: list[tuple[Callable[[Row, Any], Row], Any]] = [
        (temperature, settings.temperature),
        (top_k, settings.top_k),
        (top_p, settings.top_p),
        (min_p, settings.min_p),
        (typical, settings.typical),
    ]
    return [_with(filter, value) for filter, value in given if value is not None]


def _with(filter: Callable[[Row, Any], Row], value: Any) -> Filter:
    return lambda row: filter(row, value)


def refusal(logits: np.ndarray, unit: str, drawn: int) -> TextrnnError:
    """Return the error for a row from which nothing can be drawn, after `drawn` units."""
    if np.isnan(logits).any() or np.max(logits) == math.inf:
        return WorldError(f"the model produced NaN at {unit} {drawn + 1:,}", mend="the checkpoint is damaged")
    return UserError(
        f"the filters leave no symbol to write after {counted(drawn, unit)}",
        mend="raise --no-repeat-ngram or leave it out",
    )


def clamped(settings: GenerationSettings, vocabulary_size: int) -> tuple[str, ...]:
    """Return a note where top-k asks for more units than there are."""
    if settings.top_k is None or settings.top_k <= vocabulary_size:
        return ()
    return (f"--top-k {settings.top_k} is more than the vocabulary of {vocabulary_size}: it leaves out nothing",)

"""An n-gram model with interpolated Witten-Bell smoothing: what counting alone makes of a text.

In go ids, out come probabilities, total nats and continuations; the model can be taken apart into arrays and put
together again. What the ids stand for is not known here, but that one of them is the unknown unit.

    P(w | h) = (c(h w) + T(h) · P(w | h')) / (c(h) + T(h))

with c the count in the training ids, T(h) the number of different units seen after h, and h' the context h without its
oldest unit; below the empty context stands the uniform distribution (Witten and Bell 1991; the interpolated form is
that of Chen and Goodman 1998).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textrnn.text.vocabulary import UNKNOWN

Ids = npt.NDArray[np.integer]

# Counting costs about 60 bytes of working memory a unit; more units than this gain a 5-gram model little.
MAX_UNITS = 2_000_000
_CHUNK = 1 << 18


@dataclass(frozen=True)
class _Level:
    """The n-grams of one length, in the order of (context, last unit); a context is the index of a shorter n-gram.

    keys: (G,) context · vocabulary + last unit, ascending. counts: (G,). offsets: (contexts + 1,) where the n-grams of
    each context start, so that their differences are T(h). totals: (contexts,) c(h).
    """

    keys: Ids
    counts: Ids
    offsets: Ids
    totals: Ids

    @classmethod
    def build(cls, vocabulary_size: int, *, units: Ids, counts: Ids, kinds: Ids) -> _Level:
        """Build from the last unit and the count of each n-gram, and the number of n-grams in each context."""
        offsets = np.concatenate(([0], np.cumsum(kinds, dtype=np.int64)))
        contexts = np.repeat(np.arange(len(kinds), dtype=np.int64), kinds)
        sums = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        return cls(
            keys=contexts * vocabulary_size + units,
            counts=counts.astype(np.int32),
            offsets=offsets.astype(np.int32),
            totals=np.diff(sums[offsets]).astype(np.int32),
        )

    @property
    def kinds(self) -> Ids:
        return np.diff(self.offsets)

    def find(self, keys: Ids) -> Ids:
        """Return the index of the n-gram with each key, -1 where training never saw it."""
        if not len(self.keys):
            return np.full(keys.shape, -1)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, places, -1)


@dataclass(frozen=True, kw_only=True)
class NgramModel:
    """Counts of all n-grams up to `order` units; `units_seen` of the `units_given` were counted."""

    vocabulary_size: int
    units_seen: int
    units_given: int
    levels: tuple[_Level, ...]

    @classmethod
    def fit(cls, ids: Ids, *, vocabulary_size: int, order: int = 5, max_units: int = MAX_UNITS) -> NgramModel:
        """Count the n-grams of `ids` (N,), of its last `max_units` where it is longer: memory stays bounded.

        The last ones, because held-out text usually follows them and a baseline should not be weaker than need be.
        """
        assert order >= 1
        text = np.asarray(ids[max(0, len(ids) - max_units) :]).astype(np.int64)
        levels: list[_Level] = []
        contexts = np.zeros(len(text), dtype=np.int64)  # of each unit from the (length - 1)-th on: the n-gram before it
        num_contexts = 1
        for length in range(1, order + 1):
            keys, grams, counts = np.unique(
                contexts * vocabulary_size + text[length - 1 :], return_inverse=True, return_counts=True
            )
            kinds = np.bincount(keys // vocabulary_size, minlength=num_contexts)
            units = keys % vocabulary_size
            levels.append(_Level.build(vocabulary_size, units=units, counts=counts, kinds=kinds))
            contexts, num_contexts = grams[:-1], len(keys)
        return cls(vocabulary_size=vocabulary_size, units_seen=len(text), units_given=len(ids), levels=tuple(levels))

    @property
    def order(self) -> int:
        return len(self.levels)

    @property
    def notes(self) -> tuple[str, ...]:
        if self.units_seen == self.units_given:
            return ()
        counted = f"the last {self.units_seen:,} of {self.units_given:,} training units"
        return (f"the {self.order}-gram baseline counted {counted}",)

    def to_arrays(self) -> dict[str, Ids]:
        """Return the model as named arrays of the smallest integer types that hold it."""
        arrays: dict[str, Ids] = {"facts": np.array([self.vocabulary_size, self.units_seen, self.units_given])}
        for length, level in enumerate(self.levels, start=1):
            arrays[f"units.{length}"] = _smallest(level.keys % self.vocabulary_size)
            arrays[f"counts.{length}"] = _smallest(level.counts)
            arrays[f"kinds.{length}"] = _smallest(level.kinds)
        return arrays

    @staticmethod
    def check(arrays: Mapping[str, Ids], vocabulary_size: int) -> None:
        """Raise ValueError for arrays that `to_arrays` never returns for this vocabulary."""
        order = sum(name.startswith("units.") for name in arrays)
        parts = ("units", "counts", "kinds")
        wanted = {"facts", *(f"{part}.{length}" for part in parts for length in range(1, order + 1))}
        if arrays.keys() != wanted or order == 0:
            raise ValueError("lacks arrays or has others")
        if any(array.dtype.kind not in "iu" or array.ndim != 1 for array in arrays.values()):
            raise ValueError("has arrays that are not rows of whole numbers")
        facts = arrays["facts"]
        if len(facts) != 3 or facts[0] != vocabulary_size or (facts < 0).any():
            raise ValueError(f"is not one for {vocabulary_size:,} symbols")
        contexts = 1
        for length in range(1, order + 1):
            units, counts, kinds = (arrays[f"{part}.{length}"] for part in parts)
            # an n-gram is one of its context's kinds
            if len(counts) != len(units) or len(kinds) != contexts or kinds.astype(np.int64).sum() != len(units):
                raise ValueError(f"counts {length}-grams that do not fit together")
            if len(units) and (int(units.max()) >= vocabulary_size or int(units.min()) < 0 or int(counts.min()) < 1):
                raise ValueError(f"counts {length}-grams that cannot be")
            contexts = len(units)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Ids]) -> NgramModel:
        """Put together again what `to_arrays` returned."""
        vocabulary_size, units_seen, units_given = (int(fact) for fact in arrays["facts"])
        parts = ("units", "counts", "kinds")
        levels = tuple(
            _Level.build(vocabulary_size, **{part: arrays[f"{part}.{length}"] for part in parts})
            for length in range(1, sum(name.startswith("units.") for name in arrays) + 1)
        )
        return cls(vocabulary_size=vocabulary_size, units_seen=units_seen, units_given=units_given, levels=levels)

    def probabilities(self, ids: Ids) -> npt.NDArray[np.float64]:
        """Return P(unit | the units before it) for each of `ids` (N,); the first is predicted from no context."""
        text = np.asarray(ids).astype(np.int64)
        result = np.full(len(text), 1 / self.vocabulary_size)
        contexts = np.zeros(len(text), dtype=np.int64)  # -1 where the n-gram before a unit is unknown or not whole
        for level in self.levels:
            if not len(level.keys):
                break
            known = contexts >= 0
            grams = np.where(known, level.find(contexts * self.vocabulary_size + text), -1)
            counts = np.where(grams >= 0, level.counts[grams], 0)
            kinds = np.where(known, level.kinds[contexts], 0)
            weights = np.where(known, level.totals[contexts], 0) + kinds
            np.divide(counts + kinds * result, weights, out=result, where=weights > 0)
            contexts = np.concatenate(([-1], grams[:-1]))
        return result

    def nats(self, ids: Ids, *, unknown: int | None = UNKNOWN) -> tuple[float, int]:
        """Return (total nats, number of predictions) of units 2 to N of `ids` (N,), in flat memory.

        Units equal to `unknown` stand in contexts but are not counted as predictions.
        """
        total, predictions = 0.0, 0
        for start in range(1, len(ids), _CHUNK):
            first = max(0, start - self.order + 1)
            piece = np.asarray(ids[first : start + _CHUNK])
            counted = piece[start - first :] != unknown
            logs = np.log(self.probabilities(piece)[start - first :][counted])
            total -= float(logs.sum())
            predictions += len(logs)
        return total, predictions

    def distribution(self, context: Ids | Sequence[int]) -> npt.NDArray[np.float64]:
        """Return the probability of each unit of the vocabulary (V,) after `context`, of which the end counts."""
        return self._mix(self._contexts(context))

    def continue_(
        self,
        context_ids: Ids | Sequence[int],
        length: int,
        rng: np.random.Generator,
        *,
        temperature: float = 1.0,
        banned: Sequence[int] = (UNKNOWN,),
    ) -> Ids:
        """Return `length` ids drawn one after another from the distribution after `context_ids`.

        Temperature 0 takes the most probable, of equals the lowest id. `banned` ids are never drawn.
        """
        contexts = self._contexts(context_ids)
        result = np.empty(length, dtype=np.int64)
        for place in range(length):
            probabilities = self._mix(contexts)
            probabilities[list(banned)] = 0
            result[place] = unit = _draw(probabilities, temperature, rng)
            contexts = self._follow(contexts, unit)
        return result

    def _contexts(self, context: Ids | Sequence[int]) -> list[int]:
        """Return the indices of the n-grams that end `context`, shortest first, as far as training saw them."""
        contexts = [0]
        for unit in context[max(0, len(context) - self.order + 1) :]:
            contexts = self._follow(contexts, int(unit))
        return contexts

    def _follow(self, contexts: list[int], unit: int) -> list[int]:
        result = [0]
        for level, context in zip(self.levels[:-1], contexts, strict=False):
            gram = int(level.find(np.array(context * self.vocabulary_size + unit)))
            if gram < 0:  # then training saw no longer n-gram with this end either
                break
            result.append(gram)
        return result

    def _mix(self, contexts: list[int]) -> npt.NDArray[np.float64]:
        result = np.full(self.vocabulary_size, 1 / self.vocabulary_size)
        for level, context in zip(self.levels, contexts, strict=False):
            own = slice(level.offsets[context], level.offsets[context + 1])
            kinds = own.stop - own.start
            if kinds == 0:  # seen only at the very end of the training ids
                break
            weight = kinds + level.totals[context]
            result *= kinds / weight
            result[level.keys[own] - context * self.vocabulary_size] += level.counts[own] / weight
        return result


def _draw(probabilities: npt.NDArray[np.float64], temperature: float, rng: np.random.Generator) -> int:
    if temperature == 0:
        return int(probabilities.argmax())
    weights = (probabilities / probabilities.max()) ** (1 / temperature)
    cumulative = weights.cumsum()
    place = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
    # The product can round up to the sum itself: then the last unit that has a weight.
    return min(place, int(np.flatnonzero(weights)[-1]))


def _smallest(array: Ids) -> Ids:
    return array.astype(np.min_scalar_type(int(array.max()) if len(array) else 0))

"""The gap between reading and writing: what a model loses when it reads its own units in the place of true ones.

In: a model, a text, lengths. Out: for each length L, over many places in the text, the nats of the true units that
stand L units behind a prompt (teacher forced), and those of the units that the model itself writes there, L units of
its own after the same prompt (free running). A model that writes as the text is written has no gap at any length,
whoever counts the nats (Braverman et al. 2020); a gap that grows with L is what training on true units alone is blamed
for (exposure bias: Bengio et al. 2015, Ranzato et al. 2016, Lamb et al. 2016). Two count: the model, and a judge that
has not written the text. Shapes: R prompts, P units of each, T units behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from textrnn.baselines.ngram import NgramModel
from textrnn.config.generation import GenerationSettings
from textrnn.data.ids import Ids
from textrnn.errors import UserError
from textrnn.inference.language_model.continuation import continued
from textrnn.inference.language_model.contract import Measurable
from textrnn.text.display import counted
from textrnn.text.vocabulary import UNKNOWN

# prompts taken from a text, evenly spread over it, and units of each
PROMPTS, PROMPT_UNITS = 256, 100
# units that are scored behind each stretch: one alone would be too noisy
SCORED_UNITS = 50
RESAMPLES = 2000

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


class Judge(Protocol):
    """Who says how likely units are: (R, P + T) ids of a model to (R, P + T - 1) nats, NaN where it cannot say."""

    @property
    def name(self) -> str: ...

    def nats(self, rows: Rows) -> Floats: ...


@dataclass(frozen=True)
class NetworkJudge:
    """A language model; of another one the ids of the symbols that both have are read as its own."""

    name: str
    model: Measurable
    ids: Ids

    @classmethod
    def of(cls, model: Measurable, symbols: Sequence[str]) -> NetworkJudge:
        """Return `model` as the judge of ids that stand for `symbols`."""
        own = {symbol: id for id, symbol in enumerate(model.tokenizer.symbols)}
        return cls(model.name, model, np.array([own.get(symbol, UNKNOWN) for symbol in symbols]))

    def nats(self, rows: Rows) -> Floats:
        engine, own = self.model.engine, self.ids[rows]
        nats, _ = engine.nats(own[:, :-1], own[:, 1:], engine.start_exact(len(own)))
        return np.where(own[:, 1:] == UNKNOWN, np.nan, nats)


@dataclass(frozen=True)
class NgramJudge:
    """The n-gram model that is kept in a run."""

    ngram: NgramModel
    name: str = "n-gram"

    def nats(self, rows: Rows) -> Floats:
        nats = -np.log([self.ngram.probabilities(row)[1:] for row in rows])
        return np.where(rows[:, 1:] == UNKNOWN, np.nan, nats)


def free_running(
    model: Measurable, ids: Ids, lengths: Sequence[int], *, seed: int, other: Measurable | None = None
) -> list[dict[str, Any]]:
    """Return the gap after each of `lengths`, by the model and by a judge. seed: of what is written, and of resampling.

    other: the judge, by default the n-gram model in the run. Texts are drawn from the model as it is, at temperature 1.
    """
    behind = max(lengths) + SCORED_UNITS
    count = number_of_places(len(ids), lengths)
    starts = np.arange(count) * (len(ids) // count)
    truth = np.asarray(ids[starts[:, None] + np.arange(PROMPT_UNITS + behind)], np.int64)  # (R, P + T)
    prompts = truth[:, :PROMPT_UNITS]
    written = np.hstack([prompts, continued(model, prompts, behind, GenerationSettings(temperature=1.0), seed)])
    judged = [(judge.name, judge.nats(truth), judge.nats(written)) for judge in _judges(model, other)]
    found = []
    for length in lengths:
        # the nats at place i are those of unit i + 1
        at = slice(PROMPT_UNITS + length - 1, PROMPT_UNITS + length + SCORED_UNITS - 1)
        own, *others = [_gap(name, true[:, at], free[:, at], seed) for name, true, free in judged]
        del own["judge"]
        found.append({"length": length, "prompts": count, **own, "judged": others})
    return found


def number_of_places(length: int, lengths: Sequence[int]) -> int:
    """Return how many prompts a text of `length` units gives; one that gives fewer than two is refused."""
    one = PROMPT_UNITS + max(lengths) + SCORED_UNITS
    count = min(PROMPTS, length // one)
    if count < 2:
        what = f"a text of {counted(length, 'unit')}"
        mend = f"two prompts and what follows them need {2 * one:,}: give a longer text, or shorter lengths"
        raise UserError(what, which=f"--free-running {max(lengths)}", mend=mend)
    return count


def _judges(model: Measurable, other: Measurable | None) -> list[NetworkJudge | NgramJudge]:
    """Return the model itself, and who else says how likely its text is."""
    symbols = model.tokenizer.symbols
    judges: list[NetworkJudge | NgramJudge] = [NetworkJudge.of(model, symbols)]
    if other is not None:
        judges.append(NetworkJudge.of(other, symbols))
    elif model.baseline is not None:
        judges.append(NgramJudge(model.baseline))
    return judges


def _gap(judge: str, true: Floats, free: Floats, seed: int) -> dict[str, Any]:
    """Return the mean nats of both (R, T), the difference, and its interval over the prompts."""
    sums = [np.nansum(nats, axis=1) for nats in (true, free)]
    units = [np.isfinite(nats).sum(axis=1) for nats in (true, free)]
    if not all(one.sum() for one in units):
        raise UserError(
            "no unit that is known", which=f"the text behind the prompts, for {judge}", mend="give another text"
        )
    teacher, running = (float(total.sum() / count.sum()) for total, count in zip(sums, units, strict=True))
    return {
        "judge": judge,
        "teacher_forced_nats": teacher,
        "free_running_nats": running,
        "gap": running - teacher,
        "interval_95": _interval(sums, units, seed),
    }


def _interval(sums: Sequence[Floats], units: Sequence[npt.NDArray[np.int64]], seed: int) -> list[float]:
    """Return the 95 % percentile interval of the gap by resampling prompts, each with both its texts (Efron 1979)."""
    count = len(sums[0])
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    true, free = ((drawn @ total) / np.maximum(drawn @ number, 1) for total, number in zip(sums, units, strict=True))
    low, high = np.quantile(free - true, (0.025, 0.975)).tolist()
    return [low, high]

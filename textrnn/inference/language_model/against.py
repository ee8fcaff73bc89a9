"""Two language models on one text: which predicts it better, and how sure that is.

In: two models, a corpus, a protocol. Out: the difference of their nats on the units that both know, with an interval
over the pieces in which the text is read. Knows no run and no command.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.config.language_model import EvaluateSettings
from textrnn.errors import UserError
from textrnn.inference.language_model.contract import Measurable
from textrnn.inference.language_model.protocol import measure_spans
from textrnn.inference.language_model.text import ReadText, read_text
from textrnn.text.corpus import Corpus
from textrnn.text.vocabulary import UNKNOWN

# P pieces, R resamples
Floats = npt.NDArray[np.float64]
RESAMPLES = 2000
_LEVELS = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How a model compares with another on the same text.

    nats_per_unit: of the other, on the `units` that both know. difference: that of the model less it, below zero where
    the model is better. interval_95: of the difference, by resampling pieces (Efron 1979); None for one piece.
    """

    model: str
    units: int
    pieces: int
    nats_per_unit: float
    difference: float
    interval_95: tuple[float, float] | None

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "nats_per_unit": self.nats_per_unit,
            "difference": self.difference,
            "interval_95": None if self.interval_95 is None else list(self.interval_95),
            "units": self.units,
            "pieces": self.pieces,
        }


def difference_from(
    model: Measurable, other: Measurable, corpus: Corpus, settings: EvaluateSettings, *, seed: int
) -> Difference:
    """Return how `model` compares with `other`. seed: of resampling. Raises UserError where their units differ."""
    check_comparable(model, other)
    read = [read_text(one, corpus) for one in (model, other)]
    if len(read[0].ids) != len(read[1].ids):
        raise _other_units(model, other)
    is_counted = (read[0].ids != UNKNOWN) & (read[1].ids != UNKNOWN)
    (own, units), (others, _) = (
        _pieces(one, text, text.protocol(settings), is_counted) for one, text in zip((model, other), read, strict=True)
    )
    if not units.sum():
        what = f"no {model.tokenizer.unit} that both models know"
        raise UserError(what, which=corpus.names[0], mend="give another text")
    return Difference(
        model=other.name,
        units=int(units.sum()),
        pieces=len(units),
        nats_per_unit=float(others.sum() / units.sum()),
        difference=float((own - others).sum() / units.sum()),
        interval_95=_interval(own - others, units, seed=seed),
    )


def check_comparable(model: Measurable, other: Measurable) -> None:
    """Refuse two models of which one predicts other units than the other: nats a unit then mean two things."""
    ours, theirs = ((one.tokenizer.kind, one.tokenizer.to_json().get("lowercase")) for one in (model, other))
    # learned subwords are those of one vocabulary alone
    is_learned = model.tokenizer.kind == "bpe" and model.tokenizer.symbols != other.tokenizer.symbols
    if ours != theirs or is_learned:
        raise _other_units(model, other)


def _other_units(model: Measurable, other: Measurable) -> UserError:
    pair = f"{model.name} predicts {model.tokenizer.unit}s, {other.name} {other.tokenizer.unit}s of its own"
    return UserError(pair, which="--against", mend="compare models of the same units")


def _pieces(
    model: Measurable, text: ReadText, protocol: str, is_counted: npt.NDArray[np.bool_]
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the nats of each piece and its units, (P,) each."""
    engine = model.engine
    spans = measure_spans(
        engine.nats, engine.start_exact, text.ids, protocol, inputs=text.inputs, is_counted=is_counted
    )
    found = list(spans)
    nats, units = (np.concatenate(column) for column in zip(*found, strict=True))
    return nats, units


def _interval(differences: Floats, units: npt.NDArray[np.int64], *, seed: int) -> tuple[float, float] | None:
    """Return the 95 % percentile interval of the difference a unit; differences, units: (P,) of each piece."""
    if len(units) < 2:
        return None
    drawn = np.random.default_rng(seed).multinomial(len(units), np.full(len(units), 1 / len(units)), size=RESAMPLES)
    figures = (drawn @ differences) / np.maximum(drawn @ units, 1)  # (R, P) @ (P,)
    low, high = np.quantile(figures, _LEVELS).tolist()
    return low, high

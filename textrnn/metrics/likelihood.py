"""How well a text was predicted: total nats and the number of predictions, divided once, when somebody asks.

In go sums over any pieces of a text, out come nats, bits and perplexity per unit. What a unit is, and which model
predicted it, is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from textrnn.errors import UserError

_LARGEST_PERPLEXITY = 1e300


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """Total negative log-likelihood of `units` predictions; adds up exactly as texts do."""

    nats: float
    units: int

    @classmethod
    def total(cls, parts: Iterable[Likelihood]) -> Likelihood:
        """Return the sum of `parts`, rounded once: the same figure whatever the order of the parts."""
        parts = tuple(parts)
        return cls(nats=math.fsum(part.nats for part in parts), units=sum(part.units for part in parts))

    def __add__(self, other: Likelihood) -> Likelihood:
        return Likelihood(nats=self.nats + other.nats, units=self.units + other.units)

    @property
    def nats_per_unit(self) -> float:
        if self.units == 0:
            raise UserError("nothing was predicted", mend="a text needs at least 2 units known to the model")
        return self.nats / self.units

    @property
    def bits_per_unit(self) -> float:
        return self.nats_per_unit / math.log(2)

    @property
    def perplexity(self) -> float | None:
        """exp of nats per unit; None where that is no longer a number to print."""
        nats = self.nats_per_unit
        return math.exp(nats) if nats <= math.log(_LARGEST_PERPLEXITY) else None

    def beside(self) -> dict[str, float | None]:
        """Return what else is worth a look beside nats per unit."""
        return {"bits_per_unit": self.bits_per_unit, "perplexity": self.perplexity}

    def to_json(self) -> dict[str, float | int | None]:
        """Return the figures under the keys that every report of a language model has; no value is NaN or infinite."""
        figures = {
            "nats_per_unit": self.nats_per_unit,
            "bits_per_unit": self.bits_per_unit,
            "perplexity": self.perplexity,
        }
        finite = {
            name: value if value is not None and math.isfinite(value) else None for name, value in figures.items()
        }
        return {**finite, "units": self.units}

"""What training says about itself while it runs: the records that the training loop yields and the views draw.

Plain values, no behaviour but the way to JSON. Who makes them and who reads them is not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is about to be trained, and how.

    The views know the facts `run`, `cell`, `num_layers`, `hidden_size`, `parameters`, `counted_in` (what losses and
    speed are per, the unit where it is missing), `unit` ("character", …) and
    `vocabulary`; any other is shown as its name and value, names in `_s` as a duration.
    """

    kind: ClassVar[str] = "plan"
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where training stands. `fraction` is that of the whole way, 0 to 1, whatever ends it; train_nats is recent."""

    kind: ClassVar[str] = "progress"
    step: int
    units_seen: int
    elapsed_s: float
    budget_s: float | None
    fraction: float
    train_nats: float | None
    learning_rate: float
    gradient_norm: float | None
    units_per_second: float


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Held-out figures after `step`, over `units` predictions, and a sample of what the model does by now.

    figures: what else was measured, by name; a name in `_per_unit` is shown with the unit. None: beyond all bounds.
    """

    kind: ClassVar[str] = "evaluation"
    step: int
    elapsed_s: float
    valid_nats: float
    figures: dict[str, float | None]
    units: int
    sample: str
    # whether its weights are kept as the best; None where those of the last step are the model's
    is_best: bool | None


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence that the user should read."""

    kind: ClassVar[str] = "note"
    text: str


@dataclass(frozen=True, kw_only=True)
class Commit:
    """What was learned up to `step` is on disk."""

    kind: ClassVar[str] = "commit"
    step: int


@dataclass(frozen=True, kw_only=True)
class Done:
    """Training has ended. The views show the facts `seconds`, `steps`, `stopped_by` and `run`, and no others."""

    kind: ClassVar[str] = "done"
    facts: dict[str, Any] = field(default_factory=dict)


Record = Plan | Progress | Evaluation | Note | Commit | Done


def to_json(record: Record) -> dict[str, Any]:
    """Return a record as one JSON object: its kind, then its fields; a number that is not finite is null."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {"kind": record.kind, **{name: _finite(value) for name, value in values.items()}}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value

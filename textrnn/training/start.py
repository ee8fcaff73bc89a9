"""Where a training is saved, what it goes on from, and when its clock began: what is no setting of any kind."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from textrnn.runs.folder import Run


@dataclass(frozen=True, kw_only=True)
class Start:
    """folder: of the run, None where nothing is written. init_from: a run whose weights to start from.

    started_at: time.monotonic() at the start of what a budget counts. command: what repeats this, for the card.
    """

    folder: Path | None = None
    overwrite: bool = False
    resume: bool = False
    init_from: Run | None = None
    started_at: float = field(default_factory=time.monotonic)
    command: str | None = None

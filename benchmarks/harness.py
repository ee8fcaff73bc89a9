"""Measuring side by side: two things in turn, A B B A, medians and spread, with the machine and the versions.

In: functions that do a piece of work and return how much. Out: rows, printed as a table and written as JSON.
"""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    import os

    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().split("\n") if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "torch", "textrnn")},
    }


def rates(work: Mapping[str, Callable[[], int]], *, rounds: int = 5) -> dict[str, list[float]]:
    """Return units per second of each piece of work, `rounds` times, in turn and back; a first time is not counted."""
    for run in work.values():
        run()
    found: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds):
        order = list(work) if number % 2 == 0 else list(work)[::-1]
        for name in order:
            began = time.perf_counter()
            units = work[name]()
            found[name].append(units / (time.perf_counter() - began))
    return found


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, minimum and maximum."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def report(
    table: str, rows: Sequence[Mapping[str, Any]], *, all_rows: Sequence[Mapping[str, Any]] | None = None
) -> None:
    """Print the rows, and write them with the machine to results/TABLE.json.

    all_rows: what is written, where rows are printed as they come.
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{table}.json"
    path.write_text(json.dumps({"table": table, "machine": machine(), "rows": list(all_rows or rows)}, indent=2) + "\n")
    for row in rows:
        print("  ".join(f"{name} {_shown(value)}" for name, value in row.items()))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['median']:,.4g} ({value['min']:,.4g} to {value['max']:,.4g})"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)

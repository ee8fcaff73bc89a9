"""What a run is made of and how it ended, in words: the lines above and below its figures.

In go the facts of a plan or of an end, out come lines of text without control characters, as long as they are.
"""

from __future__ import annotations

import math
from typing import Any

from textrnn.report import figures
from textrnn.report.draw import Glyphs
from textrnn.report.escape import escape

_SHORT_UNITS = {"character": "char"}


def short_unit(facts: dict[str, Any]) -> str:
    """Return the unit of the facts of a plan as it stands in `bits/char`."""
    unit = str(facts.get("unit", "unit"))
    return _SHORT_UNITS.get(unit, escape(unit))


def plan_lines(facts: dict[str, Any], glyphs: Glyphs) -> list[str]:
    """Return the facts of a plan in three lines: the run, the model, and all the rest."""
    known = {name: value for name, value in facts.items() if value is not None}
    run = known.pop("run", None)
    layers, hidden = known.pop("num_layers", None), known.pop("hidden_size", None)
    model = [_value(name, known.pop(name)) for name in ("cell",) if name in known]
    if layers is not None and hidden is not None:
        model.append(f"{layers}{glyphs.times}{hidden}")
    counts = [" ".join(model)] if model else []
    if "parameters" in known:
        counts.append(f"{known.pop('parameters'):,} parameters")
    if "vocabulary" in known:
        counts.append(f"{known.pop('vocabulary'):,} different {known.pop('unit', 'unit')}s")
    rest = [_fact(name, value) for name, value in known.items()]
    lines = [
        _value("run", run) if run is not None else "",
        *(f" {glyphs.dot} ".join(part) for part in (counts, rest)),
    ]
    return [line for line in lines if line]


def done_line(facts: dict[str, Any], glyphs: Glyphs) -> str:
    """Return the facts of the end of a run as one line."""
    known = {name: value for name, value in facts.items() if value is not None}
    seconds, steps = known.pop("seconds", None), known.pop("steps", None)
    stopped_by, run = known.pop("stopped_by", None), known.pop("run", None)
    parts = ["done" if seconds is None else f"done in {figures.duration(float(str(seconds)))}"]
    parts += [f"{steps:,} steps"] if steps is not None else []
    parts += [f"stopped by {_value('stopped_by', stopped_by)}"] if stopped_by is not None else []
    parts += [_fact(name, value) for name, value in known.items()]
    parts += [f"saved in {_value('run', run)}"] if run is not None else []
    return f" {glyphs.dot} ".join(parts)


def _fact(name: str, value: Any) -> str:
    """Return a named value: `batch size 32`, `budget 3:00` for budget_s."""
    if name.endswith("_s") and isinstance(value, (int, float)):
        return f"{_words(name[:-2])} {figures.duration(value)}"
    return f"{_words(name)} {_value(name, value)}"


def _words(name: str) -> str:
    return escape(name.replace("_", " "))


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value) if name == "seed" else f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else figures.UNDEFINED
    return escape(str(value)).replace("\n", " ")

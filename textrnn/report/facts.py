"""What a run is made of and how it ended, in words: the lines above and below its figures.

In go the facts of a plan or of an end, out come lines of text without control characters, as long as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from textrnn.report import figures
from textrnn.report.draw import Glyphs
from textrnn.text.display import counted, printable

_SHORT_UNITS = {"character": "char"}


def short_unit(facts: Mapping[str, Any]) -> str:
    """Return what the losses and the speed of a plan are counted in, as it stands in `bits/char`."""
    unit = str(facts.get("counted_in", facts.get("unit", "unit")))
    return _SHORT_UNITS.get(unit, printable(unit))


def plan_lines(facts: Mapping[str, Any], glyphs: Glyphs) -> list[str]:
    """Return the facts of a plan in three lines: the run, the model, and all the rest."""
    rest = {name: value for name, value in facts.items() if value is not None and name != "counted_in"}
    heading = [_value("run", rest.pop("run"))] if "run" in rest else []
    model = [_value("cell", rest.pop("cell"))] if "cell" in rest else []
    if "num_layers" in rest and "hidden_size" in rest:
        model.append(f"{rest.pop('num_layers')}{glyphs.times}{rest.pop('hidden_size')}")
    sizes = [" ".join(model)] if model else []
    if "parameters" in rest:
        sizes.append(f"{rest.pop('parameters'):,} parameters")
    if "vocabulary" in rest:
        sizes.append(f"vocabulary of {counted(rest.pop('vocabulary'), printable(str(rest.pop('unit', 'unit'))))}")
    others = [_fact(name, value) for name, value in rest.items()]
    return [f" {glyphs.dot} ".join(parts) for parts in (heading, sizes, others) if parts]


def done_line(facts: Mapping[str, Any], glyphs: Glyphs) -> str:
    """Return how a run ended as one line; the figures it ended with are a result, and told elsewhere."""
    parts = ["done" if facts.get("seconds") is None else f"done in {figures.duration(facts['seconds'])}"]
    if facts.get("steps") is not None:
        parts.append(counted(facts["steps"], "step"))
    if facts.get("stopped_by") is not None:
        parts.append(f"stopped by {_value('stopped_by', facts['stopped_by'])}")
    if facts.get("run") is not None:
        parts.append(f"saved in {_value('run', facts['run'])}")
    return f" {glyphs.dot} ".join(parts)


def _fact(name: str, value: Any) -> str:
    """Return a named value: `batch size 32`, `budget 3:00` for budget_s."""
    if name.endswith("_s") and isinstance(value, (int, float)):
        return f"{_words(name[:-2])} {figures.duration(value)}"
    return f"{_words(name)} {_value(name, value)}"


def _words(name: str) -> str:
    return printable(name.replace("_", " "))


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value) if name == "seed" else f"{value:,}"
    if isinstance(value, Mapping):
        # names may hold commas
        return "; ".join(f"{printable(str(key))} {_value(name, one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(printable(str(one)) for one in value)
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else figures.UNDEFINED
    return printable(str(value))

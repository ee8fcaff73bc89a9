"""The conditions under which a number was obtained, as one line that travels with it.

    2.18 bits/char | data:86c4e6|protocol:stateful:64|unit:char|seed:0|textrnn:0.1.0

The idea is sacrebleu's (Post 2018): two numbers are comparable when their signatures are equal. In go names and values,
out comes text; what the conditions mean is not known here.
"""

from __future__ import annotations

_FIRST = ("data", "model", "protocol", "unit", "seed")
_LAST = ("textrnn",)


def signature(**conditions: object) -> str:
    """Return `name:value|name:value|…`: the usual names in their usual order, others sorted after them, version last.

    A condition that is None is left out. A `|` inside a value (another tool's signature) becomes a comma.
    """
    known = {name: value for name, value in conditions.items() if value is not None}
    others = sorted(known.keys() - {*_FIRST, *_LAST})
    order = [name for name in (*_FIRST, *others, *_LAST) if name in known]
    return "|".join(f"{name}:{_value(known[name])}" for name in order)


def short_sha(sha256: str) -> str:
    """Return as much of a digest as tells apart the few files that one person compares."""
    return sha256[:6]


def figure(value: float | None, unit: str, conditions: str, *, digits: int = 2) -> str:
    """Return a number with its unit and its conditions, as people read it; None is a figure that is not defined."""
    number = "undefined" if value is None else f"{value:.{digits}f} {unit}"
    return f"{number} | {conditions}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("|", ",")

"""JSON as a run folder holds it: bytes in, values out, and back. Refuses what the standard library lets pass.

Twice the same key, NaN and infinities, and numbers too large for a float are errors here: each would mean one thing to
us and another to the next reader. Knows nothing of what the values mean.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn, TypeGuard


def parse_json(data: bytes | bytearray) -> Any:
    """Return the value; anything that is not one strict JSON value in UTF-8 raises ValueError, its text the reason."""
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_constant, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg}, line {error.lineno}, column {error.colno})") from None


def to_json(value: Any) -> bytes:
    """Return the bytes of a file that holds `value`, one entry a line, in the order given; NaN raises ValueError."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def to_json_line(value: Any) -> bytes:
    """Return `value` as one line of a .jsonl file; NaN raises ValueError."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()


def whole_number(value: Any) -> TypeGuard[int]:
    """Whether a parsed value is an integer from 0 that any file format can hold (True and 1.0 are not)."""
    return type(value) is int and 0 <= value < 2**63


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"holds the name {twice!r} twice")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"holds {name}, which is not JSON")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("holds a number too large for a float")
    return number

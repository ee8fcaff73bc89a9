"""JSON Lines: lines to rows of a text and a label. A label that is no string is taken as it is written.

In go lines and the names of keys; out come rows. A line that is no object, or lacks a key, or says one twice is
reported. Knows no files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from textrnn.data.columns import Columns, missing_columns, shown
from textrnn.data.defects import Report
from textrnn.data.table import Row
from textrnn.text.display import code_point

_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS = {str: "a string", dict: "an object", list: "a list", bool: "a boolean", type(None): "null"}


class _Number(str):
    """A number as it is written: 1.0 stays 1.0, and five thousand digits are no harm."""


class _TwiceError(ValueError):
    """One key twice in one object."""


def json_rows(
    lines: Iterable[str], columns: Columns, which: str, report: Report, kinds: dict[str, set[str]] | None = None
) -> Iterator[Row]:
    """Yield the row of every line that is not blank.

    kinds: filled with the kinds of JSON value that each label stands as. If the first object has no such text, or none
    has such a label, UserError names the keys that are there.
    """
    kinds = {} if kinds is None else kinds
    keys: list[str] = []
    has_label = columns.label is None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        value = _object(line, number, report)
        if value is None:
            continue
        has_label = has_label or columns.label in value
        if not keys:
            keys = list(value)
            if columns.text not in value:
                missing = [columns.text] if has_label else [columns.text, str(columns.label)]
                raise missing_columns(missing, keys, columns, f"{which} line {number}")
        row = _row(value, columns, number, report, kinds)
        if row is not None:
            yield row
    if keys and not has_label:
        raise missing_columns([str(columns.label)], keys, columns, which)


def keys_of(line: str) -> list[str]:
    """Return the keys of the object in `line`, none if it is no object."""
    value = _object(line, 1, lambda fault, line, detail="": None)
    return [] if value is None else list(value)


def mixed_kinds(kinds: dict[str, set[str]], which: str) -> list[str]:
    """Return a note if one label stands as several kinds of value: to the model it is one label."""
    mixed = [label for label, found in kinds.items() if len(found) > 1]
    if not mixed:
        return []
    first = shown(mixed[0])
    return [f"{which}: the label {first} stands as {' and as '.join(sorted(kinds[mixed[0]]))}: taken as one label"]


def _object(line: str, number: int, report: Report) -> dict[str, Any] | None:
    try:
        value = json.loads(
            line,
            object_pairs_hook=_distinct,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
        )
    except json.JSONDecodeError as error:
        report("not JSON", number, f"{error.msg} at character {error.pos + 1}: {_excerpt(line, error.pos)}")
    except _TwiceError as error:
        report("a key given twice", number, str(error))
    except RecursionError:
        report("nested too deeply", number)
    else:
        if isinstance(value, dict):
            return value
        report("not an object", number, f"{_kind(value)}: {_excerpt(line, 0)}")
    return None


def _row(
    value: dict[str, Any], columns: Columns, number: int, report: Report, kinds: dict[str, set[str]]
) -> Row | None:
    text = _text(value.get(columns.text), columns.called[0], number, report)
    label: str | None = ""
    if columns.label is not None and text is not None:
        found = value.get(columns.label)
        if columns.label not in value or columns.is_text:
            label = _text(found, columns.called[1], number, report)
        else:
            label = _label(found, columns.called[1], number, report)
            if label is not None:
                kinds.setdefault(label, set()).add(_kind(found))
    if text is None or label is None:
        return None
    half = _SURROGATE.search(text) or _SURROGATE.search(label)
    if half is not None:
        report("half of a surrogate pair", number, f"{code_point(half[0])} at character {half.start() + 1}")
        return None
    return Row(text, str(label), number, number)


def _text(found: Any, called: str, number: int, report: Report) -> str | None:
    if type(found) is str:
        return found
    fault = f"no {called}" if found is None else f"a {called} that is no string"
    report(fault, number, "" if found is None else _kind(found))
    return None


def _label(found: Any, called: str, number: int, report: Report) -> str | None:
    if isinstance(found, dict | list):
        report(f"a {called} that is no single value", number, _kind(found))
        return None
    label: str = found if isinstance(found, str) else json.dumps(found)
    if label.strip():
        return label
    report(f"no {called}", number)
    return None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(shown(next(name for name in names if names.count(name) > 1)))
    return value


def _kind(value: object) -> str:
    return "a number" if isinstance(value, _Number) else _KINDS[type(value)]


def _excerpt(line: str, position: int) -> str:
    return shown(line[max(0, position - 15) :])

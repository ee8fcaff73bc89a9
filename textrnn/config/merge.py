"""Settings from their four sources: flag > environment > file > default.

In: the flags that were given, the environment, a TOML file. Out: checked settings; an error names the source of the
bad value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from textrnn.config.settings import Settings, did_you_mean, facts, flag, names_of
from textrnn.errors import UserError

ENVIRONMENT_PREFIX = "TEXTRNN_"

Checked = TypeVar("Checked", bound=Settings)


def merge(
    kind: type[Checked],
    flags: Mapping[str, Any],
    *,
    environment: Mapping[str, str],
    file: Path | None = None,
    base: Mapping[str, Any] | None = None,
    beside: Sequence[type[Settings]] = (),
) -> Checked:
    """Return the settings of `kind`.

    flags: those that were given, by setting name. file: TOML, keys by setting name or by flag name without its dashes.
    base: values that give way to all others (a resumed run's own). beside: whose settings the file may hold too.
    Raises UserError for every bad value and unknown key at once.
    """
    values: dict[str, Any] = dict(base or {})
    where: dict[str, str] = {}
    if file is not None:
        for name, value in read_file(file, kind, beside).items():
            values[name], where[name] = value, f"{name} of {file}"
    for name in kind.model_fields:
        variable = ENVIRONMENT_PREFIX + name.upper()
        # an empty variable is how shells unset one; booleans are pydantic's to read
        if environment.get(variable):
            values[name], where[name] = environment[variable], variable
    for name, value in flags.items():
        values[name] = value
        where.pop(name, None)
    return kind.check(values, where=where)


def check_resumable(before: Settings, after: Settings, *, which: str) -> None:
    """Refuse settings to go on with that differ from the run's where they cannot change in mid-training."""
    fixed = {
        name: (getattr(before, name), getattr(after, name))
        for name, field in type(before).model_fields.items()
        if not facts(field)["resumable"] and getattr(before, name) != getattr(after, name)
    }
    if not fixed:
        return
    changes = ", ".join(f"{flag(name)} {_shown(old)} -> {_shown(new)}" for name, (old, new) in fixed.items())
    may = ", ".join(flag(name) for name, field in type(before).model_fields.items() if facts(field)["resumable"])
    raise UserError(
        f"changed since the start: {changes}", which=which,
        mend=f"leave {'it' if len(fixed) == 1 else 'them'} out, or train anew; what may change: {may}",
    )  # fmt: skip


def _shown(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def read_file(path: Path, kind: type[Settings], beside: Sequence[type[Settings]] = ()) -> dict[str, Any]:
    """Return the values for `kind` in a TOML file that may hold those for `beside` too.

    Unknown keys are refused by line and nearest known name.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(
            f"cannot read ({error.strerror})", which=f"--config {path}", mend="give a TOML file that can be read"
        ) from None
    except UnicodeDecodeError:
        raise UserError("not UTF-8", which=f"--config {path}", mend="save the file as UTF-8") from None
    try:
        raw = tomllib.loads(text)
    except RecursionError:
        raise UserError("nested too deeply", which=str(path), mend="mend the file") from None
    except ValueError as error:
        # tomllib refuses a key given twice, and says the line; Python itself refuses a number of 5,000 digits
        raise UserError(f"not valid TOML ({error})", which=str(path), mend="mend the file") from None
    known = {
        word: name
        for settings in (kind, *beside)
        for name, field in settings.model_fields.items()
        for word in names_of(name, field)
    }
    values: dict[str, Any] = {}
    refused = []
    for key, value in raw.items():
        name = known.get(key.replace("-", "_"))
        which = f"{path} line {_line_of(key, text)}"
        if name is None:
            mend = did_you_mean(key.replace("-", "_"), known)
            refused.append(UserError(f"unknown key {key!r}", which=which, mend=mend))
        elif name in values:
            # `top-k`, `top_k` and another name of the flag are several keys to TOML
            refused.append(UserError(f"{name} given twice", which=which, mend="leave one of them out"))
        else:
            values[name] = value
    if refused:
        raise UserError.join(refused)
    return {name: value for name, value in values.items() if name in kind.model_fields}


def _line_of(key: str, text: str) -> int:
    pattern = re.compile(rf"\s*\[?[\"']?{re.escape(key)}\b")
    return next((number for number, line in enumerate(text.split("\n"), 1) if pattern.match(line)), 1)

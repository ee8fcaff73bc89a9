"""What every kind of run holds beside its weights, read and checked: how it was made, its tokenizer, its labels.

Refuses, by the file's name, what no training writes. Knows no kind of model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from textrnn.config.settings import Settings
from textrnn.errors import UserError
from textrnn.runs.folder import Run
from textrnn.text.tokenizer import Tokenizer, tokenizer_from_json

Checked = TypeVar("Checked", bound=Settings)

_NOTHING = type(None)
# the fields of the role config that are read, by the object that they stand in, and what they may be
_CONFIG: dict[str, dict[str, tuple[type, ...]]] = {
    "": {
        "settings": (dict,),
        "data": (dict,),
        "plan": (dict, _NOTHING),
        "validation": (dict, _NOTHING),
        "command": (str, _NOTHING),
    },
    "data": {"name": (str,), "sha256": (str,), "valid_sha256": (str, _NOTHING)},
    "plan": {"units_per_second": (int, float, _NOTHING)},
    "validation": {"nats_per_unit": (int, float, _NOTHING), "protocol": (str, _NOTHING)},
}


def config_of(run: Run, kind: type[Checked]) -> tuple[dict[str, Any], Checked]:
    """Return what `run` says of its making, and its settings; what no training writes is refused by its file's name."""
    config = run.json("config")
    for part, fields in _CONFIG.items():
        here = config if not part else config.get(part)
        wrong = [
            name for name, types in fields.items() if not isinstance(here, dict) or not is_one_of(here.get(name), types)
        ]
        if wrong and here is not None:
            raise run.bad("config", f"has no {', '.join(wrong)} that it could be" + (f" in {part}" if part else ""))
    try:
        return config, kind.check(config["settings"])
    except UserError as error:
        raise run.bad("config", f"holds settings that cannot be ({error})") from None


def tokenizer_of(run: Run) -> Tokenizer:
    """Return the tokenizer of `run`."""
    try:
        return tokenizer_from_json(run.json("tokenizer"))
    except UserError as error:
        if run.has("tokenizer"):
            raise run.bad("tokenizer", f"cannot be ({error.what})") from None
        raise


def measured_count(validation: Mapping[str, Any] | None, counted: str, held_out: int) -> int:
    """Return over how much of `held_out` figures are: over all of it unless they say how much was `counted`."""
    return int((validation or {}).get(counted, held_out))


def labels_of(run: Run) -> tuple[str, ...]:
    """Return the labels or tags of `run`, in the order of their ids."""
    return _names_of(run, "labels")


def conditions_of(run: Run) -> tuple[str, ...]:
    """Return the conditions of `run`, in the order of their numbers; none where it was trained without."""
    value = run.json("tokenizer")
    return _names_of(run, "conditions") if isinstance(value, dict) and "conditions" in value else ()


def _names_of(run: Run, kind: str) -> tuple[str, ...]:
    value = run.json("tokenizer")
    labels = value.get(kind) if isinstance(value, dict) else None
    if (
        not isinstance(labels, list)
        or len(labels) < 2
        or not all(isinstance(label, str) for label in labels)
        or sorted(set(labels)) != labels
    ):
        raise run.bad("tokenizer", f"holds no {kind} that it could be")
    return tuple(labels)


def is_one_of(value: object, types: tuple[type, ...]) -> bool:
    """Return whether a JSON value is of one of `types`; true and false are no numbers."""
    return isinstance(value, types) and not isinstance(value, bool)

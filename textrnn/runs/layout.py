"""The names in a run folder, and which of them are ours.

    manifest.json                 the commit point: the only name that is ever replaced
    config-STEP.json              how the model was made
    tokenizer-STEP.json           the vocabulary, in order; labels
    model-STEP.safetensors        the weights to run
    ngrams-STEP.safetensors       the n-grams of a classifier, which run beside its network
    scaling-STEP.safetensors      the way from the values of a series to what its forecaster reads, and back
    baseline-STEP.safetensors     what a simple method learned from the same training data
    resume-STEP.safetensors       what training goes on from: arrays
    resume-STEP.json              what training goes on from: the rest
    metrics.jsonl                 one record a line; only ever appended to
    README.md                     the model card; people may edit it
    run.lock                      there while a training writes here

A second commit at the same step writes what has changed under names like model-STEP-2.safetensors, because a file that
a manifest names is never written again. Knows names, not what is in the files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MANIFEST = "manifest.json"
METRICS = "metrics.jsonl"
CARD = "README.md"
LOCK = "run.lock"
_DRAFT = ".draft"

# role -> (first part of the file's name, its suffix)
ROLES = {
    "config": ("config", ".json"),
    "tokenizer": ("tokenizer", ".json"),
    "model": ("model", ".safetensors"),
    "ngrams": ("ngrams", ".safetensors"),
    "scaling": ("scaling", ".safetensors"),
    "baseline": ("baseline", ".safetensors"),
    "resume": ("resume", ".safetensors"),
    "resume-state": ("resume", ".json"),
}
REQUIRED_ROLES = ("config", "model")
RESUME_ROLES = ("resume", "resume-state")
RUNNING_ROLES = tuple(role for role in ROLES if role not in RESUME_ROLES)

# The metrics are in the manifest like a role: how much of the file the commit covers.
METRICS_ROLE = "metrics"

_SERIAL = r"(-[1-9][0-9]*)?"
_LEFT_OVER = re.compile(
    "|".join(
        [
            *(rf"{stem}-[0-9]+{_SERIAL}{re.escape(suffix)}" for stem, suffix in ROLES.values()),
            *(re.escape(name + _DRAFT) for name in (MANIFEST, CARD)),
            rf"{re.escape(LOCK)}(\.[0-9a-f]{{16}})+",
        ]
    )
)


@dataclass(frozen=True)
class Entry:
    """What the manifest says of a file: its name inside the folder, its length in bytes, the sha256 of those bytes."""

    file: str
    size: int
    sha256: str


def file_name(role: str, step: int, serial: int = 1) -> str:
    """Return the name of a role's file; `serial` counts the commits at this step, from 1."""
    stem, suffix = ROLES[role]
    return f"{stem}-{step}{'' if serial == 1 else f'-{serial}'}{suffix}"


def is_json(role: str) -> bool:
    """Whether a role is kept as JSON, and not as arrays."""
    return ROLES[role][1] == ".json"


def names_role(name: str, role: str, step: int) -> bool:
    """Whether `name` is one that a commit at `step` gives to the file of `role`; a path never is."""
    if role == METRICS_ROLE:
        return name == METRICS
    stem, suffix = ROLES[role]
    return re.fullmatch(rf"{stem}-{step}{_SERIAL}{re.escape(suffix)}", name) is not None


def draft(name: str) -> str:
    """Return the name under which a file is written that then takes the name `name`."""
    return name + _DRAFT


def is_left_over(name: str) -> bool:
    """Whether a commit can leave `name` behind: every name of ours apart from those that last."""
    return _LEFT_OVER.fullmatch(name) is not None


def is_ours(name: str) -> bool:
    """Whether a run folder may hold `name` before its first commit."""
    return name in {METRICS, CARD, LOCK} or is_left_over(name)

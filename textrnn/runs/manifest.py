"""manifest.json: what a commit consists of, sealed by its own sha256.

    {
     "format": "textrnn-run",
     "version": 1,
     "task": "language-model",
     "step": 1200,
     "committed_at": "2026-11-21T22:50:00.123456+00:00",
     "finished": false,
     "roles": {
      "config": {"file": "config-1200.json", "size": 812, "sha256": "…"},
      …
     },
     "sha256": "…"
    }

The last field is the sha256 of every byte before its own line: `head -n -2 manifest.json | sha256sum` shows it. Bytes
in, a Manifest out, and back. Knows no arrays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.errors import UserError
from textrnn.runs import disk
from textrnn.runs.layout import MANIFEST, METRICS_ROLE, REQUIRED_ROLES, ROLES, Entry, names_role
from textrnn.runs.strict_json import parse_json, to_json, whole_number
from textrnn.text.display import printable

FORMAT = "textrnn-run"
VERSION = 1

# task -> (how people call such a run, the commands that take it)
TASKS = {
    "language-model": ("a language model", "textrnn generate or evaluate"),
    "classifier": ("a classifier", "textrnn classify or evaluate"),
    "tagger": ("a tagger", "textrnn tag or evaluate"),
    "forecaster": ("a forecaster", "textrnn forecast or evaluate"),
    "seq2seq": ("an encoder-decoder", "textrnn translate or evaluate"),
}

_MAX_BYTES = 1024 * 1024
_HEAD = f'{{\n "format": "{FORMAT}",'.encode()
_SEAL = re.compile(rb' "sha256": "([0-9a-f]{64})"\n\}\n')
_SEAL_BYTES = len(b' "sha256": ""\n}\n') + 64
_FIELDS = {"format", "version", "task", "step", "committed_at", "finished", "roles", "sha256"}


class NotARunError(UserError):
    """The folder holds no manifest of ours: it is something else, or nothing was committed yet."""


class NewerFormatError(UserError):
    """A run of a later format than this program reads."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One commit. `roles` has an entry for each role, and for "metrics": the part of metrics.jsonl that it covers."""

    task: str
    step: int
    committed_at: str
    finished: bool
    roles: Mapping[str, Entry]

    @property
    def names(self) -> set[str]:
        """The names of the files that this commit consists of."""
        return {entry.file for entry in self.roles.values()}

    def to_bytes(self) -> bytes:
        """Return the file's bytes, sealed."""
        fields = {
            "format": FORMAT,
            "version": VERSION,
            "task": self.task,
            "step": self.step,
            "committed_at": self.committed_at,
            "finished": self.finished,
            "roles": {
                role: {"file": entry.file, "size": entry.size, "sha256": entry.sha256}
                for role, entry in self.roles.items()
            },
        }
        body = to_json(fields).removesuffix(b"\n}\n") + b",\n"
        return body + f' "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a run folder; what is damaged, newer or none is refused."""
    return parse_manifest(read_manifest_bytes(folder), printable(folder / MANIFEST))


def read_manifest_bytes(folder: Path) -> bytes:
    """Return the bytes of a folder's manifest, which a reader compares to see that nothing was committed meanwhile."""
    return disk.read_small(folder / MANIFEST, _MAX_BYTES)


def parse_manifest(data: bytes, which: str) -> Manifest:
    """Return the manifest, which an error calls `which`. The seal is checked first, then the version, then the rest."""
    _check_seal(data, which)
    try:
        fields = parse_json(data)
        if not isinstance(fields, dict) or fields.get("format") != FORMAT:
            raise ValueError(f"is not of the format {FORMAT}")
        version: Any = fields.get("version")
        if not whole_number(version) or version == 0:
            raise ValueError("has no format version")
        if version > VERSION:
            mend = "upgrade textrnn: pip install --upgrade textrnn"
            what = f"made by a newer textrnn: format version {version} (this one reads up to {VERSION})"
            raise NewerFormatError(what, which=which, mend=mend)
        return _manifest(fields)
    except ValueError as error:
        raise UserError(f"a manifest that {printable(str(error))}", which=which, mend=disk.DAMAGED) from None


def _check_seal(data: bytes, which: str) -> None:
    body, seal = data[:-_SEAL_BYTES], _SEAL.fullmatch(data[-_SEAL_BYTES:])
    if seal is not None:
        if hashlib.sha256(body).hexdigest().encode() != seal[1]:
            raise UserError("sha256 mismatch", which=which, mend=disk.DAMAGED)
        return
    if not data.startswith(_HEAD[: len(data)]):
        raise NotARunError(
            f"no manifest of a run (it starts with {data[:16]!r})", which=which, mend="give a run folder"
        )
    if _SEAL.search(data):
        raise UserError("trailing bytes after the end", which=which, mend=disk.DAMAGED)
    what = f"cut short: has {len(data)} bytes, and its own sha256 is not at the end of them"
    raise UserError(what, which=which, mend=disk.DAMAGED)


def _manifest(fields: dict[str, Any]) -> Manifest:
    if fields.keys() != _FIELDS:
        raise ValueError(f"has other fields than {', '.join(sorted(_FIELDS))}")
    task, step, roles = fields["task"], fields["step"], fields["roles"]
    if not isinstance(task, str) or not isinstance(fields["committed_at"], str):
        raise ValueError("has a task or a time that is no text")
    if not whole_number(step) or not isinstance(fields["finished"], bool) or not isinstance(roles, dict):
        raise ValueError("has a step, finished or roles of the wrong type")
    if missing := [role for role in (*REQUIRED_ROLES, METRICS_ROLE) if role not in roles]:
        raise ValueError(f"lacks {' and '.join(missing)}")
    return Manifest(
        task=task,
        step=step,
        committed_at=fields["committed_at"],
        finished=fields["finished"],
        roles={role: _entry(role, step, entry) for role, entry in roles.items()},
    )


def _entry(role: str, step: int, entry: Any) -> Entry:
    if role not in ROLES and role != METRICS_ROLE:
        raise ValueError(f"has an unknown role {role!r}")
    if not isinstance(entry, dict) or entry.keys() != {"file", "size", "sha256"}:
        raise ValueError(f"has other fields than file, size and sha256 for {role}")
    file, size, sha256 = entry["file"], entry["size"], entry["sha256"]
    if not isinstance(file, str) or not names_role(file, role, step):
        raise ValueError(f"names {file!r} as the file of {role}: never a path, only the name that a commit gives")
    if not whole_number(size) or not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(f"has an impossible size or sha256 for {role}")
    return Entry(file, size, sha256)

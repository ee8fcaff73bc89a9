"""The manifest: sealed to the last bit, strict in what it says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from textrnn.errors import UserError
from textrnn.runs.layout import Entry
from textrnn.runs.manifest import Manifest, NotARunError, parse_manifest

SHA = "ab" * 32
MANIFEST = Manifest(
    task="language-model",
    step=7,
    committed_at="2026-01-02T03:04:05.000006+00:00",
    finished=False,
    roles={
        "config": Entry("config-7.json", 10, SHA),
        "model": Entry("model-7.safetensors", 20, SHA),
        "metrics": Entry("metrics.jsonl", 30, SHA),
    },
)


def sealed(fields: Any) -> bytes:
    """The bytes of a manifest that says anything at all, and whose seal is right."""
    body = (fields if isinstance(fields, bytes) else json.dumps(fields, indent=1).encode()[:-2]) + b",\n"
    return body + f' "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()


def fields_with(**changes: Any) -> dict[str, Any]:
    fields = json.loads(MANIFEST.to_bytes())
    del fields["sha256"]
    return fields | changes


def with_role(role: str, **changes: Any) -> dict[str, Any]:
    roles = fields_with()["roles"]
    return fields_with(roles=roles | {role: {"file": "x", "size": 1, "sha256": SHA} | roles.get(role, {}) | changes})


def refusal(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        parse_manifest(data, "run/manifest.json")
    assert "\n" not in str(caught.value) and "run/manifest.json: " in str(caught.value)
    return str(caught.value)


def test_what_is_written_is_read_back() -> None:
    assert parse_manifest(MANIFEST.to_bytes(), "m") == MANIFEST
    # Our way to seal by hand is the way the manifest is sealed; the tests below stand on it.
    assert sealed(fields_with()) == MANIFEST.to_bytes()


def test_the_last_field_is_the_sha256_of_the_rest() -> None:
    *rest, seal, brace = MANIFEST.to_bytes().splitlines(keepends=True)
    assert brace == b"}\n"
    assert seal == b' "sha256": "%s"\n' % hashlib.sha256(b"".join(rest)).hexdigest().encode()
    assert list(json.loads(MANIFEST.to_bytes()))[-1] == "sha256"


def test_every_single_bit_counts() -> None:
    data = MANIFEST.to_bytes()
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        assert "sha256" in refusal(bytes(flipped))


def test_a_manifest_cut_anywhere_is_refused() -> None:
    data = MANIFEST.to_bytes()
    for length in range(len(data)):
        assert f"cut short: has {length} bytes" in refusal(data[:length])


@pytest.mark.parametrize("tail", [b"\n", b" ", b"{}", b"\0" * 4096, MANIFEST.to_bytes()])
def test_trailing_bytes_are_refused(tail: bytes) -> None:
    message = refusal(MANIFEST.to_bytes() + tail)
    assert "trailing bytes" in message or "sha256 mismatch" in message


def test_what_is_no_manifest_of_ours_is_named_so() -> None:
    for data in (b'{"manifest_version": 3, "name": "a browser extension"}', b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"):
        with pytest.raises(NotARunError, match="no manifest of a run"):
            parse_manifest(data, "m")


def test_a_newer_version_is_refused_with_the_upgrade_whatever_else_it_says() -> None:
    message = refusal(sealed({"format": "textrnn-run", "version": 2, "unheard": "of"}))
    assert "format version 2" in message and "pip install --upgrade textrnn" in message


BAD_FIELDS: dict[str, tuple[Any, str]] = {
    "version true": (fields_with(version=True), "no format version"),
    "version 0": (fields_with(version=0), "no format version"),
    "version text": (fields_with(version="1"), "no format version"),
    "another format": (fields_with(format="other"), "format"),
    "no step": ({name: value for name, value in fields_with().items() if name != "step"}, "other fields"),
    "a field more": (fields_with(extra=1), "other fields"),
    "step negative": (fields_with(step=-1), "wrong type"),
    "step a float": (fields_with(step=7.0), "wrong type"),
    "step of 64 bits": (fields_with(step=2**63), "wrong type"),
    "finished 1": (fields_with(finished=1), "wrong type"),
    "task null": (fields_with(task=None), "no text"),
    "roles a list": (fields_with(roles=[]), "wrong type"),
    "no model": (fields_with(roles={}), "lacks config and model and metrics"),
    "unknown role": (with_role("pickle"), "unknown role 'pickle'"),
    "size negative": (with_role("model", size=-1), "impossible size"),
    "size a float": (with_role("model", size=1e3), "impossible size"),
    "sha256 short": (with_role("model", sha256="ab"), "impossible size or sha256"),
    "sha256 in capitals": (with_role("model", sha256=SHA.upper()), "impossible size or sha256"),
    "a name twice": (MANIFEST.to_bytes().replace(b' "step"', b' "task": "x",\n "step"').rpartition(b",\n")[0], "twice"),
    "NaN": (MANIFEST.to_bytes().replace(b": 7", b": NaN").rpartition(b",\n")[0], "NaN"),
}


@pytest.mark.parametrize("case", BAD_FIELDS)
def test_fields_that_make_no_sense_are_refused(case: str) -> None:
    fields, reason = BAD_FIELDS[case]
    assert reason in refusal(sealed(fields))


@pytest.mark.parametrize(
    "file",
    [
        "../model-7.safetensors",
        "/etc/passwd",
        "sub/model-7.safetensors",
        "..\\model-7.safetensors",
        "C:model-7.safetensors",
        "model-7.safetensors\0",
        "model-7.safetensors\n",
        "model-8.safetensors",
        "model-07.safetensors",
        "model-7-0.safetensors",
        "model-٧.safetensors",
        "model-7.pt",
        "config-7.json",
        "resume-7.safetensors",
        "manifest.json",
        "",
        ["model-7.safetensors"],
        None,
    ],
)
def test_a_role_names_its_own_file_and_never_a_path(file: Any) -> None:
    assert "as the file of model" in refusal(sealed(with_role("model", file=file)))


def test_a_second_commit_at_a_step_has_names_of_its_own() -> None:
    fields = with_role("model", file="model-7-2.safetensors")
    assert parse_manifest(sealed(fields), "m").roles["model"].file == "model-7-2.safetensors"


def test_names_are_those_of_every_file() -> None:
    more = replace(MANIFEST, roles=dict(MANIFEST.roles) | {"resume": Entry("resume-7.safetensors", 1, SHA)})
    assert more.names == {"config-7.json", "model-7.safetensors", "metrics.jsonl", "resume-7.safetensors"}

"""Opening a run: whole and verified, or refused in one line that names the file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from textrnn.errors import UserError
from textrnn.runs import disk
from textrnn.runs.folder import open_run
from textrnn.runs.layout import Entry
from textrnn.runs.writer import RunWriter

MakeRun = Callable[..., Path]


def refusal(folder: Path, **asked: str) -> str:
    with pytest.raises(UserError) as caught:
        open_run(folder, **asked)
    message = str(caught.value)
    assert "\n" not in message and ": " in message and caught.value.exit_code == 2
    return message


def reseal(folder: Path, role: str, data: bytes) -> None:
    """Put other bytes in a role's file, and make the manifest vouch for them: what an attacker would do."""
    lines = (folder / "manifest.json").read_text(encoding="utf-8").splitlines(keepends=True)
    entry = json.loads("".join(lines))["roles"][role]
    (folder / entry["file"]).write_bytes(data)
    body = "".join(lines[:-2]).replace(entry["sha256"], hashlib.sha256(data).hexdigest())
    body = re.sub(rf'("file": "{re.escape(entry["file"])}",\s*"size": )\d+', rf"\g<1>{len(data)}", body)
    seal = hashlib.sha256(body.encode()).hexdigest()
    (folder / "manifest.json").write_text(f'{body} "sha256": "{seal}"\n}}\n', encoding="utf-8")


def test_an_opened_run_says_what_was_committed(make_run: MakeRun) -> None:
    run = open_run(make_run("verse", at="2026-01-02T03:04:05+00:00"), task="language-model")
    assert (run.name, run.task, run.step, run.finished) == ("verse", "language-model", 7, False)
    assert run.committed_at == "2026-01-02T03:04:05+00:00"
    assert run.json("config") == {"step": 7, "cell": "lstm"}
    assert run.json("tokenizer")["symbols"] == ["<unk>", "é", "字"]
    assert run.json("resume-state") == {"step": 7}
    assert {n: (a.dtype, a.tolist()) for n, a in run.arrays("model").items()} == {
        "w": (np.float32, [[7.0] * 4] * 3),
        "b": (np.float16, [7.0] * 4),
    }
    assert run.arrays("resume").keys() == {"w", "moment"}
    assert run.array_shapes("model") == {"w": ((3, 4), "float32"), "b": ((4,), "float16")}
    assert run.metrics() == [{"step": 7, "valid_nats": 1.5}]
    assert run.model_sha256 == hashlib.sha256((run.folder / "model-7.safetensors").read_bytes()).hexdigest()
    assert run.has("resume") and not run.has("something")


def test_nobody_can_change_a_run_through_what_it_returns(make_run: MakeRun) -> None:
    run = open_run(make_run())
    for _ in range(2):
        weights, config = run.arrays("model")["w"], run.json("config")
        assert weights[0, 0] == 7 and config["step"] == 7
        weights[:], config["step"] = 0, 0


def test_what_was_opened_outlives_the_next_commit(make_run: MakeRun, content: Callable[..., dict]) -> None:
    folder = make_run()
    run = open_run(folder)
    with RunWriter(folder, resume=True) as writer:
        writer.commit(**content(8))
    assert run.arrays("model")["w"][0, 0] == 7 and run.json("tokenizer")


FILES = [
    *["config-7.json", "tokenizer-7.json", "model-7.safetensors", "resume-7.safetensors", "resume-7.json"],
    *["metrics.jsonl", "manifest.json"],
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_at_any_byte_is_refused(make_run: MakeRun, name: str) -> None:
    folder = make_run()
    data = (folder / name).read_bytes()
    for length in reversed(range(len(data))):
        os.truncate(folder / name, length)
        message = refusal(folder)
        assert f"cut short: has {length} " in message and str(folder / name) in message
        assert name == "manifest.json" or f"of {len(data)} bytes" in message


@pytest.mark.parametrize("name", FILES)
def test_one_bit_flipped_anywhere_is_refused(make_run: MakeRun, name: str) -> None:
    folder = make_run()
    data = (folder / name).read_bytes()
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << position % 8
        (folder / name).write_bytes(flipped)
        message = refusal(folder)
        assert "sha256" in message and str(folder / name) in message


@pytest.mark.parametrize("name", [name for name in FILES if name != "metrics.jsonl"])
@pytest.mark.parametrize("tail", [b"\n", b"\0" * 5000])
def test_trailing_bytes_are_refused(make_run: MakeRun, name: str, tail: bytes) -> None:
    folder = make_run()
    with open(folder / name, "ab") as handle:
        handle.write(tail)
    message = refusal(folder)
    assert "trailing bytes" in message and name in message


@pytest.mark.parametrize("name", [*FILES[:-1]])
def test_a_missing_file_is_named(make_run: MakeRun, name: str) -> None:
    folder = make_run()
    (folder / name).unlink()
    message = refusal(folder)
    assert "missing file" in message and name in message


def test_metrics_beyond_the_commit_do_not_count(make_run: MakeRun) -> None:
    folder = make_run()
    with open(folder / "metrics.jsonl", "ab") as handle:
        handle.write(b'{"step": 8}\n{"half a li')
    assert open_run(folder).metrics() == [{"step": 7, "valid_nats": 1.5}]


def test_the_card_is_not_checked(make_run: MakeRun) -> None:
    folder = make_run()
    (folder / "README.md").write_text("my notes", encoding="utf-8")
    assert open_run(folder).step == 7


def test_a_run_of_another_kind_is_refused_by_both_kinds_and_the_right_command(make_run: MakeRun) -> None:
    message = refusal(make_run("verse"), task="classifier")
    assert message.endswith("verse is a language model, not a classifier: use textrnn generate or evaluate")
    message = refusal(make_run("mood", task="classifier"), task="language-model")
    assert "is a classifier, not a language model: use textrnn classify" in message


def test_a_kind_that_is_not_known_yet_asks_for_an_upgrade(make_run: MakeRun) -> None:
    assert "unknown kind 'oracle'" in (message := refusal(make_run(task="oracle"))) and "upgrade" in message


def test_missing_folder_and_folder_without_a_run(tmp_path: Path) -> None:
    assert "no such run" in refusal(tmp_path / "nothing")
    assert "no manifest.json" in refusal(tmp_path)
    assert "no such run" in refusal(tmp_path / ("x" * 5000))
    assert "no such run" in refusal(Path("a\0b"))


def test_a_training_that_has_not_committed_yet_is_told_apart(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "young"):
        assert "nothing committed yet" in refusal(tmp_path / "young")


@pytest.mark.parametrize("data", [b"", b"To be, or not to be", b"PK\x03\x04\x14\x00\x00\x00", b"\x80\x02}q\x00"])
def test_a_file_is_no_run_and_the_message_says_how_it_starts(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model").write_bytes(data)
    assert f"starts with {data[:8]!r}" in refusal(tmp_path / "model")


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".PT", ".ckpt", ".pkl", ".pickle", ".bin", ".t7", ".npz"])
def test_weights_of_other_tools_are_refused_unopened(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"\x80\x04")
    monkeypatch.setattr(disk, "_open", lambda _: pytest.fail("opened"))
    assert "never opened" in refusal(path)


def test_one_file_of_a_run_leads_to_its_folder(make_run: MakeRun) -> None:
    folder = make_run()
    assert f"give its folder, {folder}" in refusal(folder / "model-7.safetensors")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_does_not_make_us_wait(make_run: MakeRun, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe")
    folder = make_run()
    (folder / "model-7.safetensors").unlink()
    os.mkfifo(folder / "model-7.safetensors")
    assert "not a regular file" in refusal(folder)


def test_a_manifest_that_is_a_folder_or_huge_is_refused(make_run: MakeRun) -> None:
    folder = make_run()
    os.truncate(folder / "manifest.json", 2**40)
    assert "more bytes" in refusal(folder)
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").mkdir()
    assert "not a regular file" in refusal(folder)


def test_a_name_with_control_codes_is_shown_escaped(make_run: MakeRun, tmp_path: Path) -> None:
    # no training takes such a name, but a folder can be renamed
    folder = make_run("evil").rename(tmp_path / "ev\x1b[31mil")
    (folder / "config-7.json").unlink()
    assert "\x1b" not in refusal(folder)


def test_links_are_followed_and_what_they_lead_to_is_checked(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run()
    (folder / "model-7.safetensors").rename(tmp_path / "elsewhere")
    (folder / "model-7.safetensors").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    assert open_run(tmp_path / "link").arrays("model")["w"][0, 0] == 7
    (folder / "model-7.safetensors").unlink()
    (folder / "model-7.safetensors").symlink_to(__file__)
    assert "model-7.safetensors" in refusal(folder)


def test_a_file_that_the_manifest_vouches_for_is_checked_all_the_same(make_run: MakeRun) -> None:
    def tensors(header: bytes, data: bytes = b"") -> bytes:
        return struct.pack("<Q", len(header)) + header + data

    attacks = {
        "hole": tensors(b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', b"\0" * 8),
        "twice": tensors(b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":1}', b"\0" * 4),
        "declares": tensors(b'{"w":{"dtype":"F32","shape":[268435456],"data_offsets":[0,1073741824]}}'),
        "more than any": struct.pack("<Q", 2**60),
        "NaN or infinity (w)": tensors(b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', b"\0\0\xc0\x7f"),
    }
    for reason, data in attacks.items():
        folder = make_run(f"attack-{len(reason)}")
        reseal(folder, "model", data)
        run = open_run(folder)
        with pytest.raises(UserError, match=r"model-7.safetensors") as caught:
            run.arrays("model")
        assert reason in str(caught.value)


def test_json_that_the_manifest_vouches_for_is_checked_all_the_same(make_run: MakeRun) -> None:
    folder = make_run()
    for data, reason in [
        (b'{"a":1,"a":2}', "twice"),
        (b"{", "not JSON"),
        (b'{"a":NaN}', "NaN"),
        (b"[" * 9**6, "nested"),
    ]:
        reseal(folder, "config", data)
        run = open_run(folder)
        with pytest.raises(UserError, match=f"{reason}.* in .*config-7.json"):
            run.json("config")


def test_shapes_and_names_are_compared_with_the_config_before_any_array_is_made(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(make_run())
    run.check_shapes("model", {"w": (3, 4), "b": (4,)})
    monkeypatch.setattr(np, "frombuffer", lambda *_: pytest.fail("allocated"))
    with pytest.raises(UserError) as caught:
        run.check_shapes("model", {"w": (4, 3), "extra": (1,), "more": ()})
    message = str(caught.value)
    assert "lacks tensors (extra, more)" in message and "has tensors too many (b)" in message
    assert "w (3, 4), not (4, 3)" in message and "model-7.safetensors" in message


def test_a_role_that_is_not_there_is_said_so(make_run: MakeRun) -> None:
    run = open_run(make_run(resume=False))
    with pytest.raises(UserError, match=r"no resume in .*training cannot go on"):
        run.arrays("resume")


def test_a_commit_between_manifest_and_files_is_read_again(
    make_run: MakeRun, content: Callable[..., dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run()
    read_checked, commits = disk.read_checked, iter([8, 9])

    def slow(where: Path, entry: Entry, **named: bool) -> bytearray:
        if entry.file.startswith("model") and (step := next(commits, None)):
            with RunWriter(folder, resume=True) as writer:
                writer.commit(**content(step))
        return read_checked(where, entry, **named)

    monkeypatch.setattr(disk, "read_checked", slow)
    run = open_run(folder)
    assert run.step == 9 and run.arrays("model")["w"][0, 0] == 9


def test_a_golden_run_of_version_1_stays_readable() -> None:
    # Written by this package's first version, kept as bytes: every later version must read it.
    run = open_run(Path(__file__).parent / "golden-1", task="language-model")
    assert run.step == 7 and run.finished and run.json("tokenizer")["symbols"] == ["<unk>", "é", "字"]
    assert run.arrays("model")["w"].tolist() == [[7.0] * 4] * 3
    assert run.metrics() == [{"step": 7, "valid_nats": 1.5}]


def test_a_run_can_be_moved(make_run: MakeRun, tmp_path: Path) -> None:
    shutil.move(make_run(), tmp_path / "elsewhere")
    assert open_run(tmp_path / "elsewhere").arrays("resume")

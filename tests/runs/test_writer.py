"""Writing a run: names, what is refused before anything is written, what is left alone, what a full disk does."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textrnn.errors import UserError, WorldError
from textrnn.runs import disk
from textrnn.runs.copying import copy_run
from textrnn.runs.folder import open_run
from textrnn.runs.target import check_available, check_target
from textrnn.runs.writer import RunWriter

MakeRun = Callable[..., Path]
MakeContent = Callable[..., dict[str, Any]]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def files_at(step: int) -> set[str]:
    return {
        *("manifest.json", "metrics.jsonl", f"config-{step}.json", f"tokenizer-{step}.json"),
        *(f"model-{step}.safetensors", f"resume-{step}.safetensors", f"resume-{step}.json"),
    }


def test_a_commit_leaves_the_files_of_its_step_and_nothing_else(tmp_path: Path, content: MakeContent) -> None:
    with RunWriter(tmp_path / "a" / "b") as writer:
        for step in (1, 2, 30):
            writer.commit(**content(step))
            assert names(writer.folder) == files_at(step) | {"run.lock"}
    assert names(tmp_path / "a" / "b") == files_at(30)


def test_a_role_left_out_of_a_commit_is_gone(make_run: MakeRun, content: MakeContent) -> None:
    folder = make_run()
    with RunWriter(folder, resume=True) as writer:
        writer.commit(**content(7, resume=False, finished=True))
    assert names(folder) == files_at(7) - {"resume-7.json", "resume-7.safetensors"}
    assert open_run(folder).finished and not open_run(folder).has("resume")


def test_a_second_commit_at_a_step_writes_only_what_changed_and_overwrites_nothing(
    make_run: MakeRun, content: MakeContent
) -> None:
    folder = make_run()
    before = {name: (folder / name).stat().st_ino for name in names(folder)}
    changed = content(7, finished=True)
    changed["json"]["config"] = {"other": True}
    with RunWriter(folder, resume=True) as writer:
        writer.commit(**changed)
    assert names(folder) == files_at(7) - {"config-7.json"} | {"config-7-2.json"}
    kept = names(folder) - {"config-7-2.json", "manifest.json"}
    assert {name: (folder / name).stat().st_ino for name in kept} == {name: before[name] for name in kept}
    assert open_run(folder).json("config") == {"other": True}


def test_the_same_content_gives_the_same_bytes(make_run: MakeRun) -> None:
    at = "2026-01-02T03:04:05+00:00"
    first, second = make_run("a", at=at), make_run("b", at=at)
    assert {n: (first / n).read_bytes() for n in names(first)} == {n: (second / n).read_bytes() for n in names(second)}


def test_an_existing_run_is_refused_unless_asked_for(make_run: MakeRun) -> None:
    folder = make_run()
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    with pytest.raises(UserError, match=r"a run is there already in .*--resume .*--overwrite"), RunWriter(folder):
        pytest.fail("entered")
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before


def test_resume_goes_on_where_the_commit_ends(make_run: MakeRun, content: MakeContent) -> None:
    folder = make_run()
    with open(folder / "metrics.jsonl", "ab") as handle:
        handle.write(b'{"step": 8}\n{"half a li')
    with RunWriter(folder, resume=True) as writer:
        assert writer.resumes
        assert (folder / "metrics.jsonl").read_bytes() == b'{"step":7,"valid_nats":1.5}\n'
        writer.record({"step": 9})
        writer.commit(**content(9))
        writer.record({"step": 10})
    assert open_run(folder).metrics() == [{"step": 7, "valid_nats": 1.5}, {"step": 9}]
    assert (folder / "metrics.jsonl").read_bytes().endswith(b'{"step":10}\n')


@pytest.mark.parametrize("name", ["manifest.json", "metrics.jsonl"])
def test_a_damaged_run_cannot_be_gone_on_with_but_may_be_replaced(
    make_run: MakeRun, content: MakeContent, name: str
) -> None:
    folder = make_run()
    os.truncate(folder / name, 5)
    with pytest.raises(UserError, match="cut short: has 5"), RunWriter(folder, resume=True):
        pytest.fail("entered")
    assert "run.lock" not in names(folder) and (folder / name).stat().st_size == 5
    with RunWriter(folder, overwrite=True) as writer:
        writer.commit(**content(8))
    assert open_run(folder).step == 8 and names(folder) == files_at(8)


def test_a_folder_without_a_commit_starts_anew(tmp_path: Path, content: MakeContent) -> None:
    for folder, flags in [("missing", {"resume": True}), ("new", {}), ("other", {"overwrite": True})]:
        (tmp_path / "empty").mkdir(exist_ok=True)
        with RunWriter(tmp_path / folder, **flags) as writer:
            assert not writer.resumes
            writer.commit(**content(1))
        assert open_run(tmp_path / folder).step == 1
    with RunWriter(tmp_path / "empty", resume=True) as writer:
        assert not writer.resumes


def test_the_old_run_stands_until_the_first_commit_over_it(make_run: MakeRun, content: MakeContent) -> None:
    folder = make_run()
    with RunWriter(folder, overwrite=True) as writer:
        assert not writer.resumes
        writer.record({"step": 1})
    assert open_run(folder).metrics() == [{"step": 7, "valid_nats": 1.5}]
    with RunWriter(folder, overwrite=True) as writer:
        writer.record({"step": 1})
        writer.record({"step": 2})
        assert open_run(folder).arrays("resume")["w"][0, 0] == 7
        writer.commit(**content(7, task="classifier"))
        assert open_run(folder).metrics() == [{"step": 1}, {"step": 2}]
        writer.record({"step": 3})
        writer.commit(**content(9))
    assert open_run(folder).metrics() == [{"step": 1}, {"step": 2}, {"step": 3}]
    assert names(folder) == files_at(9)


@pytest.mark.parametrize("flags", [{}, {"resume": True}, {"overwrite": True}])
@pytest.mark.parametrize("theirs", ["thesis.txt", "metrics.jsonl", "config-1.json", "README.md"])
def test_a_folder_of_other_peoples_files_is_refused_and_left_alone(
    tmp_path: Path, theirs: str, flags: dict[str, bool]
) -> None:
    (tmp_path / theirs).write_text("precious", encoding="utf-8")
    with pytest.raises(UserError, match="other files and no run"), RunWriter(tmp_path, **flags):
        pytest.fail("entered")
    assert names(tmp_path) == {theirs} and (tmp_path / theirs).read_text(encoding="utf-8") == "precious"


def test_somebody_elses_manifest_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"manifest_version": 3}', encoding="utf-8")
    for flags in ({"overwrite": True}, {"resume": True}, {}):
        with pytest.raises(UserError), RunWriter(tmp_path, **flags):
            pytest.fail("entered")
    assert names(tmp_path) == {"manifest.json"}


def test_only_our_left_overs_are_swept(make_run: MakeRun) -> None:
    folder = make_run()
    ours = ["model-6.safetensors", "config-7-2.json", "resume-8.json", "manifest.json.draft", "README.md.draft"]
    theirs = ["model-best.safetensors", "model-6.safetensors.bak", "notes.txt", "xmodel-6.safetensors", "run.lock.old"]
    for name in [*ours, *theirs]:
        (folder / name).write_text("x", encoding="utf-8")
    with RunWriter(folder, resume=True):
        assert names(folder) == files_at(7) | {*theirs, "run.lock"}


def test_a_training_that_never_committed_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("there", "new"):
        with RunWriter(tmp_path / name) as writer:
            writer.record({"step": 1})
    assert names(tmp_path) == {"there"} and not names(tmp_path / "there")


def test_a_file_where_the_folder_is_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for target in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(UserError), RunWriter(target):
            pytest.fail("entered")


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_folder_that_cannot_be_written_to_is_found_out_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    really_open = os.open

    def read_only(path: Any, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(number, os.strerror(number), path)
        return really_open(path, flags, mode)

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(UserError, match=f"cannot write .*{os.strerror(number)}.* in .*run: .*--out"):
        RunWriter(tmp_path / "run").__enter__()
    monkeypatch.undo()
    assert not names(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_read_only_folder_is_found_out_at_the_start(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="cannot write"):
        RunWriter(tmp_path / "run").__enter__()
    tmp_path.chmod(0o700)


def test_a_folder_that_is_a_link_is_written_through(make_run: MakeRun, tmp_path: Path, content: MakeContent) -> None:
    folder = make_run()
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    with RunWriter(tmp_path / "link", resume=True) as writer:
        writer.commit(**content(8))
    assert (tmp_path / "link").is_symlink() and open_run(folder).step == 8


def test_a_link_to_a_folder_that_is_not_there_yet_is_written_through(tmp_path: Path, content: MakeContent) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "run", target_is_directory=True)
    with RunWriter(tmp_path / "link") as writer:
        writer.commit(**content(1))
    assert (tmp_path / "link").is_symlink() and open_run(tmp_path / "disk" / "run").step == 1


def test_metrics_that_lead_elsewhere_are_refused(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run()
    (folder / "metrics.jsonl").rename(tmp_path / "elsewhere")
    with open(tmp_path / "elsewhere", "ab") as handle:
        handle.write(b"precious")
    (folder / "metrics.jsonl").symlink_to(tmp_path / "elsewhere")
    for flags in ({"resume": True}, {"overwrite": True}):
        with pytest.raises(UserError, match="not a regular file"), RunWriter(folder, **flags):
            pytest.fail("entered")
    assert (tmp_path / "elsewhere").read_bytes().endswith(b"precious")


def test_checking_a_target_writes_nothing(tmp_path: Path, make_run: MakeRun) -> None:
    check_target(tmp_path / "new")
    with pytest.raises(UserError, match="already"):
        check_target(make_run())
    assert names(tmp_path) == {"run"}


class FullDisk:
    """Stands for `os` in disk.py: takes `room` more bytes, then says that the disk is full."""

    def __init__(self, room: int) -> None:
        self.room = room

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, descriptor: int, data: memoryview) -> int:
        if not (taken := min(self.room, len(data))):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= taken
        return os.write(descriptor, data[:taken])


def test_a_disk_that_fills_up_at_any_byte_loses_nothing(
    make_run: MakeRun, content: MakeContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run()
    with RunWriter(folder, resume=True) as writer:
        writer.record({"step": 8})
        before = names(folder)
        room, failures = 0, 0
        while open_run(folder).step == 7:
            monkeypatch.setattr(disk, "os", FullDisk(room))
            try:
                writer.commit(**content(8))
            except WorldError as error:
                failures += 1
                assert error.exit_code == 1
                assert "step 8 (No space left on device)" in str(error) and "the commit of step 7 still stands" in str(
                    error
                )
                monkeypatch.undo()
                # Half a commit must not take the room that the next try needs.
                assert names(folder) == before and open_run(folder).step == 7
            room += 97
        monkeypatch.undo()
        assert failures > 10
        assert open_run(folder).metrics()[-1] == {"step": 8}
        writer.commit(**content(9))
    assert open_run(folder).step == 9 and names(folder) == files_at(9)


def test_a_full_disk_before_the_first_commit_over_a_run_keeps_that_run(
    make_run: MakeRun, content: MakeContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run()
    with RunWriter(folder, overwrite=True) as writer:
        for room in range(0, 1500, 97):
            monkeypatch.setattr(disk, "os", FullDisk(room))
            with pytest.raises(WorldError, match="the run that was there still stands"):
                writer.commit(**content(7))
            monkeypatch.undo()
        assert open_run(folder).arrays("resume")["w"][0, 0] == 7 and names(folder) == files_at(7) | {"run.lock"}


def test_a_full_disk_leaves_no_half_record(make_run: MakeRun, content: MakeContent, monkeypatch: Any) -> None:
    folder = make_run()
    with RunWriter(folder, resume=True) as writer:
        monkeypatch.setattr(disk, "os", FullDisk(5))
        with pytest.raises(WorldError, match=r"could not append to metrics.jsonl"):
            writer.record({"step": 8, "note": "lost"})
        monkeypatch.undo()
        writer.record({"step": 9})
        writer.commit(**content(9))
    assert open_run(folder).metrics() == [{"step": 7, "valid_nats": 1.5}, {"step": 9}]


def test_an_interrupt_in_mid_commit_does_not_let_a_full_disk_take_the_new_files(
    make_run: MakeRun, content: MakeContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run()
    replace_manifest = disk.replace_manifest

    def interrupted(*given: Any) -> None:
        replace_manifest(*given)
        raise KeyboardInterrupt

    with RunWriter(folder, resume=True) as writer:
        monkeypatch.setattr(disk, "replace_manifest", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.commit(**content(8))
        monkeypatch.setattr(disk, "os", FullDisk(100))
        with pytest.raises(WorldError):
            writer.commit(**content(9))
        monkeypatch.undo()
        assert open_run(folder).step == 8
        writer.commit(**content(9))
    assert open_run(folder).step == 9 and names(folder) == files_at(9)


def test_a_limit_of_the_system_is_a_full_disk_too(make_run: MakeRun, content: MakeContent) -> None:
    resource = pytest.importorskip("resource")
    folder, limits = make_run(), resource.getrlimit(resource.RLIMIT_FSIZE)
    big = content(8)
    big["arrays"]["model"]["w"] = np.zeros(1_000_000, np.float32)
    with RunWriter(folder, resume=True) as writer:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
        try:
            with pytest.raises(WorldError, match=r"File too large.*the commit of step 7 still stands"):
                writer.commit(**big)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert open_run(folder).step == 7
        writer.commit(**big)
    assert open_run(folder).step == 8


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_model_that_is_not_finite_is_never_committed(make_run: MakeRun, content: MakeContent, value: float) -> None:
    folder, broken = make_run(), content(8)
    broken["arrays"]["resume"]["moment"][1, 1] = value
    with RunWriter(folder, resume=True) as writer:
        with pytest.raises(WorldError, match=r"NaN or infinity in moment of resume.*step 7 still stands"):
            writer.commit(**broken)
        assert open_run(folder).step == 7
    assert names(folder) == files_at(7)


def test_nothing_is_committed_without_the_lock(make_run: MakeRun, content: MakeContent) -> None:
    folder = make_run()
    with RunWriter(folder, resume=True) as writer:
        (folder / "run.lock").unlink()
        with RunWriter(folder, resume=True) as other:
            other.commit(**content(8))
            with pytest.raises(WorldError, match=r"run.lock is gone"):
                writer.commit(**content(9))
        with pytest.raises(WorldError, match=r"run.lock is gone"):
            writer.commit(**content(9))
    assert open_run(folder).step == 8


def test_the_card_is_brought_up_to_date_until_somebody_edits_it(make_run: MakeRun) -> None:
    folder = make_run()
    card = folder / "README.md"
    with RunWriter(folder, resume=True) as writer:
        assert writer.write_card("# one\n") and card.read_text(encoding="utf-8").startswith("# one\n")
        assert writer.write_card("# two\n") and card.read_text(encoding="utf-8").startswith("# two\n")
        card.write_text(card.read_text(encoding="utf-8").replace("two", "mine"), encoding="utf-8")
        assert not writer.write_card("# three\n") and card.read_text(encoding="utf-8").startswith("# mine\n")
        card.write_text("# no signature\n", encoding="utf-8")
        assert not writer.write_card("# four\n") and card.read_text(encoding="utf-8") == "# no signature\n"
        card.write_bytes(b"\xff\xfe")
        assert not writer.write_card("# five\n") and card.read_bytes() == b"\xff\xfe"
    assert names(folder) == files_at(7) | {"README.md"}


def test_a_copy_ships_without_what_resumes_it(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run(at="2026-01-02T03:04:05+00:00", finished=True)
    with RunWriter(folder, resume=True) as writer:
        writer.write_card("# verse\n")
    run = open_run(folder)
    copy_run(run, tmp_path / "shipped")
    shipped = open_run(tmp_path / "shipped")
    assert names(shipped.folder) == files_at(7) - {"resume-7.json", "resume-7.safetensors"} | {"README.md"}
    assert shipped.model_sha256 == run.model_sha256 and shipped.committed_at == run.committed_at and shipped.finished
    assert shipped.metrics() == run.metrics() and shipped.json("tokenizer") == run.json("tokenizer")
    assert (shipped.folder / "README.md").read_bytes() == (folder / "README.md").read_bytes()
    with pytest.raises(UserError, match="already"):
        copy_run(run, tmp_path / "shipped")
    copy_run(run, tmp_path / "shipped", roles=["config", "model"], overwrite=True)
    assert not open_run(tmp_path / "shipped").has("tokenizer")


def test_a_copy_may_hold_its_weights_in_half_the_bytes(make_run: MakeRun, tmp_path: Path) -> None:
    run = open_run(make_run())
    copy_run(run, tmp_path / "half", roles=["config", "model"], weights="float16")
    for name, array in open_run(tmp_path / "half").arrays("model").items():
        assert array.dtype == np.float16
        np.testing.assert_array_equal(array, run.arrays("model")[name].astype(np.float16))


def test_a_new_run_has_a_name_that_one_line_can_tell(tmp_path: Path) -> None:
    for name in ("two\nlines", "a\x1b[2J", "a\0b"):
        with pytest.raises(UserError, match=r"control characters|NUL"):
            check_target(tmp_path / name)
    check_target(tmp_path / "with spaces and é")


def test_a_folder_in_which_nothing_can_be_made_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    for folder in ("file/run", "loop"):
        with pytest.raises(UserError, match="cannot write"):
            check_available(tmp_path / folder)
    check_available(tmp_path / "new" / "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "loop"]

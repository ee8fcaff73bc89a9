"""Whenever the process or the machine stops, the folder holds the run before or the run after, whole.

Every operation on the disk is one place to die: before it, or in the middle of a write. The few real SIGKILLs of the
suite become many with TEXTRNN_KILLS, the reads beside a training with TEXTRNN_READS:

    TEXTRNN_KILLS=1000 TEXTRNN_READS=10000 pytest tests/runs/test_crashes.py
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from textrnn.runs import disk, lock, metrics_log, writer
from textrnn.runs.folder import Run, open_run
from textrnn.runs.manifest import NotARunError
from textrnn.runs.writer import RunWriter

MakeRun = Callable[..., Path]
MakeContent = Callable[..., dict[str, Any]]
MODULES: list[ModuleType] = [disk, lock, metrics_log, writer]
KILLS = int(os.environ.get("TEXTRNN_KILLS", "3"))
READS = int(os.environ.get("TEXTRNN_READS", "200"))


class DiedError(BaseException):
    """The process is gone: nothing that it would do afterwards happens."""


class Machine:
    """Stands for `os`: dies at operation number `last`, and remembers what a power cut would have left on the disk.

    There are two such disks: both keep contents only when they are synced; "now" keeps names at once, "late" keeps
    them, too, only when their folder is synced.
    """

    def __init__(self, folder: Path, last: int) -> None:
        self.folder, self.left = folder, last
        self.opened: dict[int, str] = {}
        self.contents = {path.stat().st_ino: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
        self.late_names = self.names()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def names(self) -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in self.folder.iterdir()} if self.folder.exists() else {}

    def act(self) -> None:
        if self.left <= 0:
            raise DiedError
        self.left -= 1

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        if not flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            descriptor = os.open(path, flags, mode)
        else:
            self.act()
            is_new = not os.path.lexists(path)
            descriptor = os.open(path, flags, mode)
            if is_new:
                self.contents.pop(os.fstat(descriptor).st_ino, None)
        self.opened[descriptor] = os.fspath(path)
        return descriptor

    def write(self, descriptor: int, data: memoryview) -> int:
        if self.left <= 0:
            os.write(descriptor, data[: len(data) // 2])
        self.act()
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        self.act()
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            if os.path.samefile(self.opened[descriptor], self.folder):
                self.late_names = self.names()
        else:
            self.contents[status.st_ino] = Path(self.opened[descriptor]).read_bytes()

    def ftruncate(self, descriptor: int, length: int) -> None:
        self.act()
        os.ftruncate(descriptor, length)

    def unlink(self, path: Any) -> None:
        self.act()
        os.unlink(path)

    def replace(self, source: Any, target: Any) -> None:
        self.act()
        assert os.path.basename(target) == "manifest.json", "only the manifest is ever replaced"
        os.replace(source, target)

    def rename(self, source: Any, target: Any) -> None:
        self.act()
        assert not os.path.lexists(target), "only the manifest is ever replaced"
        os.rename(source, target)

    def makedirs(self, path: Any, exist_ok: bool = False) -> None:
        self.act()
        os.makedirs(path, exist_ok=exist_ok)

    def rmdir(self, path: Any) -> None:
        self.act()
        os.rmdir(path)

    def after_power_cut(self, where: Path) -> Iterator[Path]:
        for kind, names in (("now", self.names()), ("late", self.late_names)):
            (where / kind).mkdir(parents=True)
            for name, inode in names.items():
                (where / kind / name).write_bytes(self.contents.get(inode, b""))
            yield where / kind


def whole(folder: Path) -> Run:
    """Open a run and see that all of it is of one commit."""
    run = open_run(folder)
    step = run.step
    assert run.json("config")["step"] == step and run.json("resume-state") == {"step": step}
    assert all((array == step).all() for role in ("model", "resume") for array in run.arrays(role).values())
    assert [record["step"] for record in run.metrics()] in ([7], [7, 8], [8], [])
    return run


def first_commit(folder: Path, content: MakeContent) -> None:
    with RunWriter(folder) as run:
        run.record({"step": 8})
        run.commit(**content(8))


def next_commit(folder: Path, content: MakeContent) -> None:
    with RunWriter(folder, resume=True) as run:
        run.record({"step": 8})
        run.commit(**content(8))
        run.write_card("# one\n")
        run.write_card("# two\n")


def commit_at_the_same_step(folder: Path, content: MakeContent) -> None:
    with RunWriter(folder, resume=True) as run:
        changed = content(7)
        changed["json"]["config"]["note"] = "changed"
        run.commit(**changed)


def commit_over_another_run(folder: Path, content: MakeContent) -> None:
    with RunWriter(folder, overwrite=True) as run:
        run.record({"step": 8})
        run.commit(**content(8))


@pytest.mark.parametrize("scenario", [first_commit, next_commit, commit_at_the_same_step, commit_over_another_run])
def test_dying_at_any_operation_leaves_the_run_before_or_the_run_after(
    tmp_path: Path, make_run: MakeRun, content: MakeContent, scenario: Callable[..., None]
) -> None:
    outcomes = []
    for last in range(1000):
        folder = tmp_path / f"run-{last}"
        if scenario is not first_commit:
            make_run(folder.name)
        machine = Machine(folder, last)
        with pytest.MonkeyPatch.context() as patch:
            for module in MODULES:
                patch.setattr(module, "os", machine)
            try:
                scenario(folder, content)
                has_died = False
            except DiedError:
                has_died = True
        for place in [folder, *machine.after_power_cut(tmp_path / f"cut-{last}")]:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(lock, "_is_alive", lambda _: False)
                patch.setattr(lock, "_PAUSE_S", 0)
                outcomes.append(recovered(place, content, is_new=scenario is first_commit))
            shutil.rmtree(place)
        if not has_died:
            break
    assert not has_died and len(outcomes) > 60
    assert len(set(outcomes)) >= 2


def recovered(folder: Path, content: MakeContent, *, is_new: bool) -> str:
    """Check that the folder holds one whole run (or none yet) and that a training can go on in it; say which."""
    try:
        run = whole(folder) if folder.exists() else None
    except NotARunError:
        run = None
    assert run is not None or is_new
    # A power cut may leave an empty lock of a training that never wrote another file.
    with RunWriter(folder, resume=True) as again:
        assert again.resumes == (run is not None)
        named = {entry.file for entry in run.manifest.roles.values()} if run else {"metrics.jsonl"}
        extra = {"run.lock", "README.md", "manifest.json"} if run else {"run.lock"}
        assert {path.name for path in folder.iterdir()} - extra == named
        again.commit(**content(9))
    assert open_run(folder).step == 9
    return "none" if run is None else f"{run.step} {run.json('config')} {len(run.metrics())}"


TRAINING = """
import sys, time
sys.path.insert(0, sys.argv[2])
from conftest import content_at
from textrnn.runs.writer import RunWriter
with RunWriter(sys.argv[1], resume=True) as writer:
    print("ready", flush=True)
    for step in range(int(sys.argv[3]), int(sys.argv[4])):
        writer.record({"step": step})
        writer.commit(**content_at(step))
"""


def training(folder: Path, first: int, last: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", TRAINING, str(folder), str(Path(__file__).parent), str(first), str(last)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline().strip() == b"ready"
    return process


def test_sigkill_at_any_moment_leaves_a_whole_run_that_can_be_gone_on_with(tmp_path: Path) -> None:
    """A few real kills; `TEXTRNN_KILLS=1000 pytest tests/runs/test_crashes.py -k sigkill` for the full count."""
    random, step = np.random.default_rng(0), 0
    for _ in range(KILLS):
        with training(tmp_path / "run", step + 1, step + 10**6) as process:
            time.sleep(random.uniform(0, 0.1))
            process.kill()
            process.wait()
        try:
            run = open_run(tmp_path / "run")
        except NotARunError:
            assert step == 0
            continue
        assert run.step >= step
        step = run.step
        assert all((array == step).all() for role in ("model", "resume") for array in run.arrays(role).values())
        assert [record["step"] for record in run.metrics()] == list(range(1, step + 1))
    with RunWriter(tmp_path / "run", resume=True) as again:
        assert again.resumes and len(list((tmp_path / "run").iterdir())) == 8


def test_a_reader_beside_a_training_sees_one_commit_at_a_time(tmp_path: Path, content: MakeContent) -> None:
    """`TEXTRNN_READS=10000 pytest tests/runs/test_crashes.py -k reader` for the full count."""
    stop, seen = threading.Event(), set()

    def train() -> None:
        with RunWriter(tmp_path) as writer:
            step = 0
            while not stop.is_set():
                step += 1
                writer.commit(**content(step))

    thread = threading.Thread(target=train)
    thread.start()
    try:
        while not (tmp_path / "manifest.json").exists():
            time.sleep(0.001)
        for _ in range(READS):
            run = open_run(tmp_path)
            assert run.json("config")["step"] == run.step
            assert all((array == run.step).all() for array in run.arrays("model").values())
            seen.add(run.step)
    finally:
        stop.set()
        thread.join()
    assert len(seen) > 1

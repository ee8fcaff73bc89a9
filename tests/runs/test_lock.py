"""The lock: one holder at a time; one whose process is gone is broken, and only that one."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from textrnn.errors import UserError
from textrnn.runs import lock
from textrnn.runs.target import check_available
from textrnn.runs.writer import RunWriter


def holder(**changes: Any) -> bytes:
    facts = {"pid": os.getpid(), "host": platform.node(), "born": "", "since": "2026-01-02T03:04:05+00:00"}
    return json.dumps(facts | changes).encode()


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_training_in_one_folder_is_refused_by_process_and_host(tmp_path: Path) -> None:
    code = "import sys, time\nfrom textrnn.runs.writer import RunWriter\nwith RunWriter(sys.argv[1]):\n"
    code += "    print('ready', flush=True)\n    time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        try:
            for flags in ({}, {"resume": True}, {"overwrite": True}):
                with pytest.raises(UserError) as caught, RunWriter(tmp_path / "run", **flags):
                    pytest.fail("entered")
                assert f"in use by process {process.pid} on {platform.node()}" in str(caught.value)
                assert str(tmp_path / "run") in str(caught.value)
                # and so are those who only ask, before they read what the other is about to replace
                with pytest.raises(UserError, match="in use by process"):
                    check_available(tmp_path / "run", **flags)
        finally:
            process.kill()
            process.wait()
    with RunWriter(tmp_path / "run"):
        pass


def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "run"), pytest.raises(UserError, match="this very process"), RunWriter(tmp_path / "run"):
        pytest.fail("entered")


def test_a_lock_that_was_given_back_leaves_nothing(tmp_path: Path) -> None:
    taken = lock.acquire(tmp_path / "run.lock")
    assert taken.is_held()
    taken.release()
    assert not list(tmp_path.iterdir())


def test_giving_back_does_not_take_away_the_lock_of_another(tmp_path: Path) -> None:
    taken = lock.acquire(tmp_path / "run.lock")
    (tmp_path / "run.lock").unlink()
    other = lock.acquire(tmp_path / "run.lock")
    assert not taken.is_held()
    taken.release()
    assert other.is_held()
    other.release()


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file is the sign of life")
@pytest.mark.parametrize(
    "content",
    [
        *[b"", b"{", b"[]", b"\xff", b'{"pid": 1}', holder(pid=-1), holder(pid=0), holder(pid=True), holder(pid="1")],
        *[holder(pid=2**70), holder(host=1)],
    ],
)
def test_a_lock_that_names_no_process_is_broken(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_PAUSE_S", 0)
    (tmp_path / "run.lock").write_bytes(content)
    lock.acquire(tmp_path / "run.lock").release()
    assert not list(tmp_path.iterdir())


def test_a_lock_that_is_being_made_gets_the_time_to_be_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.lock").touch()
    monkeypatch.setattr(time, "sleep", lambda _: (tmp_path / "run.lock").write_bytes(holder()))
    with pytest.raises(UserError, match="in use by this very process"):
        lock.acquire(tmp_path / "run.lock")


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file is the sign of life")
def test_a_lock_of_a_dead_process_is_broken_even_after_a_breaker_died(tmp_path: Path) -> None:
    path, stale = tmp_path / "run.lock", holder(pid=dead_pid())
    path.write_bytes(stale)
    claim = tmp_path / f"run.lock.{hashlib.sha256(stale).hexdigest()[:16]}"
    claim.write_bytes(holder(pid=dead_pid()))
    lock.acquire(path).release()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the system does not tell when a process was born")
def test_a_number_that_went_to_another_process_does_not_keep_a_lock(tmp_path: Path) -> None:
    (tmp_path / "run.lock").write_bytes(holder(born="1"))
    lock.acquire(tmp_path / "run.lock").release()
    (tmp_path / "run.lock").write_bytes(holder(born=lock._born(os.getpid())))
    with pytest.raises(UserError, match="in use"):
        lock.acquire(tmp_path / "run.lock")


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the system does not tell who is a zombie")
def test_a_killed_process_that_nobody_has_waited_for_is_dead(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (tmp_path / "run.lock").write_bytes(holder(pid=process.pid))
    process.kill()
    while lock._born(process.pid) is not None:
        time.sleep(0.005)
    lock.acquire(tmp_path / "run.lock").release()
    process.wait()


def test_a_process_on_another_host_is_believed(tmp_path: Path) -> None:
    content = holder(pid=dead_pid(), host="else\x1bwhere")
    (tmp_path / "run.lock").write_bytes(content)
    with pytest.raises(UserError, match=r"on else\\x1bwhere since .*delete run.lock"):
        lock.acquire(tmp_path / "run.lock")
    assert (tmp_path / "run.lock").read_bytes() == content


def test_a_breaker_that_comes_late_leaves_the_fresh_lock_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.lock"
    path.write_bytes(holder(pid=dead_pid()))
    fresh = holder()
    is_alive, judged = lock._is_alive, []

    def slow_judge(of: Any) -> bool:
        alive = is_alive(of)
        if not judged:
            judged.append(alive)
            # Meanwhile another process has broken the stale lock and taken its own.
            path.write_bytes(fresh)
        return alive

    monkeypatch.setattr(lock, "_is_alive", slow_judge)
    with pytest.raises(UserError, match="in use"):
        lock.acquire(path)
    assert judged == [False] and path.read_bytes() == fresh and len(list(tmp_path.iterdir())) == 1


RACE = """
import json, os, sys
from pathlib import Path
from textrnn.errors import UserError
from textrnn.runs import lock
folder, host, entered = Path(sys.argv[1]), sys.argv[2], 0
while entered < 20:
    try:
        taken = lock.acquire(folder / "run.lock")
    except UserError:
        continue
    (folder / "inside").touch(exist_ok=False)
    (folder / "inside").unlink()
    entered += 1
    if entered % 2:
        taken.release()
    else:
        # As if it had been killed here: the lock names a process that is gone.
        holder = {"pid": 2**30, "host": host, "born": "", "since": f"{os.getpid()} {entered}"}
        os.close(taken._descriptor)
        (folder / "fake").write_text(json.dumps(holder))
        os.replace(folder / "fake", folder / "run.lock")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file is the sign of life")
def test_never_two_at_once_however_many_race_for_stale_locks(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACE, str(tmp_path), platform.node()]
    racers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [racer.communicate(timeout=60)[1] for racer in racers]
    assert said == ["", "", ""]

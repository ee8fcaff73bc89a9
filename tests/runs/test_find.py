"""Which run is meant: by name, by kind and time, by what ships."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from textrnn.errors import UserError
from textrnn.runs import find
from textrnn.runs.find import (
    choose_run,
    choose_unfinished,
    claim_run_folder,
    find_run,
    list_runs,
    new_run_folder,
    shipped_dir,
)
from textrnn.runs.layout import MANIFEST

MakeRun = Callable[..., Path]
LM = "language-model"


@pytest.fixture(autouse=True)
def shipped(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    monkeypatch.setattr(find, "shipped_dir", lambda: folder)
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    return folder


def ship(make_run: MakeRun, shipped: Path, name: str, **facts: str) -> None:
    shutil.move(make_run(name, at="2026-01-01T00:00:00+00:00", **facts), shipped / name)


def test_without_a_name_the_newest_run_of_the_kind_by_its_commit_time(tmp_path: Path, make_run: MakeRun) -> None:
    make_run("old", step=900, at="2026-01-02T03:04:05+00:00")
    newest = make_run("new", step=5, at="2026-03-02T03:04:05+00:00")
    make_run("middle", step=10, at="2026-03-02T05:04:05+05:00")
    make_run("mood", task="classifier", at="2026-04-02T03:04:05+00:00")
    # What a copy or a checkout does to the times of files must not matter.
    os.utime(newest / "manifest.json", (0, 0))
    assert find_run(None, runs_dir=tmp_path, task=LM) == (newest, True)
    assert [summary.name for summary in list_runs(tmp_path)] == ["mood", "new", "middle", "old"]
    assert find_run(None, runs_dir=tmp_path, task="classifier") == (tmp_path / "mood", True)


@pytest.mark.parametrize(
    "nonsense", ["", "yesterday", "1970-01-01T00:00:00+00:00", "9999-12-31T23:59:59-23:59", "2026-02"]
)
def test_a_commit_time_that_makes_no_sense_counts_as_the_oldest(
    tmp_path: Path, make_run: MakeRun, nonsense: str
) -> None:
    make_run("clock-off", step=100, at=nonsense or " ")
    make_run("clock-off-too", step=1000, at="0001-01-01T00:00:00+23:59")
    make_run("fine", step=1, at="2026-01-02T03:04:05")
    assert [summary.name for summary in list_runs(tmp_path)] == ["fine", "clock-off-too", "clock-off"]


def test_a_time_ahead_of_ours_is_nonsense_but_a_time_zone_is_not(tmp_path: Path, make_run: MakeRun) -> None:
    now = datetime.now(UTC)
    make_run("far", at=(now + timedelta(days=400)).isoformat())
    make_run("near", at=(now + timedelta(hours=3)).isoformat())
    make_run("now", at=now.isoformat())
    assert [summary.name for summary in list_runs(tmp_path)] == ["near", "now", "far"]


def test_what_ships_is_the_last_choice_and_found_by_name(tmp_path: Path, make_run: MakeRun, shipped: Path) -> None:
    ship(make_run, shipped, "shakespeare")
    ship(make_run, shipped, "sentiment", task="classifier")
    ship(make_run, shipped, "other")
    assert find_run(None, runs_dir=tmp_path / "none", task=LM) == (shipped / "shakespeare", True)
    assert find_run("shakespeare", runs_dir=tmp_path, task=LM) == (shipped / "shakespeare", False)
    assert [(summary.name, summary.is_shipped) for summary in list_runs(tmp_path)] == [
        ("shakespeare", True),
        ("sentiment", True),
    ]
    mine = make_run("mine", at="2025-01-01T00:00:00+00:00")
    assert find_run(None, runs_dir=tmp_path, task=LM) == (mine, True)
    assert find_run(None, runs_dir=tmp_path, task="classifier") == (shipped / "sentiment", True)


def test_in_a_checkout_what_ships_lies_among_the_runs_and_is_still_the_last_choice(
    make_run: MakeRun, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shipped)
    mine = shutil.move(make_run("mine", at="2025-01-01T00:00:00+00:00"), shipped / "mine")
    ship(make_run, shipped, "shakespeare")
    assert [summary.name for summary in list_runs(".")] == ["mine", "shakespeare"]
    assert find_run(None, runs_dir=shipped, task=LM) == (mine, True)


def test_a_name_is_a_folder_then_a_run_then_what_ships(
    tmp_path: Path, make_run: MakeRun, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(make_run, shipped, "shakespeare")
    runs, here = tmp_path / "runs", tmp_path / "here"
    (here / "shakespeare").mkdir(parents=True)
    monkeypatch.chdir(here)
    # A folder of texts with that name is no run.
    assert find_run("shakespeare", runs_dir=runs, task=LM)[0] == shipped / "shakespeare"
    make_run("runs/shakespeare")
    assert find_run("shakespeare", runs_dir=runs, task=LM)[0] == runs / "shakespeare"
    make_run("here/own/shakespeare")
    shutil.rmtree(here / "shakespeare")
    shutil.move(here / "own" / "shakespeare", here / "shakespeare")
    assert find_run("shakespeare", runs_dir=runs, task=LM)[0] == Path("shakespeare")
    assert find_run(str(runs / "shakespeare"), runs_dir=runs, task=LM)[0] == runs / "shakespeare"


def test_a_name_that_is_not_there_says_what_is(tmp_path: Path, make_run: MakeRun) -> None:
    make_run("sonnets-lstm")
    make_run("sonnets-gru")
    make_run("recipes")
    with pytest.raises(UserError, match=r"no run named 'sonets-gru' in .*: did you mean 'sonnets-gru'\?"):
        find_run("sonets-gru", runs_dir=tmp_path, task=LM)
    with pytest.raises(UserError, match=r"no run named 'zzz' in .*: found are ") as caught:
        find_run("zzz", runs_dir=tmp_path, task=LM)
    assert all(name in str(caught.value) for name in ("sonnets-lstm", "sonnets-gru", "recipes"))
    with pytest.raises(UserError, match="found are none"):
        find_run("zzz", runs_dir=tmp_path / "none", task=LM)


@pytest.mark.parametrize("name", ["", "../etc", "a\0b", "x" * 5000, "..", "/etc/passwd/x"])
def test_a_strange_name_is_refused_in_a_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "runs").mkdir()
    with pytest.raises(UserError) as caught:
        find_run(name, runs_dir=tmp_path / "runs", task=LM)
    assert "\0" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_run_of_the_wrong_kind_is_refused_by_name(tmp_path: Path, make_run: MakeRun) -> None:
    make_run("verse")
    with pytest.raises(UserError, match="is a language model, not a classifier: use textrnn generate or evaluate"):
        find_run("verse", runs_dir=tmp_path, task="classifier")


def test_damaged_runs_are_listed_with_their_problem_and_passed_over_with_a_note(
    tmp_path: Path, make_run: MakeRun
) -> None:
    good = make_run("good", at="2026-01-01T00:00:00+00:00")
    for number, name in enumerate(["manifest.json", "model-7.safetensors"]):
        os.truncate(make_run(f"cut-{number}", at="2026-02-01T00:00:00+00:00") / name, 40)
    flipped = make_run("flipped", at="2026-03-01T00:00:00+00:00") / "model-7.safetensors"
    data = bytearray(flipped.read_bytes())
    data[-1] ^= 1
    flipped.write_bytes(data)
    (make_run("gone", at="2026-03-01T00:00:00+00:00") / "config-7.json").unlink()
    problems = {summary.name: summary.problem for summary in list_runs(tmp_path)}
    assert problems["good"] is None and problems["flipped"] is None
    assert "cut short: has 40" in str(problems["cut-0"]) and "cut short: has 40" in str(problems["cut-1"])
    assert "missing file in" in str(problems["gone"])
    choice = choose_run(None, runs_dir=tmp_path, task=LM)
    assert choice.run.folder == good and choice.by_default and len(choice.notes) == 4
    assert all(any(name in note for note in choice.notes) for name in ("cut-0", "cut-1", "flipped", "gone"))
    with pytest.raises(UserError, match="sha256 mismatch"):
        choose_run("flipped", runs_dir=tmp_path, task=LM)


def test_no_run_at_all_says_what_to_do(tmp_path: Path, make_run: MakeRun) -> None:
    with pytest.raises(UserError, match=r"no language model found in .*: train one, or name one with --model"):
        choose_run(None, runs_dir=tmp_path, task=LM)
    os.truncate(make_run("cut") / "manifest.json", 40)
    with pytest.raises(UserError, match=r"no language model found .*cut short"):
        choose_run(None, runs_dir=tmp_path, task=LM)


def test_the_newest_unfinished_run_is_what_resume_means(tmp_path: Path, make_run: MakeRun, shipped: Path) -> None:
    ship(make_run, shipped, "shakespeare")
    make_run("finished", finished=True, at="2026-05-01T00:00:00+00:00")
    make_run("shippable", resume=False, at="2026-04-01T00:00:00+00:00")
    make_run("mood", task="classifier", at="2026-04-01T00:00:00+00:00")
    with pytest.raises(UserError, match=r"no unfinished language model found in .*--out"):
        choose_unfinished(tmp_path, task=LM)
    make_run("older", at="2026-02-01T00:00:00+00:00")
    newer = make_run("newer", at="2026-03-01T00:00:00+00:00")
    assert choose_unfinished(tmp_path, task=LM).run.name == "newer"
    os.truncate(newer / "resume-7.json", 3)
    choice = choose_unfinished(tmp_path, task=LM)
    assert choice.run.name == "older" and "newer" in choice.notes[0]


def test_folders_that_are_no_runs_are_passed_over_in_silence(tmp_path: Path, make_run: MakeRun) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "README.md").write_text("x", encoding="utf-8")
    summary = list_runs(make_run("verse").parent)
    assert [(found.name, found.task, found.step, found.finished, found.can_resume) for found in summary] == [
        ("verse", LM, 7, False, True)
    ]
    assert (
        summary[0].size_bytes
        == sum(p.stat().st_size for p in (tmp_path / "verse").iterdir())
        - (tmp_path / "verse" / "manifest.json").stat().st_size
    )


def test_a_file_as_the_folder_of_runs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UserError, match="cannot look for runs"):
        list_runs(tmp_path / "file")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("tinyshakespeare.txt", "tinyshakespeare-lstm"),
        ("/some/where/verse.TXT.gz", "verse-lstm"),
        ("C:\\texts\\my verse.txt", "my-verse-lstm"),
        ("shakespeare", "shakespeare-lstm"),
        ("紅楼夢.txt", "紅楼夢-lstm"),
        ("cafe\u0301.md", "caf\u00e9-lstm"),
        ("v1.2.txt", "v1.2-lstm"),
        ("-", "stdin-lstm"),
        ("..", "text-lstm"),
        (".txt", "txt-lstm"),
        ("\x1b[31m\n", "31m-lstm"),
        ("🙂.txt", "text-lstm"),
        ("", "text-lstm"),
        ("x" * 300, "x" * 60 + "-lstm"),
    ],
)
def test_a_new_run_is_named_after_its_data_and_cell(tmp_path: Path, data: str, name: str) -> None:
    assert new_run_folder(tmp_path, data, "lstm") == tmp_path / name


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path, make_run: MakeRun) -> None:
    make_run("verse-gru")
    (tmp_path / "verse-gru-2").symlink_to("nowhere")
    assert new_run_folder(tmp_path, "verse.txt", "gru") == tmp_path / "verse-gru-3"
    assert {path.name for path in tmp_path.iterdir()} == {"verse-gru", "verse-gru-2"}


def test_what_ships_is_in_the_package_or_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "textrnn"
    (package / "runs").mkdir(parents=True)
    monkeypatch.setattr(find, "__file__", str(package / "runs" / "find.py"))
    assert shipped_dir() == tmp_path / "site" / "checkpoints"
    (package / "checkpoints").mkdir()
    assert shipped_dir() == package / "checkpoints"


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    claims = [claim_run_folder(tmp_path / "new" / "runs", "verse.txt", "gru") for _ in range(3)]
    assert [claim.folder.name for claim in claims] == ["verse-gru", "verse-gru-2", "verse-gru-3"]
    (claims[1].folder / "kept").write_text("")
    for claim in reversed(claims):
        claim.give_back()
    assert [path.name for path in (tmp_path / "new" / "runs").iterdir()] == ["verse-gru-2"]
    (claims[1].folder / "kept").unlink()
    claims[1].give_back()
    claims[0].give_back()
    assert not list(tmp_path.iterdir())


def test_a_run_of_a_newer_program_is_not_called_damaged(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run()
    lines = (folder / MANIFEST).read_bytes().splitlines(keepends=True)
    body = b"".join(lines[:-2]).replace(b'"version": 1', b'"version": 2')
    seal = hashlib.sha256(body).hexdigest()
    (folder / MANIFEST).write_bytes(body + f' "sha256": "{seal}"\n}}\n'.encode())
    (found,) = [summary for summary in list_runs(tmp_path) if not summary.is_shipped]
    assert found.is_newer and found.problem is not None and "made by a newer textrnn" in found.problem

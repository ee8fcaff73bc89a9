"""The page about the gap between reading and writing: its commands run as they stand there, at small size."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "language-models.md").read_text(encoding="utf-8").partition("## 7. Reading and writing")[2]
COMMANDS = [shlex.split(line)[1:] for line in PAGE.split("```\n")[1].splitlines()]
SMALL = ["--steps", "5", "--seed", "0", "--hidden-size", "8", "--embed-size", "4"]
Run = Callable[..., Any]


def test_its_commands_run(run: Run, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    train, evaluate, against = COMMANDS
    place = train.index("--budget")
    done = run(*train[:place], *train[place + 2 :], *SMALL)
    assert done.code == 0, done.stderr
    for command, judge in ((evaluate, "n-gram"), (against, "shakespeare")):
        rows = json.loads(run(*command, "--json").stdout)["free_running"]
        assert [row["length"] for row in rows] == [10, 50, 200]
        assert all(row["judged"][-1]["judge"] == judge and row["prompts"] == 12 for row in rows)
        for row in rows:
            low, high = row["interval_95"]
            assert low <= row["gap"] <= high
    # as many lines as lengths, for each who judges
    shown = run(*against).stdout
    assert shown.count("after 200 units") >= 2 and "by shakespeare" in shown

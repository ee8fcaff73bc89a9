"""Every benchmark has a make target, and every target that a page names is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
SCRIPTS = [
    path.name
    for path in sorted((ROOT / "benchmarks").glob("*.py"))
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
]


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., str]:
    """What make would run for a target, asked in a folder without anything to install or to run."""
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    shutil.copy(ROOT / "Makefile", tmp_path)

    def run(*arguments: str) -> str:
        words = ["make", "--dry-run", "--assume-old=install", "--no-print-directory", *arguments]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_has_a_target(planned: Callable[..., str], script: str) -> None:
    target = f"bench-{script.removesuffix('.py')}"
    (phony,) = re.findall(r"^\.PHONY: (help .*)", MAKEFILE, re.MULTILINE)
    assert target in phony.split()
    assert f"benchmarks/{script}" in planned(target)


def test_a_file_that_is_named_is_measured(planned: Callable[..., str]) -> None:
    for target, sample in (("tagging", "places.conll"), ("forecasting", "ice-cream.csv"), ("conditions", "moods.csv")):
        assert f" data/{sample}" in planned(f"bench-{target}") and (ROOT / "data" / sample).is_file()
        assert " mine.txt" in planned(f"bench-{target}", "FILE=mine.txt")
    assert " --model a-run" in planned("bench-tagging", "MODEL=a-run")


def test_targets_that_pages_name_exist() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    named = {
        target for page in pages for target in re.findall(r"(?:`|^    )make (bench[\w-]*)", page.read_text(), re.M)
    }
    assert len(named) > 10
    assert not [target for target in sorted(named) if f"\n{target}: " not in MAKEFILE]

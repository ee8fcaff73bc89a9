"""What is built, pinned and installed: the wheel, the two locks, and how make finds a Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import textrnn

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("sentiment", "shakespeare")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def build(source: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> ZipFile:
    hatchling = pytest.importorskip("hatchling.build")
    monkeypatch.chdir(source)
    return ZipFile(out / hatchling.build_wheel(str(out)))


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A tree with the project's build configuration and next to nothing in it."""
    tree = tmp_path / "tree"
    (tree / "textrnn").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "textrnn/__init__.py", "textrnn/py.typed"):
        shutil.copy(ROOT / name, tree / name)
    return tree


def test_the_wheel_holds_the_package_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = build(ROOT, tmp_path, monkeypatch)
    names = {*wheel.namelist()}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "textrnn").rglob("*.py")}
    shipped = {
        f"textrnn/{path.relative_to(ROOT).as_posix()}"
        for run in SHIPPED
        for path in (ROOT / "checkpoints" / run).rglob("*")
        if path.is_file()
    }
    information = f"textrnn-{textrnn.__version__}.dist-info"
    assert modules | shipped | {"textrnn/py.typed", f"{information}/licenses/LICENSE"} <= names
    assert not {name for name in names if not name.startswith(("textrnn/", f"{information}/"))}
    assert "textrnn = textrnn.cli:main" in wheel.read(f"{information}/entry_points.txt").decode()


def test_the_wheel_holds_the_shipped_runs_and_no_others(
    small_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in (*SHIPPED, "mine"):
        folder = small_tree / "checkpoints" / run
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", encoding="utf-8")
        (folder / "model-1.safetensors").write_bytes(b"")
    names = build(small_tree, tmp_path, monkeypatch).namelist()
    assert sorted(name for name in names if "checkpoints" in name) == [
        f"textrnn/checkpoints/{run}/{file}" for run in SHIPPED for file in ("manifest.json", "model-1.safetensors")
    ]


def test_the_wheel_is_built_where_no_run_ships(
    small_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = build(small_tree, tmp_path, monkeypatch).namelist()
    assert "textrnn/py.typed" in names
    assert not [name for name in names if "checkpoints" in name]


def test_the_installed_version_is_the_package_s() -> None:
    assert metadata.version("textrnn") == textrnn.__version__


def pinned() -> dict[str, Version]:
    entries = lines(ROOT / "requirements.lock") + lines(ROOT / "requirements-data.lock")
    return {name: Version(version) for name, version in (entry.split("==") for entry in entries)}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-data.lock"])
def test_a_lock_is_names_and_versions_in_order(lock: str) -> None:
    entries = lines(ROOT / lock)
    assert not [entry for entry in entries if not re.fullmatch(r"[a-z0-9-]+==[0-9]+(\.[0-9a-z]+)*", entry)]
    assert entries == sorted({*entries}, key=lambda entry: entry.split("==")[0])


def declared() -> list[Requirement]:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [Requirement(line) for group in groups for line in group]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_what_is_declared_is_pinned_within_its_range(requirement: Requirement) -> None:
    if requirement.name == "textrnn":
        assert requirement.extras == {*PROJECT["optional-dependencies"]} - {"test"}
    else:
        assert requirement.specifier.contains(pinned()[requirement.name])


@pytest.mark.skipif(sys.platform == "win32", reason="the lock is resolved for Linux and macOS")
@pytest.mark.parametrize("name", [line.split("==")[0] for line in lines(ROOT / "requirements.lock")])
def test_what_a_pinned_package_needs_is_pinned(name: str) -> None:
    try:
        needs = [Requirement(line) for line in metadata.requires(name) or []]
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    active = [need for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    # torch pins the libraries of its CUDA builds itself, each build its own.
    cuda = re.compile("nvidia-|cuda-|triton")
    assert {canonicalize_name(need.name) for need in active if not cuda.match(need.name)} <= {*pinned()}


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
class TestMake:
    """`make .venv/bin/python` with a PATH that holds interpreters of our own making."""

    @pytest.fixture
    def tools(self, tmp_path: Path) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        for tool in ("make", "sh", "cksum", "cut"):
            found = shutil.which(tool)
            assert found
            (folder / tool).symlink_to(found)
        shutil.copy(ROOT / "Makefile", tmp_path)
        return folder

    def interpreter(self, tools: Path, name: str, version: str) -> None:
        """Write one that takes itself for `version`, and says what it was asked to do with a module."""
        pretend = f"import sys; sys.version_info = ({version.replace('.', ', ')}, 0, 'final', 0)"
        script = f"""#!/bin/sh
case $1 in
  -c) exec '{sys.executable}' -c "{pretend}; $2";;
  *) echo {name} "$@";;
esac
"""
        (tools / name).write_text(script, encoding="utf-8")
        (tools / name).chmod(0o755)

    def make(self, tools: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHON", "MAKEFLAGS")}
        return subprocess.run(
            [tools / "make", "--no-print-directory", ".venv/bin/python", *arguments],
            cwd=tools.parent,
            env=environment | {"PATH": str(tools)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @pytest.mark.parametrize("names", [["python3"], ["python3.12"], ["python3", "python3.13"], ["python"]])
    def test_takes_a_python_that_is_new_enough(self, tools: Path, names: list[str]) -> None:
        for name in {"python3", *names}:
            self.interpreter(tools, name, "3.11" if name in names else "3.10")
        ran = self.make(tools)
        assert (ran.returncode, ran.stdout) == (0, f"{names[0]} -m venv --clear .venv\n"), ran.stderr

    def test_takes_the_one_that_is_named(self, tools: Path) -> None:
        self.interpreter(tools, "python3", "3.13")
        self.interpreter(tools, "mine", "3.12")
        assert self.make(tools, "PYTHON=mine").stdout == "mine -m venv --clear .venv\n"

    def test_refuses_the_one_that_is_named_and_too_old(self, tools: Path) -> None:
        self.interpreter(tools, "python3", "3.13")
        self.interpreter(tools, "mine", "3.10")
        assert "no Python 3.11 or newer" in self.make(tools, "PYTHON=mine").stderr

    @pytest.mark.parametrize("names", [[], ["python3"], ["python3", "python3.11", "python"]])
    def test_says_in_one_line_that_there_is_none(self, tools: Path, names: list[str]) -> None:
        for name in names:
            self.interpreter(tools, name, "3.10")
        ran = self.make(tools)
        assert ran.returncode == 2
        assert re.fullmatch(r"Makefile:\d+: \*\*\* no Python 3.11 or newer .*PYTHON=.*\n", ran.stderr)
        assert ran.stdout == ""

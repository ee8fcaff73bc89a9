"""What may not be in the repository: paths of somebody's machine, addresses of package registries."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MACHINE_PATH = re.compile(r"(?<![\w.~-])/(home|root|work|Users|opt)/\w|\b[A-Z]:\\Users\\")
REGISTRY = re.compile(
    r"\b(pypi\.org|pythonhosted\.org|download(-r2)?\.pytorch\.org|anaconda\.(org|com))\b|index-url[= ]\S+:/"
)


def files() -> list[Path]:
    """Return the files of the repository, those not yet committed included."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (ROOT / name for name in listing.stdout.decode("utf-8").split("\0") if name)
    return [path for path in paths if path.is_file()]


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1)
        if (match := pattern.search(line))
    ]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_the_repository_names_no(pattern: re.Pattern[str]) -> None:
    assert (ROOT / "pyproject.toml") in files()
    assert not found(pattern)


@pytest.mark.parametrize("folder", ["/home", "/root", "/work", "/Users", "/opt", "C:\\Users"])
def test_a_machine_path_is_seen(folder: str) -> None:
    separator = folder[-6] if ":" in folder else "/"
    assert MACHINE_PATH.search(f"open('{folder}{separator}someone/corpus.txt')")


def test_other_paths_are_not() -> None:
    assert not MACHINE_PATH.search(
        "see ./work/notes, data/home/x, ~/work/x, https://example.com/home/ and and/or/work/play"
    )


@pytest.mark.parametrize("host", ["pypi", "test.pypi", "files.pythonhosted", "download.pytorch", "conda.anaconda"])
def test_a_registry_is_seen(host: str) -> None:
    assert REGISTRY.search(f"found on {host}" + ".org.")


def test_the_address_of_an_index_is_seen() -> None:
    assert REGISTRY.search("pip install --extra-index-url" + " file:///index torch")


def test_a_home_page_is_no_registry() -> None:
    assert not REGISTRY.search(
        "PyTorch's own CPU wheel index, see pytorch.org's install page; --extra-index-url ADDRESS"
    )

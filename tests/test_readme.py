"""The README tells the truth: its session runs as it stands, its Python runs, its tree has a line for every file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# a minute of training is for people
SHORTER = {"--budget 60s": "--steps 20 --hidden-size 16", 'budget="3m"': "steps=20, hidden_size=16"}


def block(heading: str, language: str = "") -> str:
    """Return the first fenced block of `language` after `heading`."""
    after = README[README.index(heading) :]
    found = re.search(rf"^```{language}\n(.*?)^```", after, re.DOTALL | re.MULTILINE)
    assert found, f"no block after {heading}"
    return found[1]


def shorter(text: str) -> str:
    for long, short in SHORTER.items():
        text = text.replace(long, short)
    return text


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a checkout after `make demo`, without its trained runs."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    environment = tmp_path / ".venv" / "bin"
    environment.mkdir(parents=True)
    (environment / "activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    return tmp_path


def test_the_session_runs(checkout: Path) -> None:
    lines = shorter(block("## A session")).strip().split("\n")
    assert len(lines) > 5
    script = "set -e\n" + "\n".join(f"echo '== {number}'; {line}" for number, line in enumerate(lines))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEXTRNN_")}
    done = subprocess.run(
        ["bash", "-c", script], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    written = re.split(r"^== \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(written[1]) >= 300, "the shipped model wrote nothing"
    assert "verse" in written[-1], "the run is not listed"
    assert (checkout / "checkpoints" / "verse" / "manifest.json").exists()


def test_the_python_runs(checkout: Path) -> None:
    code = shorter(block("From Python:", "python"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (checkout / "checkpoints" / "verse" / "manifest.json").exists()


def test_the_network_to_take_apart_learns_without_torch(checkout: Path) -> None:
    code = "import sys; sys.modules['torch'] = None\n" + block("The cells' backward pass", "python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "7.0", done.stderr


def test_the_tree_has_a_line_for_every_file() -> None:
    tree = block("## The house")
    named = re.findall(r"^ *(\w+\.py|\w+/) ", tree, re.MULTILINE)
    files = [path for path in sorted((ROOT / "textrnn").rglob("*.py")) if path.name != "__init__.py"]
    missing = [str(path.relative_to(ROOT)) for path in files if path.name not in named]
    assert not missing
    known = {path.name for path in files} | {f"{path.name}/" for path in (ROOT / "textrnn").rglob("*") if path.is_dir()}
    assert set(named) <= known | {"__init__.py"}


def test_every_page_and_every_sample_is_listed() -> None:
    pages = [path.name for path in sorted((ROOT / "docs").glob("*.md"))]
    assert len(pages) > 8 and not [page for page in pages if f"| [docs/{page}](docs/{page}) |" not in README]
    listed = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    samples = [path.name for path in sorted((ROOT / "data").iterdir()) if path.name != "README.md"]
    assert len(samples) > 5 and not [sample for sample in samples if f"| `{sample}` |" not in listed]

"""The page about the NumPy trainer says what happens: its examples are run, and print what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "numpy-trainer.md").read_text(encoding="utf-8")
NUMBER, CHARACTER = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def lines_of(code: str) -> list[str]:
    without_torch = "import sys\nsys.modules['torch'] = None\n"
    ran = subprocess.run([sys.executable, "-c", without_torch + code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_the_next_number() -> None:
    *epochs, answer = lines_of(NUMBER)
    assert answer == "7.0" and f"\n{answer}\n" in PAGE
    assert len(epochs) == 500
    # another machine's matrix products may round otherwise
    form = r"epoch  500   loss (\S+) +gradient \S+"
    found, said = re.fullmatch(form, epochs[-1]), re.search(form, PAGE)
    assert found is not None and said is not None
    assert max(float(found[1]), float(said[1])) < 1e-5


def test_the_next_character() -> None:
    (written,) = lines_of(CHARACTER)
    assert f"It prints `{written}`." in PAGE


@pytest.mark.parametrize("name", ["forward", "backward", "train", "predict", "run", "loss", "parameters"])
def test_what_it_names_exists(name: str) -> None:
    from textrnn.learn.trainer import SimpleRNN

    assert f"`.{name}" in PAGE
    assert hasattr(SimpleRNN(1, 2, 1), name)

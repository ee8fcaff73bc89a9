"""Which engine writes: by length, by what is installed and by what is at hand; without importing numba to find out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.inference.language_model import choosing, compiled_engine
from textrnn.inference.language_model.choosing import engine_for
from textrnn.inference.language_model.compiled_engine import CompiledEngine
from textrnn.inference.language_model.model import LanguageModel

Make = Callable[..., LanguageModel]


@pytest.fixture
def choose(make_model: Make, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, tuple[str, ...]]]:
    """Return the engine's name and the notes, with numba installed or not and the code at hand or not."""

    def chosen(
        length: int, *, installed: bool = True, ready: bool = True, **values: Any
    ) -> tuple[str, tuple[str, ...]]:
        monkeypatch.setattr(choosing, "has_numba", lambda: installed)
        monkeypatch.setattr(compiled_engine, "is_compiled", lambda precision: ready)
        generation = make_model().write("To be", GenerationSettings(length=length, **values))
        return generation.engine, generation.notes

    return chosen


def test_long_texts_are_compiled_and_short_ones_are_not(choose: Any) -> None:
    assert choose(500) == ("numpy", ())
    assert choose(1_000_000) == ("compiled", ())
    assert choose(500, samples=2000)[0] == "compiled"
    assert choose(500, precision="int8") == ("numpy-int8", ())
    assert choose(1_000_000, precision="int8") == ("compiled-int8", ())


def test_compiling_waits_for_a_text_that_pays_for_it_and_says_so(choose: Any) -> None:
    assert choose(100_000, ready=True) == ("compiled", ())
    assert choose(100_000, ready=False) == ("numpy", ())
    name, (note,) = choose(10_000_000, ready=False)
    assert name == "compiled" and note.startswith("compiling for this processor, once")


def test_without_numba_all_is_numpy_and_int8_says_what_it_is_worth(choose: Any) -> None:
    assert choose(10_000_000, installed=False) == ("numpy", ())
    name, (note,) = choose(500, installed=False, precision="int8")
    assert name == "numpy-int8" and 'pip install "textrnn[fast]"' in note


def test_numba_that_cannot_be_imported_is_told_of_where_it_would_write(
    choose: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "loads_numba", lambda: False)
    assert choose(500) == ("numpy", ())
    name, (note,) = choose(1_000_000)
    assert name == "numpy" and "cannot be imported" in note


def test_what_the_loop_does_not_know_stays_on_numpy(choose: Any) -> None:
    assert choose(10_000_000, temperature=1e-200)[0] == "numpy"
    assert choose(10_000, beam=4)[0] == "numpy"


def test_a_larger_network_is_worth_compiling_sooner(make_model: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "has_numba", lambda: True)
    monkeypatch.setattr(compiled_engine, "is_compiled", lambda precision: True)
    small, deep = make_model().engine, make_model(num_layers=4).engine
    length = next(
        n
        for n in range(0, 1_000_000, 1000)
        if isinstance(engine_for(deep, GenerationSettings(length=n))[0], CompiledEngine)
    )
    assert not isinstance(engine_for(small, GenerationSettings(length=length))[0], CompiledEngine)


SHORT = """
import sys, textrnn
sys.modules["torch"] = None
if sys.argv[2] == "blocked":
    sys.modules["numba"] = None
print(textrnn.load(sys.argv[1]).generate("To ", length=20, seed=1, precision="int8"), end="")
assert sys.modules.get("numba") is None, "numba was imported for a short text"
assert "textrnn.inference.language_model.compiled_engine" not in sys.modules, "what a short text asks nothing of"
"""


@pytest.mark.parametrize("numba", ["here", "blocked"])
def test_a_short_text_imports_no_numba_and_none_needs_it(numba: str, make_model: Make, tmp_path: Path) -> None:
    model = make_model()
    model.save(tmp_path / "run")
    ran = subprocess.run(
        [sys.executable, "-c", SHORT, tmp_path / "run", numba], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == model.generate("To ", length=20, seed=1, precision="int8")

"""Compiled code: where it is kept, when it is at hand, and what happens where neither can be."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from textrnn.cells import jit as jit_module
from textrnn.cells.compiled import run
from textrnn.cells.jit import (
    before_compiling,
    cache_folder,
    code_folder,
    has_numba,
    is_ready,
    jit,
    loads_numba,
    mark_ready,
)
from textrnn.cells.vectorised import exp, sigmoid, tanh


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    caches = (jit_module.jit, jit_module.mark_ready, jit_module.has_numba, jit_module.loads_numba)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


@pytest.mark.parametrize(
    ("system", "variable", "below"),
    [
        ("linux", "XDG_CACHE_HOME", "textrnn"),
        ("win32", "LOCALAPPDATA", "textrnn"),
        ("darwin", "HOME", "Library/Caches/textrnn"),
    ],
)
def test_code_is_kept_where_the_platform_keeps_such_things(
    system: str, variable: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache_folder() == tmp_path / below
    assert code_folder(tanh).parent == cache_folder()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "given"))
    assert code_folder(tanh).parent == tmp_path / "given"


def test_the_folder_is_named_after_sources_versions_and_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    first = code_folder(tanh)
    assert code_folder(tanh) == first and code_folder(exp) != first
    for name, value in (("_processor", lambda: "another"), ("_version", lambda name: "99")):
        jit_module._digest.cache_clear()
        with monkeypatch.context() as patched:
            patched.setattr(jit_module, name, value)
            assert code_folder(tanh) != first
    jit_module._digest.cache_clear()
    assert code_folder(tanh) == first


def test_code_that_is_written_down_depends_on_all_that_writes_it() -> None:
    """A change in the emitted instructions gives other code, though the loop that uses them is unchanged."""
    names = {Path(path).name for path in jit_module._sources(run)}
    written_by = {"product.py", "tile.py", "instructions.py", "host.py"}
    assert {"compiled.py", "packed.py", "digits.py", "vectorised.py"} | written_by <= names


def test_one_function_is_compiled_in_the_place_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np = pytest.importorskip("numpy")
    pytest.importorskip("numba")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    # the sigmoid calls the tanh
    assert abs(jit(sigmoid, (tanh, exp))(np.float32(0)) - 1.0) < 1e-6
    assert abs(jit(sigmoid)(np.float32(0)) - 0.5) < 1e-7
    folders = {code_folder(sigmoid), code_folder(sigmoid, (tanh, exp))}
    assert len(folders) == 2 and all(folder.is_dir() for folder in folders)
    # numba knows kept code by its name, wherever it lies: the two are never taken for each other
    assert len({path.name.partition("-")[0] for path in tmp_path.rglob("*.nbi")}) == 2


def test_code_is_kept_found_again_and_ready_when_it_was_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np = pytest.importorskip("numpy")
    pytest.importorskip("numba")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not is_ready(sigmoid)
    assert abs(jit(sigmoid)(np.float32(0)) - 0.5) < 1e-7
    assert [*tmp_path.rglob("*.nbi")] and [*tmp_path.rglob("*.nbc")] and not is_ready(sigmoid)
    mark_ready(sigmoid, "fp32")
    assert is_ready(sigmoid, "fp32") and not is_ready(sigmoid, "int8")
    jit.cache_clear()
    again = jit(sigmoid)
    again(np.float32(0))
    assert sum(again.stats.cache_hits.values()) == 1 and not again.stats.cache_misses


def test_who_waits_for_the_compiler_is_told_before_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np = pytest.importorskip("numpy")
    pytest.importorskip("numba")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    told: list[str] = []
    with before_compiling(told.append):
        assert jit(sigmoid) and jit(tanh)
    (line,) = told
    assert "once" in line and str(tmp_path) in line
    jit(tanh)(np.float32(0))
    jit.cache_clear()
    with before_compiling(told.append):
        assert jit(tanh) and len(told) == 1


def test_code_of_another_place_or_date_is_not_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    first = code_folder(tanh)
    real = Path.stat

    def later(self: Path, **given: Any) -> Any:
        found = real(self, **given)
        return SimpleNamespace(st_mtime_ns=found.st_mtime_ns + 1, st_size=found.st_size)

    jit_module._digest.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", later)
        assert code_folder(tanh) != first
    jit_module._digest.cache_clear()


def test_a_folder_that_cannot_be_written_only_means_compiling_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np = pytest.importorskip("numpy")
    pytest.importorskip("numba")
    blocked = tmp_path / "a file"
    blocked.write_text("no folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    assert jit(tanh)(np.float32(0)) == 0
    mark_ready(tanh)
    assert not is_ready(tanh) and blocked.read_text() == "no folder"


def test_where_nothing_can_be_written_nothing_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    code_folder(tanh).mkdir()
    mark_ready(tanh)
    assert is_ready(tanh) is has_numba()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert not is_ready(tanh)


def test_without_numba_nothing_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    code_folder(tanh).mkdir()
    mark_ready(tanh)
    monkeypatch.setitem(sys.modules, "numba", None)
    has_numba.cache_clear()
    assert not has_numba() and not is_ready(tanh)


def test_numba_that_fails_to_import_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numba.py").write_text('raise ImportError("Numba needs another NumPy")')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert has_numba() and not loads_numba()

"""What importing costs: running a model needs no torch, and the public names wait until they are asked for."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib import import_module

import pytest

import textrnn

SLOW = ["llvmlite", "matplotlib", "nltk", "numba", "pandas", "sacrebleu", "scipy", "sklearn", "tokenizers", "torch"]

WALK = """
import importlib, pkgutil, sys
blocked, names = sys.argv[1].split(",") if sys.argv[1] else [], sys.argv[2:]
sys.modules.update(dict.fromkeys(blocked))
for name in names:
    module = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), name + "."):
        if not found.name.startswith("textrnn.training") and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
            print("imported", found.name)
print("loaded", *(name for name in sys.modules if "." not in name and sys.modules[name] is not None))
"""


def python(*arguments: str) -> str:
    ran = subprocess.run([sys.executable, "-c", *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def loaded_by(*names: str) -> set[str]:
    return set(python(WALK, "", *names).strip().split("\n")[-1].split())


@pytest.mark.parametrize("name", ["textrnn", "textrnn.cli"])
def test_starting_loads_nothing_slow(name: str) -> None:
    code = f"import sys, {name}; print(*sys.modules)"
    assert not {*SLOW} & {*python(code).split()}


def test_every_module_but_training_imports_nothing_slow() -> None:
    loaded = loaded_by("textrnn")
    assert {"textrnn", "numpy"} <= loaded
    assert not {*SLOW} & loaded


def test_a_slow_import_is_seen() -> None:
    assert "sacrebleu" in loaded_by("textrnn", "sacrebleu")


def test_every_module_but_training_imports_without_torch() -> None:
    assert "imported textrnn.inference" in python(WALK, "torch", "textrnn")


@pytest.mark.parametrize("name", textrnn.__all__)
def test_a_public_name_is_found_at_its_home(name: str) -> None:
    if name == "__version__":
        return
    home = import_module(textrnn._HOMES[name])
    assert getattr(textrnn, name) is getattr(home, name)
    assert getattr(home, name).__module__ == home.__name__, "the home is where it is written"


def test_the_public_names_agree_with_the_table_and_with_what_type_checkers_see() -> None:
    branches = [node for node in ast.parse(inspect.getsource(textrnn)).body if isinstance(node, ast.If)]
    seen = {
        alias.name: node.module
        for branch in branches
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == textrnn._HOMES
    assert {*textrnn.__all__} == {*seen, "__version__"}
    assert {*textrnn.__all__} <= {*dir(textrnn)}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'textrnn' has no attribute 'train_ml'"):
        _ = textrnn.train_ml

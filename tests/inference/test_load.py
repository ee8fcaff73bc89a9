"""Every kind of run that a manifest may name has a loader, and one that makes its kind."""

from __future__ import annotations

from importlib import import_module

import pytest

from textrnn.inference.load import _LOADERS
from textrnn.runs.manifest import TASKS


def test_every_kind_of_run_has_a_loader() -> None:
    assert _LOADERS.keys() == TASKS.keys()


@pytest.mark.parametrize("task", TASKS)
def test_a_loader_is_of_its_kind(task: str) -> None:
    folder, name = _LOADERS[task]
    assert callable(getattr(import_module(f"textrnn.inference.{folder}.loading"), name))
    assert task == import_module(f"textrnn.inference.{folder}.model").TASK

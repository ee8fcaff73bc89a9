"""Runs to test with: small, and different at every step, so that a mixture of two commits shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textrnn.runs.writer import RunWriter

Content = dict[str, Any]


def content_at(step: int, *, task: str = "language-model", finished: bool = False, resume: bool = True) -> Content:
    weights = np.full((3, 4), step, np.float32)
    json: dict[str, Any] = {"config": {"step": step, "cell": "lstm"}, "tokenizer": {"symbols": ["<unk>", "é", "字"]}}
    arrays = {"model": {"w": weights, "b": np.full(4, step, np.float16)}}
    if resume:
        json["resume-state"] = {"step": step}
        arrays["resume"] = {"w": weights, "moment": np.full((3, 4), step, np.float64)}
    return {"task": task, "step": step, "json": json, "arrays": arrays, "finished": finished}


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is synced, and when, is checked by test_crashes.py on a disk of its own; waiting for the real one is in vain.
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def content() -> Callable[..., Content]:
    return content_at


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str = "run", step: int = 7, at: str | None = None, **facts: Any) -> Path:
        folder = tmp_path / name
        with RunWriter(folder) as writer:
            writer.record({"step": step, "valid_nats": 1.5})
            writer.commit(**content_at(step, **facts), committed_at=at)
        return folder

    return make

"""A run copied to another folder with the roles that are wanted there: a model is shipped without what resumes it.

Knows roles, not what they hold.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

import numpy.typing as npt

from textrnn.runs.card import read_card
from textrnn.runs.folder import Run
from textrnn.runs.layout import RUNNING_ROLES, is_json
from textrnn.runs.tensors import Array
from textrnn.runs.writer import RunWriter


def copy_run(
    run: Run,
    folder: str | os.PathLike[str],
    *,
    roles: Collection[str] = RUNNING_ROLES,
    weights: npt.DTypeLike | None = None,
    overwrite: bool = False,
) -> None:
    """Commit the `roles` that `run` has to `folder`, with its step and time, its metrics and its card.

    weights: the type in which the model's weights are stored, such as float16; by default as they are.
    """
    wanted = [role for role in roles if run.has(role)]
    json: dict[str, Any] = {role: run.json(role) for role in wanted if is_json(role)}
    arrays: dict[str, dict[str, Array]] = {role: run.arrays(role) for role in wanted if not is_json(role)}
    if weights is not None:
        arrays["model"] = {name: array.astype(weights) for name, array in arrays["model"].items()}
    with RunWriter(folder, overwrite=overwrite) as writer:
        for record in run.metrics():
            writer.record(record)
        writer.commit(
            task=run.task,
            step=run.step,
            json=json,
            arrays=arrays,
            finished=run.finished,
            committed_at=run.committed_at,
        )
        if card := read_card(run.folder):
            writer.write_card(card)

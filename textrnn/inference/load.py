"""From a run to a predictor."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.inference.language_model import TASK, LanguageModel
from textrnn.networks.initial import parameter_shapes
from textrnn.networks.language_model import build
from textrnn.networks.parameters import with_arrays
from textrnn.runs.find import find_run
from textrnn.runs.folder import Run, open_run
from textrnn.text.tokenizer import tokenizer_from_json


def load(model: str | os.PathLike[str], *, runs_dir: Path = Path("checkpoints")) -> LanguageModel:
    """Return the model of a run: a folder, or a name under `runs_dir` or among the models that ship with the package.

    Raises UserError where there is none, or it is damaged or of another kind.
    """
    folder, _ = find_run(os.fspath(model), runs_dir=runs_dir, task=TASK)
    return model_from_run(open_run(folder, task=TASK))


def model_from_run(run: Run) -> LanguageModel:
    """Return the language model in `run`; the shapes are checked against its settings before anything is allocated."""
    config = run.json("config")
    settings = TrainLanguageModelSettings.check(config["settings"])
    tokenizer = tokenizer_from_json(run.json("tokenizer"))
    run.check_shapes("model", parameter_shapes(settings, len(tokenizer.symbols)))
    template = build(settings, len(tokenizer.symbols), lambda _, shape: np.broadcast_to(np.float32(0), shape))
    return LanguageModel(
        name=run.name,
        tokenizer=tokenizer,
        settings=settings,
        parameters=with_arrays(template, run.arrays("model")),
        config=config,
        model_sha256=run.model_sha256,
        baseline_arrays=run.arrays("baseline") if run.has("baseline") else None,
    )

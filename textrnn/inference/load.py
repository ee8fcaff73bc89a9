"""From a run to a predictor."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from textrnn.baselines.ngram import NgramModel
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.settings import Settings
from textrnn.errors import UserError
from textrnn.inference.language_model import TASK, LanguageModel
from textrnn.networks.initial import parameter_shapes
from textrnn.networks.language_model import build
from textrnn.networks.parameters import with_arrays
from textrnn.runs.card import read_card
from textrnn.runs.find import find_run
from textrnn.runs.folder import Run, open_run
from textrnn.text.tokenizer import Tokenizer, tokenizer_from_json

RUNS_DIR = Path("checkpoints")
Checked = TypeVar("Checked", bound=Settings)

_NOTHING = type(None)
# the fields of the role config that are read, by the object that they stand in, and what they may be
_CONFIG: dict[str, dict[str, tuple[type, ...]]] = {
    "": {
        "settings": (dict,),
        "data": (dict,),
        "plan": (dict, _NOTHING),
        "validation": (dict, _NOTHING),
        "command": (str, _NOTHING),
    },
    "data": {"name": (str,), "sha256": (str,), "valid_sha256": (str, _NOTHING)},
    "plan": {"units_per_second": (int, float, _NOTHING)},
    "validation": {"nats_per_unit": (int, float, _NOTHING), "protocol": (str, _NOTHING)},
}


def load(model: str | os.PathLike[str], *, runs_dir: Path = RUNS_DIR) -> LanguageModel:
    """Return the model of a run: a folder, or a name under `runs_dir` or among the models that ship with the package.

    Raises UserError where there is none, or it is damaged or of another kind.
    """
    name = os.fspath(model)
    if not isinstance(name, str):
        raise TypeError(f"a run is named by text or a path, not {type(model).__name__}")
    folder, _ = find_run(name, runs_dir=runs_dir, task=TASK)
    return model_from_run(open_run(folder, task=TASK))


def model_from_run(run: Run) -> LanguageModel:
    """Return the language model in `run`; the shapes are checked against its settings before anything is allocated."""
    config, settings = config_of(run, TrainLanguageModelSettings)
    tokenizer = tokenizer_of(run)
    run.check_shapes("model", parameter_shapes(settings, len(tokenizer.symbols)))
    template = build(settings, len(tokenizer.symbols), lambda _, shape: np.broadcast_to(np.float32(0), shape))
    return LanguageModel(
        name=run.name,
        tokenizer=tokenizer,
        settings=settings,
        parameters=with_arrays(template, run.arrays("model")),
        config=config,
        model_sha256=run.model_sha256,
        baseline_arrays=_baseline_of(run, len(tokenizer.symbols)),
        card=read_card(run.folder),
    )


def config_of(run: Run, kind: type[Checked]) -> tuple[dict[str, Any], Checked]:
    """Return what `run` says of its making, and its settings; what no training writes is refused by its file's name."""
    config = run.json("config")
    for part, fields in _CONFIG.items():
        here = config if not part else config.get(part)
        wrong = [name for name, types in fields.items() if not isinstance(here, dict) or not _is(here.get(name), types)]
        if wrong and here is not None:
            raise run.bad("config", f"has no {', '.join(wrong)} that it could be" + (f" in {part}" if part else ""))
    try:
        return config, kind.check(config["settings"])
    except UserError as error:
        raise run.bad("config", f"holds settings that cannot be ({error})") from None


def tokenizer_of(run: Run) -> Tokenizer:
    """Return the tokenizer of `run`."""
    try:
        return tokenizer_from_json(run.json("tokenizer"))
    except UserError as error:
        if run.has("tokenizer"):
            raise run.bad("tokenizer", f"cannot be ({error.what})") from None
        raise


def _baseline_of(run: Run, vocabulary_size: int) -> dict[str, npt.NDArray[Any]] | None:
    if not run.has("baseline"):
        return None
    arrays = run.arrays("baseline")
    try:
        NgramModel.check(arrays, vocabulary_size)
    except ValueError as error:
        raise run.bad("baseline", str(error)) from None
    return arrays


def _is(value: object, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)

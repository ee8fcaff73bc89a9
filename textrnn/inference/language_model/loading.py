"""From a run to a language model."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from textrnn.baselines.ngram import NgramModel
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.conditions import Conditions
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.reading import conditions_of, config_of, tokenizer_of
from textrnn.networks.initial import empty
from textrnn.networks.language_model import build, parameter_shapes
from textrnn.networks.parameters import with_arrays
from textrnn.runs.card import read_card
from textrnn.runs.folder import Run


def model_from_run(run: Run) -> LanguageModel:
    """Return the language model in `run`; the shapes are checked against its settings before anything is allocated."""
    config, settings = config_of(run, TrainLanguageModelSettings)
    tokenizer, conditions = tokenizer_of(run), Conditions(conditions_of(run))
    vocabulary_size = len(tokenizer.symbols)
    run.check_shapes("model", parameter_shapes(settings, vocabulary_size, num_conditions=len(conditions)))
    template = build(settings, vocabulary_size, empty, num_conditions=len(conditions))
    return LanguageModel(
        name=run.name,
        tokenizer=tokenizer,
        settings=settings,
        parameters=with_arrays(template, run.arrays("model")),
        config=config,
        model_sha256=run.model_sha256,
        baseline_arrays=_baseline_of(run, vocabulary_size),
        card=read_card(run.folder),
        conditions=conditions,
    )


def _baseline_of(run: Run, vocabulary_size: int) -> dict[str, npt.NDArray[Any]] | None:
    if not run.has("baseline"):
        return None
    arrays = run.arrays("baseline")
    try:
        NgramModel.check(arrays, vocabulary_size)
    except ValueError as error:
        raise run.bad("baseline", str(error)) from None
    return arrays

"""From a run to a tagger."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from textrnn.baselines.frequent_tag import FrequentTag
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.errors import UserError
from textrnn.inference.reading import config_of, labels_of, tokenizer_of
from textrnn.inference.tagger.model import Tagger
from textrnn.networks.initial import empty
from textrnn.networks.parameters import with_arrays
from textrnn.networks.tagger import build, tagger_shapes
from textrnn.runs.card import read_card
from textrnn.runs.folder import Run
from textrnn.text.tokenizers.word import WordTokenizer


def tagger_from_run(run: Run) -> Tagger:
    """Return the tagger in `run`; what it holds is checked before anything is allocated."""
    config, settings = config_of(run, TrainTaggerSettings)
    tokenizer, tags = tokenizer_of(run), labels_of(run)
    if not isinstance(tokenizer, WordTokenizer):
        raise run.bad("tokenizer", "is not one of words")
    size = len(tokenizer.symbols)
    run.check_shapes("model", tagger_shapes(settings, size, len(tags)))
    return Tagger(
        name=run.name,
        tokenizer=tokenizer,
        tags=tags,
        settings=settings,
        parameters=with_arrays(build(settings, size, len(tags), empty), run.arrays("model")),
        config=config,
        model_sha256=run.model_sha256,
        baseline_arrays=_baseline_of(run, len(tags)),
        card=read_card(run.folder),
    )


def _baseline_of(run: Run, num_tags: int) -> dict[str, npt.NDArray[Any]] | None:
    if not run.has("baseline"):
        return None
    arrays = run.arrays("baseline")
    try:
        FrequentTag.from_arrays(arrays, num_tags)
    except UserError as error:
        raise run.bad("baseline", f"has no {error.which} that it could be") from None
    return arrays

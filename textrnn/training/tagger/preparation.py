"""Everything about a tagger's training that is decided before its first step.

In: sentences, settings, a run to go on with. Out: `Prepared`: all sizes, task and state. Nothing is written here; what
the user can mend is refused here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.tag_data import TagData, prepare_tagged
from textrnn.data.tagged import TaggedSentences
from textrnn.inference.tagger.loading import tagger_from_run
from textrnn.networks.build import cell_of
from textrnn.networks.tagger import initial_tagger, tagger_shapes
from textrnn.runs.folder import Run
from textrnn.training.beginning import begin, check_same_data, restore
from textrnn.training.memory import check_memory_for
from textrnn.training.prepared import Prepared
from textrnn.training.state import TrainingState
from textrnn.training.tagger.task import TaggerTask
from textrnn.training.warm_start import Donor, tagger_settings_from, warm_tagger

# of a budget: what is kept back for the baseline, saving and leaving
LEAVING_S = 2.0
# words that a tagger reads in all, where only time says when to stop: fewer have not been learned, more are known by
# heart; and the epochs that this may come to
WORDS_READ, FEWEST_EPOCHS, MOST_EPOCHS = 1_500_000, 4, 40
# steps that an epoch is to have at least, and the fewest sentences in one of them
STEPS_IN_EPOCH, FEWEST_SENTENCES = 30, 4
_INITIAL = 0x494E


@dataclass(frozen=True, kw_only=True)
class PreparedTagger(Prepared[TrainTaggerSettings]):
    """With its data."""

    data: TagData


def prepare_tagger(
    sentences: TaggedSentences,
    settings: TrainTaggerSettings,
    resumed: Run | None,
    *,
    valid: TaggedSentences | None,
    donor: Donor | None = None,
) -> PreparedTagger:
    """Check everything and decide all sizes. donor: a model whose weights to start from."""
    donated = None if donor is None else partial(tagger_settings_from, donor)
    beginning = begin(settings, resumed, donated, has_small_operators=True)
    settings, seed, device = beginning.settings, beginning.seed, beginning.device
    if resumed is not None:
        check_same_data(resumed, sha256=sentences.sha256, valid_sha256=None if valid is None else valid.sha256)
    before = None if resumed is None else tagger_from_run(resumed)
    tokenizer = None if before is None else before.tokenizer
    data = prepare_tagged(sentences, settings, seed=seed, valid=valid, tokenizer=tokenizer)
    plan: Mapping[str, Any] = {}
    if resumed is not None and before is not None:
        if before.tags != data.tags:
            raise resumed.bad("tokenizer", "has other tags than its data")
        plan = resumed.json("config")["plan"]
    elif settings.budget is not None:
        settings, plan = _planned(settings, data)
    shapes = tagger_shapes(settings, len(data.tokenizer.symbols), len(data.tags))
    num_parameters = sum(math.prod(shape) for shape in shapes.values())
    directions = 2 if settings.bidirectional else 1
    check_memory_for(settings, num_parameters, outputs=len(data.tags), directions=directions)

    fresh = initial_tagger(
        settings, len(data.tokenizer.symbols), len(data.tags), np.random.default_rng([seed, _INITIAL])
    )
    if donor is not None and resumed is None:
        fresh = warm_tagger(fresh, data.tokenizer, data.tags, donor)
    state = TrainingState.fresh(fresh, settings, device, gates=len(cell_of(settings).gates))
    if resumed is not None:
        restore(resumed, state, beginning.before or {}, ())
    return PreparedTagger(
        settings=settings,
        seed=seed,
        device=device,
        facts=data.facts,
        plan=plan,
        units_per_second=0.0,
        num_parameters=num_parameters,
        task=TaggerTask(data, settings, seed, device),
        state=state,
        notes=(*beginning.notes, *data.notes),
        threads=beginning.threads_to_try,
        leaving_s=LEAVING_S,
        data=data,
    )


def _planned(settings: TrainTaggerSettings, data: TagData) -> tuple[TrainTaggerSettings, dict[str, Any]]:
    """Return settings that end when enough was read, however much time there is, in steps that are not too few."""
    chosen: dict[str, Any] = {}
    given = settings.model_fields_set
    if not {"epochs", "steps"} & given:
        epochs = round(WORDS_READ / data.train.num_words)
        chosen["epochs"] = float(min(MOST_EPOCHS, max(FEWEST_EPOCHS, epochs)))
    if "batch_size" not in given:
        chosen["batch_size"] = min(settings.batch_size, max(FEWEST_SENTENCES, len(data.train) // STEPS_IN_EPOCH))
    return settings.replace(**chosen), chosen

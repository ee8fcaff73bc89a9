"""Everything about an encoder-decoder's training that is decided before its first step.

In: pairs, settings, a run to go on with. Out: `Prepared`: all sizes, task and state. Nothing is written here; what the
user can mend is refused here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.data.pair_data import PairData, prepare_pairs
from textrnn.data.pairs import Pairs
from textrnn.inference.seq2seq.loading import translator_from_run
from textrnn.inference.seq2seq.model import Translator
from textrnn.networks.build import cell_of
from textrnn.networks.seq2seq import initial_seq2seq, seq2seq_shapes
from textrnn.runs.folder import Run
from textrnn.training.beginning import begin, check_same_data, restore
from textrnn.training.memory import check_memory_for
from textrnn.training.prepared import Prepared
from textrnn.training.seq2seq.task import Seq2SeqTask
from textrnn.training.state import TrainingState
from textrnn.training.warm_start import seq2seq_settings_from, warm_seq2seq

# of a budget: what is kept back for translating what is held out, saving and leaving
LEAVING_S, LEAVING_SHARE = 1.5, 0.04
# steps that an epoch is to have at least, and the fewest pairs in one of them
STEPS_IN_EPOCH, FEWEST_PAIRS = 30, 4
_INITIAL = 0x494E


@dataclass(frozen=True, kw_only=True)
class PreparedPairs(Prepared[TrainSeq2SeqSettings]):
    """With its data."""

    data: PairData


def prepare_seq2seq(
    pairs: Pairs,
    settings: TrainSeq2SeqSettings,
    resumed: Run | None,
    *,
    valid: Pairs | None,
    donor: Translator | None = None,
) -> PreparedPairs:
    """Check everything and decide all sizes. donor: a model whose weights to start from."""
    beginning = begin(settings, resumed, None if donor is None else partial(seq2seq_settings_from, donor))
    settings, seed, device = beginning.settings, beginning.seed, beginning.device
    if resumed is not None:
        check_same_data(resumed, sha256=pairs.sha256, valid_sha256=None if valid is None else valid.sha256)
    before = None if resumed is None else translator_from_run(resumed)
    data = prepare_pairs(pairs, settings, seed=seed, valid=valid, sides=None if before is None else before.sides)
    if settings.tokenizer == "auto":
        settings = settings.replace(tokenizer=data.sides.source.kind)
    plan: Mapping[str, Any] = {}
    if resumed is not None:
        plan = resumed.json("config")["plan"]
    elif settings.budget is not None:
        settings, plan = _planned(settings, data)
    sizes = data.sides.sizes
    num_parameters = sum(math.prod(shape) for shape in seq2seq_shapes(settings, *sizes).values())
    check_memory_for(settings, num_parameters, outputs=sizes[1], directions=3 if settings.bidirectional else 2)

    fresh = initial_seq2seq(settings, *sizes, np.random.default_rng([seed, _INITIAL]))
    if donor is not None and resumed is None:
        fresh = warm_seq2seq(fresh, data.sides, donor)
    state = TrainingState.fresh(fresh, settings, device, gates=len(cell_of(settings).gates))
    if resumed is not None:
        restore(resumed, state, beginning.before or {}, ())
    return PreparedPairs(
        settings=settings,
        seed=seed,
        device=device,
        facts=data.facts,
        plan=plan,
        units_per_second=0.0,
        num_parameters=num_parameters,
        task=Seq2SeqTask(data, settings, seed, device),
        state=state,
        notes=(*beginning.notes, *data.notes),
        threads=beginning.threads_to_try,
        leaving_s=LEAVING_S + LEAVING_SHARE * (settings.budget or 0.0),
        data=data,
    )


def _planned(settings: TrainSeq2SeqSettings, data: PairData) -> tuple[TrainSeq2SeqSettings, dict[str, Any]]:
    """Return settings whose steps are not too few for the pairs there are."""
    chosen: dict[str, Any] = {}
    if "batch_size" not in settings.model_fields_set:
        chosen["batch_size"] = min(settings.batch_size, max(FEWEST_PAIRS, len(data.train) // STEPS_IN_EPOCH))
    return settings.replace(**chosen), chosen

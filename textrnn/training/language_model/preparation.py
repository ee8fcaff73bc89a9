"""Everything about a language model's training that is decided before its first step.

In: a corpus, settings, a run to go on with or to start from. Out: `Prepared`: all sizes, task and state.
Nothing is written here; what the user can mend is refused here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.text_data import TextData, fitted_sizes, prepare_text
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.reading import tokenizer_of
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import initial_parameters
from textrnn.networks.recurrent import start_stack
from textrnn.runs.folder import Run
from textrnn.text.corpus import Corpus
from textrnn.training.beginning import begin, check_same_data, restore
from textrnn.training.language_model.planner import measured_speed, plan
from textrnn.training.language_model.task import LanguageTask
from textrnn.training.memory import check_memory, number_of_weights
from textrnn.training.prepared import Prepared
from textrnn.training.state import TrainingState
from textrnn.training.warm_start import settings_from, warm_parameters

# of a budget: what is kept back for fitting the n-gram model, saving and leaving
LEAVING_S = 2.0
# more of a budget than this spent on starting leaves little to train in
MUCH_OF_A_BUDGET = 0.4
# the stream of the initial weights, beside those of batches and noise
_INITIAL = 0x494E


def prepare(
    corpus: Corpus,
    settings: TrainLanguageModelSettings,
    resumed: Run | None,
    *,
    valid: Corpus | None,
    donor: LanguageModel | None,
    started_at: float,
) -> Prepared[TrainLanguageModelSettings]:
    """Check everything and decide all sizes. started_at: time.monotonic() at the start of what a budget counts."""
    given = settings.model_fields_set
    beginning = begin(settings, resumed, None if donor is None else partial(settings_from, donor))
    settings, seed, device = beginning.settings, beginning.seed, beginning.device
    given = settings.model_fields_set if resumed is not None else given
    tokenizer = None
    if resumed is not None:
        check_same_data(resumed, sha256=corpus.sha256, valid_sha256=None if valid is None else valid.sha256)
        tokenizer = tokenizer_of(resumed)
    data = prepare_text(corpus, settings, seed=seed, valid=valid, tokenizer=tokenizer)
    notes = [*beginning.notes, *data.notes]

    def elapsed_s() -> float:
        return time.monotonic() - started_at

    if resumed is not None:
        chosen = resumed.json("config")["plan"] or {}
    else:
        settings, chosen, said = _decided(data, settings, given, seed, device, elapsed_s, beginning.threads)
        notes.extend(said)

    sizes = len(data.tokenizer.symbols), len(data.conditions)
    check_memory(settings, *sizes)
    state = fresh_state(data, settings, seed, device, None if resumed is not None else donor)
    task = LanguageTask(data, settings, seed, device)
    if resumed is not None:
        before = beginning.before or {}
        rows = task.rows_before(before["step"]) if before else settings.batch_size
        restore(resumed, state, before, start_stack(cell_of(settings), state.parameters.layers, (rows,)))
    return Prepared(
        settings=settings,
        seed=seed,
        device=device,
        facts=data.facts,
        plan=chosen,
        units_per_second=float(chosen.get("units_per_second", 0)),
        num_parameters=number_of_weights(settings, *sizes),
        task=task,
        state=state,
        notes=tuple(notes),
        threads=beginning.threads_to_try,
        leaving_s=LEAVING_S,
    )


def fresh_state(
    data: TextData,
    settings: TrainLanguageModelSettings,
    seed: int,
    device: torch.device,
    donor: LanguageModel | None = None,
) -> TrainingState:
    """Return the state before the first step, its weights drawn from the seed or taken from `donor`."""
    rng = np.random.default_rng([seed, _INITIAL])
    fresh = initial_parameters(settings, len(data.tokenizer.symbols), rng, num_conditions=len(data.conditions))
    if donor is not None:
        fresh = warm_parameters(fresh, data.tokenizer, donor, data.conditions)
    return TrainingState.fresh(fresh, settings, device, gates=len(cell_of(settings).gates))


def _decided(
    data: TextData,
    settings: TrainLanguageModelSettings,
    given: Collection[str],
    seed: int,
    device: torch.device,
    elapsed_s: Callable[[], float],
    threads: Sequence[int],
) -> tuple[TrainLanguageModelSettings, Mapping[str, Any], list[str]]:
    """Return settings with every size decided, what was chosen by the planner, and notes."""
    chosen: Mapping[str, Any] = {}
    notes = []
    if settings.budget is not None:
        budget = settings.budget
        settings, chosen = _planned(data, settings, seed, device, budget - elapsed_s() - LEAVING_S, threads)
        torch.set_num_threads(settings.threads or torch.get_num_threads())
        if (spent := elapsed_s()) > MUCH_OF_A_BUDGET * budget:
            notes.append(f"{spent:.0f} s of {budget:g} went by before training: a longer --budget gives much more")
    settings, note = fitted_sizes(settings.settled(), len(data.train), given=given)
    return settings, chosen, notes + ([note] if note else [])


def _planned(
    data: TextData,
    settings: TrainLanguageModelSettings,
    seed: int,
    device: torch.device,
    training_s: float,
    threads: Sequence[int],
) -> tuple[TrainLanguageModelSettings, dict[str, Any]]:
    """Return settings with the planner's sizes, and what it chose and expects."""
    vocabulary_size = len(data.tokenizer.symbols)

    def speed_of(trial: TrainLanguageModelSettings) -> float:
        check_memory(trial, vocabulary_size, len(data.conditions))
        torch.set_num_threads(trial.threads or torch.get_num_threads())
        task, state = LanguageTask(data, trial, seed, device), fresh_state(data, trial, seed, device)

        def step() -> int:
            # in the middle of the way: scheduled sampling, which is slower, has begun there
            loss, units, _ = task.loss(state.parameters, 0, 0.5, None)
            loss.backward()  # type: ignore[no-untyped-call]
            state.optimizers.step(0.0)
            return units

        return measured_speed(step)

    planned = plan(
        settings,
        training_s=training_s,
        train_units=len(data.train),
        vocabulary_size=vocabulary_size,
        speed_of=speed_of,
        threads=threads,
    )
    expected = {"units_per_second": round(planned.units_per_second), "epochs": max(0.0, round(planned.epochs, 2))}
    return planned.settings, {**planned.chosen, **expected}

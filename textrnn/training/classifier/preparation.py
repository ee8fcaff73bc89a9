"""Everything about a classifier's training that is decided before its first step.

In: rows, settings, a run to go on with, further texts. Out: `Prepared`: all sizes, task and state; and the linear model
of n-grams, which is fitted here at once. Nothing is written here; what the user can mend is refused here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.label_data import LabelData, prepare_labelled
from textrnn.data.labelled import LabelledRows
from textrnn.errors import UserError
from textrnn.inference.classifier.loading import classifier_from_run
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import ClassifierParameters, classifier_shapes, initial_classifier
from textrnn.networks.ngrams import NgramParameters, ngram_logits
from textrnn.networks.words import sparse_tables
from textrnn.runs.folder import Run
from textrnn.text.ngrams import NgramReader
from textrnn.text.vocabulary import SPECIAL_SYMBOLS, UNKNOWN
from textrnn.training.beginning import begin, check_same_data, restore
from textrnn.training.classifier.ngram_fit import fit_ngrams
from textrnn.training.classifier.task import ClassifierTask, class_weights
from textrnn.training.classifier.vectors import word_vectors
from textrnn.training.memory import check_memory_for
from textrnn.training.prepared import Prepared
from textrnn.training.state import TrainingState
from textrnn.training.warm_start import Donor, classifier_settings_from, warm_classifier

# of a budget: what is kept back for baselines, saving and leaving
LEAVING_S = 3.0
# texts that a classifier reads in all, where only time says when to stop: fewer have not been learned, more are known
# by heart; and the epochs that this may come to
TEXTS_READ, FEWEST_EPOCHS, MOST_EPOCHS = 40_000, 4, 40
# n-grams: runs of words; runs of characters too, unless there are so many texts that words alone tell all
WORD_RUNS, CHARACTER_RUNS, MOST_FOR_CHARACTERS = (1, 3), (2, 6), 1_000_000
# units from which on the texts themselves, without labels, teach what words mean
ENOUGH_FOR_VECTORS = 1_000_000
# how much each part weighs until held-out texts have told more, with n-grams and without
UNMIXED = {True: {"network": 0.5, "ngrams": 0.5}, False: {"network": 1.0, "ngrams": 0.0}}
# standard deviation within each of the vectors that an embedding starts from
VECTOR_SPREAD = 0.3
_INITIAL = 0x494E


@dataclass(frozen=True, kw_only=True)
class PreparedClassifier(Prepared[TrainClassifierSettings]):
    """reads: which n-grams the linear model reads, as the config keeps it. mixing: how much each part weighs so far."""

    data: LabelData
    ngrams: NgramParameters | None
    reads: Mapping[str, Any]
    mixing: dict[str, float]


def prepare_classifier(
    rows: LabelledRows,
    settings: TrainClassifierSettings,
    resumed: Run | None,
    *,
    valid: LabelledRows | None,
    unlabelled: Sequence[str],
    donor: Donor | None = None,
) -> PreparedClassifier:
    """Check everything and decide all sizes.

    unlabelled: further texts, that teach what words mean. donor: a model whose weights to start from.
    """
    donated = None if donor is None else partial(classifier_settings_from, donor)
    beginning = begin(settings, resumed, donated, has_small_operators=True)
    settings, seed, device = beginning.settings, beginning.seed, beginning.device
    settings = settings.settled()
    if donor is not None and settings.pretrain not in (None, "none"):
        what = f"--pretrain {settings.pretrain} with --init-from"
        raise UserError(what, mend="weights start from one of the two, leave the other out")
    if resumed is not None:
        check_same_data(resumed, sha256=rows.sha256, valid_sha256=None if valid is None else valid.sha256)
    before = None if resumed is None else classifier_from_run(resumed)
    tokenizer = None if before is None else before.tokenizer
    data = prepare_labelled(rows, settings, seed=seed, valid=valid, unlabelled=unlabelled, tokenizer=tokenizer)
    plan: Mapping[str, Any] = {}
    if resumed is not None and before is not None:
        if before.classes_ != data.labels:
            raise resumed.bad("tokenizer", "has other labels than its data")
        plan = resumed.json("config")["plan"]
    elif settings.budget is not None:
        settings, plan = _planned(settings, len(data.train))
    shapes = classifier_shapes(settings, len(data.tokenizer.symbols), len(data.labels))
    num_parameters = sum(math.prod(shape) for shape in shapes.values())
    check_memory_for(settings, num_parameters, outputs=0, directions=2 if settings.bidirectional else 1)

    reader, ngrams = _ngrams(data, settings) if before is None else (before.reader, before.ngrams)
    held_out = None if ngrams is None else _logits(reader, ngrams, data.valid.texts)
    state = _fresh_state(data, settings, seed, device, None if resumed is not None else unlabelled, donor)
    if resumed is not None:
        restore(resumed, state, beginning.before or {}, ())
    return PreparedClassifier(
        settings=settings,
        seed=seed,
        device=device,
        facts=data.facts,
        plan=plan,
        units_per_second=0.0,
        num_parameters=num_parameters + (0 if ngrams is None else ngrams.weights.size + ngrams.bias.size),
        task=ClassifierTask(data, settings, seed, device, held_out),
        state=state,
        notes=(*beginning.notes, *data.notes, *_stretches(data, settings)),
        threads=beginning.threads_to_try,
        leaving_s=LEAVING_S,
        data=data,
        ngrams=ngrams,
        reads={"words": reader.words, "characters": reader.characters},
        mixing=UNMIXED[settings.ngrams] if before is None else before.mixing,
    )


def _stretches(data: LabelData, settings: TrainClassifierSettings) -> tuple[str, ...]:
    """Return a note where texts are longer than what training reads of one at a time."""
    longest, number = settings.seq_length, len(data.train)
    count = sum(len(ids) > longest for ids in data.train.units)
    if not count:
        return ()
    return (
        f"{count:,} of {number:,} texts have more than {longest} {data.tokenizer.unit}s: training reads "
        "a stretch of them, another one each time (--seq-length); answers are to whole texts",
    )


def _planned(settings: TrainClassifierSettings, num_texts: int) -> tuple[TrainClassifierSettings, dict[str, Any]]:
    """Return settings that end when enough was read, however much time there is."""
    if "epochs" in settings.model_fields_set or "steps" in settings.model_fields_set:
        return settings, {}
    epochs = float(min(MOST_EPOCHS, max(FEWEST_EPOCHS, round(TEXTS_READ / num_texts))))
    return settings.replace(epochs=epochs), {"epochs": epochs}


def _ngrams(data: LabelData, settings: TrainClassifierSettings) -> tuple[NgramReader, NgramParameters | None]:
    """Return the reader of n-grams, and the linear model if there is to be one."""
    is_small = sum(map(len, data.train.units)) <= MOST_FOR_CHARACTERS
    reader = NgramReader(words=WORD_RUNS, characters=CHARACTER_RUNS if is_small else None)
    if not settings.ngrams:
        return reader, None
    weights = class_weights(data, settings)
    return reader, fit_ngrams(reader, data.train.texts, data.train.labels, len(data.labels), weights=weights)


def _logits(reader: NgramReader, ngrams: NgramParameters, texts: Sequence[str]) -> np.ndarray:
    parts = [
        ngram_logits(ngrams, *reader.read(texts[start : start + 1024]), len(texts[start : start + 1024]))
        for start in range(0, len(texts), 1024)
    ]
    return np.concatenate(parts)


def _fresh_state(
    data: LabelData,
    settings: TrainClassifierSettings,
    seed: int,
    device: torch.device,
    unlabelled: Sequence[str] | None,
    donor: Donor | None,
) -> TrainingState:
    """Return the state before the first step. unlabelled: None where the weights of a run take the place of these."""
    rng = np.random.default_rng([seed, _INITIAL])
    fresh = initial_classifier(settings, len(data.tokenizer.symbols), len(data.labels), rng)
    if unlabelled is not None and donor is not None:
        fresh = warm_classifier(fresh, data.tokenizer, data.labels, donor)
    elif unlabelled is not None:
        fresh = _taught(fresh, data, settings, unlabelled)
    gates, tables = len(cell_of(settings).gates), sparse_tables(fresh)
    return TrainingState.fresh(fresh, settings, device, gates=gates, tables=tables)


def _taught(
    fresh: ClassifierParameters, data: LabelData, settings: TrainClassifierSettings, unlabelled: Sequence[str]
) -> ClassifierParameters:
    """Return parameters whose embeddings start from what the texts themselves, without labels, say of their words."""
    num_units = sum(map(len, data.train.units))
    # words that have subwords alone have no vector
    own = (np.where(ids < len(data.tokenizer.symbols), ids, UNKNOWN) for ids in data.train.units)
    texts = [*own, *map(data.tokenizer.encode, unlabelled)]
    is_worth_it = bool(unlabelled) or num_units >= ENOUGH_FOR_VECTORS
    if settings.pretrain not in (None, "vectors") or (settings.pretrain is None and not is_worth_it):
        return fresh
    vocabulary_size = len(data.tokenizer.symbols)
    vectors = word_vectors(
        texts, vocabulary_size, settings.embed_size, first=len(SPECIAL_SYMBOLS), seed=settings.seed or 0
    )
    # a word without neighbours keeps what it was drawn with
    has_one = vectors.any(axis=1)
    found = vectors[has_one] - vectors[has_one].mean(axis=0)
    spread = np.sqrt(np.mean(found * found, axis=1, keepdims=True))
    embedding = fresh.embedding.copy()
    embedding[has_one] = VECTOR_SPREAD * found / np.maximum(spread, 1e-6)
    return fresh._replace(embedding=embedding)

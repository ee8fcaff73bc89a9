"""What a language model is trained on: a tokenizer, ids to train on, ids held out, facts about their source.

In: a corpus and settings. Out: `TextData`. Sizes are checked here against what there is, before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.ids import Ids, collect_ids
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer

MINIMUM_UNITS = 1000


@dataclass(frozen=True, kw_only=True)
class TextData:
    """Ids of the training part and the held-out part, under one tokenizer fitted on the former."""

    tokenizer: Tokenizer
    train: Ids
    valid: Ids
    facts: dict[str, Any]
    notes: tuple[str, ...]


def prepare_text(
    corpus: Corpus,
    settings: TrainLanguageModelSettings,
    *,
    valid: Corpus | None = None,
    tokenizer: Tokenizer | None = None,
) -> TextData:
    """Split `corpus`, fit the tokenizer on the training part, and encode both parts.

    valid: held-out text of its own, in place of the last `val_frac`. tokenizer: one fitted before (a resumed run's).
    Raises UserError where a part is too small to be used.
    """
    if corpus.characters < MINIMUM_UNITS:
        raise UserError(
            f"only {corpus.characters:,} characters",
            which=_named(corpus.names),
            mend=f"give a text of at least {MINIMUM_UNITS:,}",
        )
    cut = corpus.characters if valid is not None else int(corpus.characters * (1 - settings.val_frac))
    train_part = corpus.part(0, cut)
    held_out = corpus.part(cut, corpus.characters) if valid is None else valid.part(0, valid.characters)
    if tokenizer is None:
        tokenizer = fit_tokenizer(
            settings.tokenizer,
            train_part,
            vocabulary_size=settings.vocabulary_size,
            min_count=settings.min_count,
            lowercase=settings.lowercase,
        )
    train_ids = collect_ids(tokenizer, train_part, opening=train_part.num_documents > 1)
    valid_ids = collect_ids(tokenizer, held_out)
    _check_sizes(train_ids, valid_ids, settings, corpus.names, tokenizer.unit)
    facts = {
        "name": _named(corpus.names),
        "sha256": corpus.sha256,
        "characters": corpus.characters,
        "documents": len(corpus.documents),
        "alphabet": corpus.alphabet_size,
        "train_units": len(train_ids),
        "valid_units": len(valid_ids),
        "valid_sha256": None if valid is None else valid.sha256,
    }
    notes = (*corpus.notes, *(valid.notes if valid is not None else ()), *tokenizer.notes, *_doubts(corpus, valid))
    return TextData(tokenizer=tokenizer, train=train_ids, valid=valid_ids, facts=facts, notes=notes)


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _doubts(corpus: Corpus, valid: Corpus | None) -> list[str]:
    doubts = []
    if corpus.alphabet_size == 1:
        doubts.append("the text has 1 distinct character: perplexity will be 1.0")
    if valid is not None and valid.sha256 == corpus.sha256:
        doubts.append("the text to train on and the held-out text are the same: the validation figures say nothing")
    return doubts


def _check_sizes(train: Ids, valid: Ids, settings: TrainLanguageModelSettings, names: Sequence[str], unit: str) -> None:
    which = _named(names)
    if len(valid) < 2:
        smallest = 2.5 / max(len(train) + len(valid), 3)
        raise UserError(
            f"the held-out part has {len(valid)} {unit}s, and needs 2", which=which,
            mend=f"raise --val-frac to at least {smallest:.2g}",
        )  # fmt: skip
    given, units = settings.model_fields_set, len(train) - 1
    batch, steps = settings.batch_size, settings.seq_length
    if "seq_length" in given and steps > units:
        raise UserError(
            f"{len(train):,} {unit}s to train on, and --seq-length {steps} needs {steps + 1:,}", which=which,
            mend=f"give more text, or --seq-length {units} at most",
        )  # fmt: skip
    if "batch_size" in given and batch * min(steps, units) > units:
        raise UserError(
            f"{len(train):,} {unit}s to train on, and {batch} rows of {steps} steps need {batch * steps + 1:,}",
            which=which, mend=f"give more text, or --batch-size {units // min(steps, units)} at most",
        )  # fmt: skip


def fitted_sizes(
    settings: TrainLanguageModelSettings, train_units: int
) -> tuple[TrainLanguageModelSettings, str | None]:
    """Return settings whose batch the data can fill, and a note where a size that was not given had to shrink."""
    batch, steps, units = settings.batch_size, settings.seq_length, train_units - 1
    if batch * steps <= units:
        return settings, None
    steps = min(steps, units)
    batch = max(1, min(batch, units // steps))
    note = f"the text is short: {batch} rows of {steps} steps instead of {settings.batch_size} of {settings.seq_length}"
    return settings.replace(batch_size=batch, seq_length=steps), note

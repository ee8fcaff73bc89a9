"""What a language model is trained on: a tokenizer, ids to train on, ids held out, facts about their source.

In: a corpus, whose texts may have conditions, and settings. Out: `TextData`. Sizes are checked here against what there
is, before anything is written.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.conditioned import check_conditions, split_by_condition
from textrnn.data.conditions import Conditions
from textrnn.data.formats import format_by_name
from textrnn.data.ids import Ids, collect_ids
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus, CorpusPart
from textrnn.text.display import counted, printable
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer
from textrnn.text.vocabulary import UNKNOWN

MINIMUM_UNITS = 1000
# a character is at most four bytes: a text with fewer characters than this has too few units of any kind
MINIMUM_CHARACTERS = MINIMUM_UNITS // 4


@dataclass(frozen=True, kw_only=True)
class TextData:
    """Ids of the training part and the held-out part, under one tokenizer fitted on the former.

    train_inputs, valid_inputs: what is read for each unit: the same, or the unit under its condition.
    """

    tokenizer: Tokenizer
    conditions: Conditions
    train: Ids
    valid: Ids
    train_inputs: Ids
    valid_inputs: Ids
    facts: dict[str, Any]
    notes: tuple[str, ...]


def prepare_text(
    corpus: Corpus,
    settings: TrainLanguageModelSettings,
    *,
    seed: int = 0,
    valid: Corpus | None = None,
    tokenizer: Tokenizer | None = None,
) -> TextData:
    """Split `corpus`, fit the tokenizer on the training part, and encode both parts.

    seed: of the split of texts with conditions; of others the last `val_frac` is held out. valid: held-out text of its
    own. tokenizer: one fitted before (a resumed run's). Raises UserError where a part is too small to be used.
    """
    _check_length(corpus, corpus.characters, "character", MINIMUM_CHARACTERS)
    conditions, said = Conditions.of(corpus.conditions), check_conditions(corpus)
    if valid is not None:
        conditions.check(valid, _shown(corpus))
    train_part, held_out = _parts(corpus, settings.val_frac, valid, seed)
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
    _check_length(corpus, len(train_ids) + (len(valid_ids) if valid is None else 0), tokenizer.unit, MINIMUM_UNITS)
    _check_held_out(corpus, valid, len(train_ids), valid_ids, tokenizer.unit)
    _check_sizes(len(train_ids), settings, _shown(corpus), tokenizer.unit)
    facts = {
        "name": _named(corpus),
        "sha256": corpus.sha256,
        "characters": corpus.characters,
        "documents": len(corpus.documents),
        "alphabet": corpus.alphabet_size,
        "train_units": len(train_ids),
        "valid_units": len(valid_ids),
        "valid_sha256": None if valid is None else valid.sha256,
        **(
            {"conditions": {name: train_part.conditions.count(name) for name in conditions.names}} if conditions else {}
        ),
    }
    notes = (
        *corpus.notes,
        *said,
        *(valid.notes if valid is not None else ()),
        *tokenizer.notes,
        *_doubts(corpus, valid, valid_ids, tokenizer.unit),
    )
    size = len(tokenizer.symbols)
    return TextData(
        tokenizer=tokenizer,
        conditions=conditions,
        train=train_ids,
        valid=valid_ids,
        train_inputs=conditions.read(train_ids, train_part.conditions, size),
        valid_inputs=conditions.read(valid_ids, held_out.conditions, size),
        facts=facts,
        notes=notes,
    )


def _parts(corpus: Corpus, fraction: float, valid: Corpus | None, seed: int) -> tuple[CorpusPart, CorpusPart]:
    """Return what is trained on and what is held out."""
    if corpus.conditions:
        if valid is not None:
            rng = np.random.default_rng(seed)
            orders = [rng.permutation(len(one.documents)).tolist() for one in (corpus, valid)]
            return corpus.chosen(orders[0]), valid.chosen(orders[1])
        training, held_out = split_by_condition(corpus, fraction, seed=seed)
        return corpus.chosen(training.tolist()), corpus.chosen(held_out.tolist())
    cut = corpus.characters if valid is not None else int(corpus.characters * (1 - fraction))
    if cut == 0:
        raise UserError("nothing is left to train on", which=_shown(corpus), mend="lower --val-frac")
    return corpus.part(0, cut), (
        corpus.part(cut, corpus.characters) if valid is None else valid.part(0, valid.characters)
    )


def _named(corpus: Corpus) -> str:
    return corpus.names[0] if len(corpus.names) == 1 else f"{corpus.names[0]} and {len(corpus.names) - 1} more"


def _shown(corpus: Corpus) -> str:
    return printable(_named(corpus))


def _doubts(corpus: Corpus, valid: Corpus | None, valid_ids: Ids, unit: str) -> list[str]:
    doubts = [
        f"{printable(name)} is a table, and read as plain text, header and all: --condition-column NAME reads its rows"
        for name in corpus.names
        if not corpus.conditions and format_by_name(name) is not None
    ]
    if corpus.alphabet_size == 1:
        doubts.append("the text has 1 distinct character: perplexity will be 1.0")
    if valid is not None and valid.sha256 == corpus.sha256:
        doubts.append("the text to train on and the held-out text are the same: the validation figures say nothing")
    if unknown := int(np.count_nonzero(valid_ids == UNKNOWN)):
        share = f"{100 * unknown / len(valid_ids):.2g} %"
        doubts.append(
            f"{unknown:,} of the held-out {unit}s ({share}) are not in the vocabulary: the figures are of the rest"
        )
    return doubts


def _check_length(corpus: Corpus, length: int, unit: str, smallest: int) -> None:
    if length < smallest:
        raise UserError(
            f"only {counted(length, unit)}", which=_shown(corpus), mend=f"give a text of at least {MINIMUM_UNITS:,}"
        )


def _check_held_out(corpus: Corpus, valid: Corpus | None, train_units: int, valid_ids: Ids, unit: str) -> None:
    """Refuse a split of which one part is too small, and a held-out text that has nothing in common with the other."""
    if train_units < 2:
        raise UserError(
            f"the part to train on has {counted(train_units, unit)}, and needs 2", which=_shown(corpus),
            mend="lower --val-frac",
        )  # fmt: skip
    if len(valid_ids) < 2:
        smallest = 2.5 / (train_units + len(valid_ids))
        mend = f"raise --val-frac to at least {smallest:.2g}" if valid is None else "give a longer one"
        raise UserError(
            f"the held-out part has {counted(len(valid_ids), unit)}, and needs 2",
            which=_shown(valid or corpus),
            mend=mend,
        )
    # the first unit is never predicted
    if not np.any(valid_ids[1:] != UNKNOWN):
        raise UserError(
            f"none of the held-out {unit}s is in the vocabulary", which=_shown(valid or corpus),
            mend="hold out a text of the kind that is trained on",
        )  # fmt: skip


def _check_sizes(train_units: int, settings: TrainLanguageModelSettings, which: str, unit: str) -> None:
    """Refuse sizes that were given and that the data cannot fill; sizes that were not given can still shrink."""
    given, units = settings.model_fields_set, train_units - 1
    batch, steps = settings.batch_size, settings.seq_length if "seq_length" in given else 1
    if steps > units:
        raise UserError(
            f"{counted(train_units, unit)} to train on, and --seq-length {steps} needs {steps + 1:,}", which=which,
            mend=f"give more text, or --seq-length {units} at most",
        )  # fmt: skip
    if "batch_size" in given and batch * steps > units:
        raise UserError(
            f"{counted(train_units, unit)} to train on, and {counted(batch, 'row')} of {counted(steps, 'step')} need "
            f"{batch * steps + 1:,}",
            which=which, mend=f"give more text, or --batch-size {units // steps} at most",
        )  # fmt: skip


def fitted_sizes(
    settings: TrainLanguageModelSettings, train_units: int, *, given: Collection[str]
) -> tuple[TrainLanguageModelSettings, str | None]:
    """Return settings whose batch the data can fill, and a note where a size had to shrink.

    given: names of settings that stay as they are, which `prepare_text` has found to fit.
    """
    batch, steps, units = settings.batch_size, settings.seq_length, train_units - 1
    if batch * steps <= units:
        return settings, None
    if "seq_length" not in given:
        steps = min(steps, units // batch if "batch_size" in given else units)
    if "batch_size" not in given:
        batch = max(1, min(batch, units // steps))
    sizes = f"{counted(batch, 'row')} of {counted(steps, 'step')}"
    note = f"the text is short: {sizes} instead of {settings.batch_size} of {settings.seq_length}"
    return settings.replace(batch_size=batch, seq_length=steps), note

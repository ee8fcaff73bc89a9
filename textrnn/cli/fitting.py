"""Which kind of run a file can measure: text a language model, labels a classifier, and so on.

In: names of files, and the flags that were typed. Out: a kind of run, or a refusal that names both kinds and the right
command. Looks at names and first lines, and reads no further.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from textrnn.config.classifier import LabelledSettings
from textrnn.config.forecaster import SeriesSettings
from textrnn.config.language_model import ConditionedSettings, EvaluateSettings
from textrnn.config.pairs import PairSettings
from textrnn.config.seq2seq import TranslateSettings
from textrnn.config.settings import flag
from textrnn.config.tagger import TaggedSettings
from textrnn.errors import UserError
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.runs.folder import Run

LANGUAGE_MODEL, CLASSIFIER, TAGGER = "language-model", "classifier", "tagger"
SEQ2SEQ, FORECASTER = "seq2seq", "forecaster"
# a language model whose texts are the rows of a table
CONDITIONED = "language-model under conditions"
# flags that do not mean something for every kind
_OWN = {
    LANGUAGE_MODEL: (*EvaluateSettings.model_fields, "allow_binary", "against"),
    CONDITIONED: (*EvaluateSettings.model_fields, *ConditionedSettings.model_fields, "against"),
    CLASSIFIER: (*LabelledSettings.model_fields, "against"),
    TAGGER: tuple(TaggedSettings.model_fields),
    FORECASTER: tuple(SeriesSettings.model_fields),
    SEQ2SEQ: (*PairSettings.model_fields, *TranslateSettings.model_fields),
}
_COLUMNS = {
    CONDITIONED: ("condition_column",),
    CLASSIFIER: ("text_column", "label_column"),
    SEQ2SEQ: ("source_column", "target_column"),
    FORECASTER: tuple(SeriesSettings.model_fields),
}
CALLED = {
    LANGUAGE_MODEL: "a language model", CONDITIONED: "a language model under conditions",
    CLASSIFIER: "a classifier", TAGGER: "a tagger", SEQ2SEQ: "an encoder-decoder", FORECASTER: "a forecaster",
}  # fmt: skip
# what a file holds, by the kind of run that it is for
_HELD = {
    LANGUAGE_MODEL: "plain text", CONDITIONED: "texts under conditions", CLASSIFIER: "labelled texts",
    TAGGER: "tagged words", SEQ2SEQ: "pairs of texts", FORECASTER: "numbers",
}  # fmt: skip


def task_for(files: Sequence[str], typed: Collection[str]) -> str:
    """Return the kind of run that the files are for; standard input is for who has such columns, if one is named."""
    for task, names in _COLUMNS.items():
        if any(name in typed for name in names):
            return task
    found = set(map(_held_in, files))
    return next((task for task in (CLASSIFIER, TAGGER, SEQ2SEQ, FORECASTER) if task in found), LANGUAGE_MODEL)


def _held_in(file: str) -> str:
    """Return the kind of run that a file is for."""
    from textrnn.data.labelled import is_labelled
    from textrnn.data.pairs import is_pairs
    from textrnn.data.series_look import is_series
    from textrnn.data.tagged import is_tagged

    looks = {TAGGER: is_tagged, FORECASTER: is_series, SEQ2SEQ: is_pairs, CLASSIFIER: is_labelled}
    return next((task for task, looks_so in looks.items() if looks_so(file)), LANGUAGE_MODEL)


def kind_of(run: Run) -> str:
    """Return which of the kinds here a run is."""
    if run.task == LANGUAGE_MODEL and run.json("config").get("settings", {}).get("condition_column") is not None:
        return CONDITIONED
    return run.task


def check_fit(task: str, run: Run | None, files: Sequence[str], typed: Collection[str]) -> None:
    """Refuse files and flags that a run of kind `task` cannot be measured with; run: where one was named."""
    kinds_of = {name: [kind for kind in _OWN if name in _OWN[kind]] for names in _OWN.values() for name in names}
    bad = [
        UserError(f"{flag(name)} with {CALLED[task]}", mend=f"it is for {_one_of(kinds)}, leave it out")
        for name, kinds in kinds_of.items()
        if task not in kinds and name in typed
    ]
    bad += [_misfit(task, run, file) for file in files if not _fits(task, file, typed)]
    if bad:
        raise UserError.join(bad)


def _one_of(kinds: Sequence[str]) -> str:
    # who is for all language models is for those under conditions
    named = [kind for kind in kinds if kind != CONDITIONED or LANGUAGE_MODEL not in kinds]
    return " or ".join(CALLED[kind] for kind in named)


def _fits(task: str, file: str, typed: Collection[str]) -> bool:
    # what is not there, what can be read only once, and what lies in a folder is for who reads it to judge
    if not os.path.isfile(file):
        return True
    held = _held_in(file)
    if held == task:
        return True
    if task == CONDITIONED:
        return held == CLASSIFIER or _begins_as_table(file, typed)
    if task == TAGGER:
        # tags that mark no spans are told by no look at a file
        return held == LANGUAGE_MODEL
    if task == FORECASTER:
        # numbers alone, and a table with columns beside the one that is meant
        return held in (LANGUAGE_MODEL, CLASSIFIER)
    is_named = any(name in typed for name in _COLUMNS.get(task, ()))
    if task == SEQ2SEQ:
        return held != TAGGER and is_named
    is_table = is_named or (held != SEQ2SEQ and _begins_as_table(file, typed))
    return task == CLASSIFIER and held != TAGGER and is_table


def _begins_as_table(file: str, typed: Collection[str]) -> bool:
    """Whether the first line of a file whose name tells nothing is a header or an object; columns say so too."""
    if any(name in typed for name in (*_COLUMNS[CLASSIFIER], *_COLUMNS[CONDITIONED])):
        return True
    from textrnn.data.columns import Columns
    from textrnn.data.formats import format_by_line
    from textrnn.data.texts import iter_texts

    return format_by_line(iter_texts(file, errors="replace"), Columns.of(None, None)) is not None


def _misfit(task: str, run: Run | None, file: str) -> UserError:
    which, held = printable(file), _held_in(file)
    if run is None:
        # only files of another kind fit no run that is chosen by the files
        return UserError(f"{_HELD[held]} among {_HELD[task]}", which=which, mend="evaluate each kind by itself")
    name = printable(run.name)
    mend = f"{name} is {CALLED[task]}, give textrnn evaluate {which} --model {held.upper()}"
    if task == CONDITIONED:
        mend += ", or a table of texts with their conditions"
    elif task == LANGUAGE_MODEL:
        mend += f", or, as plain text, textrnn evaluate - < {which}"
    elif task == CLASSIFIER and held == LANGUAGE_MODEL:
        mend += f", or, to label it, textrnn classify --file {which}"
    return UserError(_HELD[held], which=which, mend=mend)

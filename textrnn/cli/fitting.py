"""Which kind of run a file can measure: plain text a language model, labelled texts a classifier.

In: names of files, and the flags that were typed. Out: a kind of run, or a refusal that names both kinds and the right
command. Looks at names and first lines, and reads no further.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from textrnn.config.classifier import LabelledSettings
from textrnn.config.settings import flag
from textrnn.errors import UserError
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.runs.folder import Run

LANGUAGE_MODEL, CLASSIFIER = "language-model", "classifier"
# flags that mean something for one kind alone
_OWN = {
    LANGUAGE_MODEL: ("protocol", "continuation", "dynamic", "allow_binary"),
    CLASSIFIER: tuple(LabelledSettings.model_fields),
}
_COLUMNS = ("text_column", "label_column")
_CALLED = {LANGUAGE_MODEL: "a language model", CLASSIFIER: "a classifier"}


def task_for(files: Sequence[str], typed: Collection[str]) -> str:
    """Return the kind of run that the files are for; standard input is for a classifier if a column is named."""
    from textrnn.data.labelled import is_labelled

    if any(name in typed for name in _COLUMNS) or any(map(is_labelled, files)):
        return CLASSIFIER
    return LANGUAGE_MODEL


def check_fit(task: str, run: Run | None, files: Sequence[str], typed: Collection[str]) -> None:
    """Refuse files and flags that a run of kind `task` cannot be measured with; run: where one was named."""
    bad = [
        UserError(f"{flag(name)} with {_CALLED[task]}", mend=f"it is for {_CALLED[kind]}, leave it out")
        for kind, names in _OWN.items()
        for name in names
        if kind != task and name in typed
    ]
    bad += [_misfit(task, run, file) for file in files if not _fits(task, file, typed)]
    if bad:
        raise UserError.join(bad)


def _fits(task: str, file: str, typed: Collection[str]) -> bool:
    from textrnn.data.labelled import is_labelled

    # what is not there, what can be read only once, and what lies in a folder is for who reads it to judge
    if not os.path.isfile(file):
        return True
    if task == LANGUAGE_MODEL:
        return not is_labelled(file)
    return is_labelled(file) or any(name in typed for name in _COLUMNS) or _begins_as_table(file)


def _begins_as_table(file: str) -> bool:
    """Whether the first line of a file whose name tells nothing is a header or an object."""
    from textrnn.data.columns import Columns
    from textrnn.data.formats import format_by_line
    from textrnn.data.texts import iter_texts

    return format_by_line(iter_texts(file, errors="replace"), Columns.of(None, None)) is not None


def _misfit(task: str, run: Run | None, file: str) -> UserError:
    which = printable(file)
    if run is None:
        # only plain text among labelled texts fits no run that is chosen by the files
        return UserError("plain text among labelled texts", which=which, mend="evaluate each kind by itself")
    name = printable(run.name)
    if task == LANGUAGE_MODEL:
        what = f"labelled texts, and {name} is a language model"
        mend = f"textrnn evaluate {which} --model CLASSIFIER, or, as plain text, textrnn evaluate - < {which}"
    else:
        what = f"plain text, and {name} is a classifier"
        mend = f"textrnn evaluate {which} --model LANGUAGE-MODEL, or, to label it, textrnn classify --file {which}"
    return UserError(what, which=which, mend=mend)

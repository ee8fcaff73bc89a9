"""Texts written under conditions: the rows of a table as documents, each under what a column says of it.

In: labelled data of any format, the names of two columns. Out: a corpus whose documents have conditions, and which of
them are held out. Knows no ids and no network.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from textrnn.data.columns import Columns, shown
from textrnn.data.corpora import resolve_text
from textrnn.data.ids import Ids
from textrnn.data.labelled import read_labelled
from textrnn.data.near_labels import near_labels
from textrnn.data.split import stratified_split
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus, CorpusBuilder
from textrnn.text.display import counted, printable

# texts below which little is learned of a condition
FEW_TEXTS = 20
_NAMED = 10


def read_conditioned(
    sources: Sequence[str | os.PathLike[str]],
    *,
    condition_column: str,
    text_column: str | None = None,
    skip_bad: bool = False,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> Corpus:
    """Return the rows of tables, or labelled texts of another format, as documents under conditions.

    condition_column: of what has no columns, such as a folder per label, `label` names the label. Raises UserError for
    all rows that cannot be used at once, unless `skip_bad` leaves them out.
    """
    rows = read_labelled(
        sources,
        columns=Columns.of_conditions(text_column, condition_column),
        skip_bad=skip_bad,
        skip_empty=True,
        encoding=encoding,
        errors=errors,
        stdin=stdin,
    )
    builder = CorpusBuilder()
    for text, condition, place in zip(rows.texts, rows.labels, rows.places, strict=True):
        builder.add(place, [text], condition)
    notes = (*rows.notes, *near_labels(Counter(rows.labels)))
    return builder.finish([rows.name], [bytes.fromhex(rows.sha256)], notes)


def split_by_condition(corpus: Corpus, fraction: float, *, seed: int) -> tuple[Ids, Ids]:
    """Return the places of the documents to train on, and of those held out: about `fraction` under each condition.

    The only text under a condition is trained on. Both are in an order that says nothing, so that neither the state
    carried into a text nor the first of those held out favours a condition.
    """
    counts = Counter(corpus.conditions)
    several = np.array([place for place, one in enumerate(corpus.conditions) if counts[one] > 1], np.int64)
    if not len(several):
        what = f"every condition on 1 row alone, such as {shown(corpus.conditions[0])}"
        mend = "is it in another column? Name it with --condition-column"
        raise UserError(what, which=printable(corpus.names[0]), mend=mend)
    _, held_out = stratified_split([corpus.conditions[place] for place in several.tolist()], fraction, seed=seed)
    is_held_out = np.zeros(len(corpus.documents), dtype=bool)
    is_held_out[several[held_out]] = True
    rng = np.random.default_rng(seed)
    return rng.permutation(np.flatnonzero(~is_held_out)), rng.permutation(np.flatnonzero(is_held_out))


def check_conditions(corpus: Corpus) -> tuple[str, ...]:
    """Return what the user should know of conditions to train on; one alone is refused, for it says nothing."""
    counts = Counter(corpus.conditions)
    if not counts:
        return ()
    if len(counts) == 1:
        what = f"one condition alone, {shown(corpus.conditions[0])} on all {counted(len(corpus.documents), 'row')}"
        mend = "name another column, or leave out --condition-column"
        raise UserError(what, which=printable(corpus.names[0]), mend=mend)
    few = sorted((count, name) for name, count in counts.items() if count < FEW_TEXTS)
    if not few:
        return ()
    first = ", ".join(f"{shown(name)} {count}" for count, name in few[:_NAMED])
    more = f" and {len(few) - _NAMED:,} more" if len(few) > _NAMED else ""
    return (f"few texts under {counted(len(few), 'condition')} ({first}{more}): little is learned of them",)


def read_texts(
    sources: Sequence[str | os.PathLike[str]],
    *,
    condition_column: str | None = None,
    text_column: str | None = None,
    skip_bad: bool = False,
    allow_binary: bool = False,
    **reading: Any,
) -> Corpus:
    """Return texts as a language model is trained on them: plain, or under conditions where their column is named.

    reading: encoding, errors and stdin, as `resolve_text` has them.
    """
    if condition_column is None:
        return resolve_text(sources, allow_binary=allow_binary, **reading)
    return read_conditioned(
        sources, condition_column=condition_column, text_column=text_column, skip_bad=skip_bad, **reading
    )

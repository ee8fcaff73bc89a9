"""A folder per label: every text file below it, at any depth, is a text. Or a file per label, a text a line.

In goes the folder that holds them; out come labels and sources. Knows nothing of what the files hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from textrnn.errors import UserError
from textrnn.text.display import printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.sources import Source, find_sources


class LabelledSource(NamedTuple):
    """A source and the label of its texts: one text, or one a line."""

    source: Source
    label: str
    is_list: bool


def holds_folders(folder: str | os.PathLike[str]) -> bool:
    """Whether there is a folder in `folder` that is not hidden."""
    try:
        with os.scandir(folder) as entries:
            return any(entry.is_dir() and not entry.name.startswith(".") for entry in entries)
    except OSError:
        return False


def labelled_sources(folder: str, notes: ReadingNotes) -> Iterator[LabelledSource]:
    """Yield the sources of a folder in the order of their paths; hidden ones are left out.

    With folders in it, their names are the labels, and files beside them are passed over. With files alone, their
    names are the labels.
    """
    sources = find_sources(folder, stdin=None, notes=notes)
    which = printable(folder)
    if not holds_folders(folder):
        names = [os.path.splitext(source.name)[0] for source in sources]
        if len(set(names)) < 2 or len(set(names)) < len(names):
            mend = "put the texts of each label into a folder with the label's name"
            raise UserError("no labels, only files", which=which, mend=mend)
        notes.add("a file per label, a text a line", which)
        for source, name in zip(sources, names, strict=True):
            yield LabelledSource(source, name, is_list=True)
        return
    for source in sources:
        label, _, below = source.name.partition("/")
        if below:
            yield LabelledSource(source, label, is_list=False)
        else:
            notes.add("passed over: files beside the folders of the labels", which, 1)

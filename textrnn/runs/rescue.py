"""What could not be saved where it was to be, saved in another place: the folder for temporary files, or one's own.

In: the failure, and what writes a commit. Out: the report of both. Knows no roles.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from textrnn.errors import TextrnnError, WorldError
from textrnn.runs.writer import RunWriter
from textrnn.text.display import printable


def rescued(error: WorldError, folder: Path, write: Callable[[RunWriter], None]) -> WorldError:
    """Return what is to be said of `error`, by which nothing came to `folder`: with the place of a copy, if any."""
    for place in (tempfile.gettempdir(), Path.home()):
        try:
            with RunWriter(tempfile.mkdtemp(prefix=f"{folder.name}-rescued-", dir=place)) as writer:
                write(writer)
        except (TextrnnError, OSError):
            continue
        what = f"{error.what}; saved in {printable(writer.folder)} instead"
        return WorldError(what, which=error.which, mend=f"make room, and move that folder to {printable(folder)}")
    return error

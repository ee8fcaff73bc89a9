"""A store for text that may outgrow memory, in a temporary file that nobody has to clean up.

In go pieces of text, in order; out comes any stretch of them by character offset, with memory for one piece. Knows no
documents.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import weakref
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PIECE_CHARACTERS = 1 << 20
MEMORY_BYTES = 64 * 1024 * 1024


class TextSpool:
    """Text as UTF-8, in memory while it is small, then in a file that vanishes with the spool."""

    def __init__(self) -> None:
        self.characters = 0
        self._starts: list[int] = []
        self._offsets = [0]
        self._file: IO[bytes] = io.BytesIO()

    def append(self, text: str) -> None:
        """Put `text` at the end. A lone surrogate in it raises UnicodeEncodeError, a full disk OSError."""
        for start in range(0, len(text), PIECE_CHARACTERS):
            piece = text[start : start + PIECE_CHARACTERS]
            data = piece.encode("utf-8")
            end = self._offsets[-1] + len(data)
            if end > MEMORY_BYTES and isinstance(self._file, io.BytesIO):
                self._move_to_disk(self._file)
            self._file.seek(self._offsets[-1])
            self._file.write(data)
            self._starts.append(self.characters)
            self._offsets.append(end)
            self.characters += len(piece)

    def read(self, start: int, stop: int) -> Iterator[str]:
        """Yield the text from character `start` to before character `stop`, in pieces."""
        for index in range(max(0, bisect_right(self._starts, start) - 1), bisect_left(self._starts, stop)):
            self._file.seek(self._offsets[index])
            text = self._file.read(self._offsets[index + 1] - self._offsets[index]).decode("utf-8")
            begin = self._starts[index]
            yield text[max(0, start - begin) : stop - begin]

    def _move_to_disk(self, memory: io.BytesIO) -> None:
        file = tempfile.TemporaryFile(dir=cache_folder(), prefix="textrnn-")  # noqa: SIM115 - the finalizer closes it
        weakref.finalize(self, file.close)
        file.write(memory.getbuffer())
        self._file = file


def cache_folder() -> Path:
    """Return a folder for what may vanish between two runs: $TEXTRNN_CACHE, else the platform's, else a temporary one.

    It exists and can be written to.
    """
    given = os.environ.get("TEXTRNN_CACHE")
    folder = Path(given) if given else _platform_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    return folder if usable else Path(tempfile.gettempdir())


def _platform_folder() -> Path:
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "textrnn"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "textrnn"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "textrnn"

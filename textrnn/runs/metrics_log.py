"""metrics.jsonl while a run is being written: one record a line, appended, never rewritten.

A commit covers the file up to a length; what lies beyond is cut at the next start. Does not know what the records say.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textrnn.runs import disk
from textrnn.runs.layout import METRICS, Entry
from textrnn.runs.strict_json import to_json_line

NOTHING = Entry(METRICS, 0, hashlib.sha256().hexdigest())


class MetricsLog:
    """The open file, and how much of it is good: its length and its sha256 so far."""

    def __init__(self, folder: Path, covered: Entry = NOTHING) -> None:
        """Open the file and cut what lies beyond `covered`; what is covered must be there. Raises OSError."""
        prefix = disk.read_checked(folder, covered, may_go_on=True) if covered.size else b""
        # One value, so that an interrupt cannot leave the length of one line with the sha256 of another.
        self._good = covered.size, hashlib.sha256(prefix)
        self._descriptor = disk.open_to_extend(folder / METRICS)
        os.ftruncate(self._descriptor, covered.size)

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a line; raises OSError, and then it is as if it had never been."""
        size, digest = self._good
        line = to_json_line(record)
        os.lseek(self._descriptor, size, os.SEEK_SET)
        disk.write_all(self._descriptor, line)
        digest = digest.copy()
        digest.update(line)
        self._good = size + len(line), digest

    def sync(self) -> Entry:
        """Wait until all lines are on the disk and return what a commit covers by now; raises OSError."""
        size, digest = self._good
        os.ftruncate(self._descriptor, size)
        os.fsync(self._descriptor)
        return Entry(METRICS, size, digest.hexdigest())

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

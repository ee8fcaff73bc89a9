"""What a user should know about how the text was read: said once, however many files it holds for."""

from __future__ import annotations


class ReadingNotes:
    """Collects (what, file, count) and says each `what` in one line."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, int]] = {}

    def add(self, what: str, file: str, count: int | None = None) -> None:
        """Note that `what` holds for `file`, `count` times where that says something."""
        files = self._found.setdefault(what, {})
        files[file] = files.get(file, 0) + (count or 0)

    def lines(self) -> tuple[str, ...]:
        """Return one line for each thing noted, in the order of their first appearance."""
        lines = []
        for what, files in self._found.items():
            where = next(iter(files)) if len(files) == 1 else f"{len(files):,} files"
            count = sum(files.values())
            lines.append(f"{where}: {what} ({count:,})" if count else f"{where}: {what}")
        return tuple(lines)

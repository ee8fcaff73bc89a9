"""The errors a user can cause, and those of the world around the program.

Raised where the bad thing enters; printed in one place, by the command line. Nothing in here knows what a model is.
"""

from __future__ import annotations

from collections.abc import Sequence


class TextrnnError(Exception):
    """Any failure that is reported as one line, `WHAT in WHICH: MEND`, without a traceback."""

    exit_code: int

    def __init__(self, what: str, *, which: str | None = None, mend: str | None = None) -> None:
        self.what, self.which, self.mend = what, which, mend
        line = what if which is None else f"{what} in {which}"
        super().__init__(line if mend is None else f"{line}: {mend}")


class UserError(TextrnnError):
    """Something the user can mend: a flag, a file, the data, a model."""

    exit_code = 2

    @classmethod
    def join(cls, errors: Sequence[UserError]) -> UserError:
        """Return one error that reports all of `errors`, so that nobody mends them one run at a time."""
        # two kinds of settings that read one file find the same fault in it
        distinct = list(dict.fromkeys(str(error) for error in errors))
        return errors[0] if len(distinct) == 1 else cls("; ".join(distinct))


class WorldError(TextrnnError):
    """The world failed: the disk is full, memory ran out, training diverged."""

    exit_code = 1

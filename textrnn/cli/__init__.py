"""The command line: flags, printing, exit codes."""

from __future__ import annotations

import time
from collections.abc import Sequence

# a budget counts from here, the first line of ours that runs
started_at = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default those of the process) name, and return its exit code."""
    try:
        from textrnn.cli.run import run
    except KeyboardInterrupt:
        # before there is anything that could say so
        return 130
    return run(arguments)

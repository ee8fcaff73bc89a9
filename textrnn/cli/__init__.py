"""The command line: flags, printing, exit codes."""

from __future__ import annotations

import time
from collections.abc import Sequence

# a budget counts from here, the first line of ours that runs
started_at = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default those of the process) name, and return its exit code."""
    try:
        from textrnn.cli.signals import Signals, ignore_signals

        with Signals() as signals:
            from textrnn.cli.run import run

            code = run(arguments, signals)
        if arguments is None:
            # results are written: a signal while the interpreter ends has nothing left to stop
            ignore_signals()
        return code
    except KeyboardInterrupt:
        # before there is anything that could say so
        return 130

"""How much the memory of a process grows while a model writes a million characters.

.venv/bin/python benchmarks/memory.py
"""

from __future__ import annotations

import psutil
from harness import report

import textrnn

CHARACTERS = 1_000_000
WARM_UP = 10_000


def main() -> None:
    """Stream a million characters, and compare resident memory after the first ten thousand and at the end."""
    model, process = textrnn.load("shakespeare"), psutil.Process()
    written, at_first, pieces = 0, 0, model.stream("ROMEO:", length=CHARACTERS, seed=1)
    for piece in pieces:
        written += len(piece)
        if not at_first and written >= WARM_UP:
            at_first = process.memory_info().rss
    grown = (process.memory_info().rss - at_first) / 1e6
    report("memory", [{"characters": written, "resident MB": process.memory_info().rss / 1e6, "grown MB": grown}])


if __name__ == "__main__":
    main()

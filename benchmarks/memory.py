"""How much the memory of a process grows while a model writes a million characters.

.venv/bin/python benchmarks/memory.py [--characters 1000000]
"""

from __future__ import annotations

import argparse

import psutil
from harness import report

import textrnn

WARM_UP = 10_000


def main() -> None:
    """Stream many characters, and compare resident memory after the first ten thousand and at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=1_000_000)
    characters = parser.parse_args().characters
    model, process = textrnn.load("shakespeare"), psutil.Process()
    written, at_first, pieces = 0, 0, model.stream("ROMEO:", length=characters, seed=1)
    for piece in pieces:
        written += len(piece)
        if not at_first and written >= WARM_UP:
            at_first = process.memory_info().rss
    grown = (process.memory_info().rss - at_first) / 1e6
    report("memory", [{"characters": written, "resident MB": process.memory_info().rss / 1e6, "grown MB": grown}])


if __name__ == "__main__":
    main()

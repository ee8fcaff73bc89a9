"""How cost grows: with the length of a text, with hidden size, with the number of streams, with the size of a corpus.

    .venv/bin/python benchmarks/scaling.py [--tables length size streams corpus] [--megabytes 1 10 100 1000]

Models of random weights, a temperature of 0.8, one thread; each row beside the one before it says whether cost is in
proportion. The corpus is written to a temporary folder, words drawn at random from the plays' letters, and 60 steps are
trained on it by the command a user types: nearly all its time is reading and counting.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
from generation import compiled, counted, model, on_numpy
from harness import report

from textrnn.inference.language_model.compiled_engine import CompiledEngine
from textrnn.inference.language_model.engine import Engine
from textrnn.networks.build import cell_of

TEXTRNN = str(Path(sys.executable).with_name("textrnn"))
ROUNDS = 3
STEPS = 60


def engines(layers: int, hidden: int) -> dict[str, Callable[..., int]]:
    """Return what writes characters with a model of this size, by its name."""
    settings, parameters = model(layers, hidden)
    engine = Engine(parameters, cell_of(settings), "fp32")
    return {"numpy": partial(counted, on_numpy, engine), "compiled": partial(counted, compiled, CompiledEngine(engine))}


def seconds(work: Callable[[], object]) -> float:
    """Return the median seconds of a few times; a first time is not counted."""
    work()
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return median(found)


def by_length() -> Iterator[dict[str, Any]]:
    """A text ten times as long takes ten times as long: nothing is read again."""
    for length in (100, 1_000, 10_000, 100_000):
        for name, write in engines(1, 256).items():
            taken = seconds(partial(write, length))
            yield {
                "table": "length",
                "engine": name,
                "characters": length,
                "seconds": taken,
                "us each": taken / length * 1e6,
            }


def by_size() -> Iterator[dict[str, Any]]:
    """Weights a character grow with the square of the units."""
    for hidden in (64, 128, 256, 512, 1024):
        for name, write in engines(1, hidden).items():
            taken = seconds(partial(write, 1_000))
            yield {"table": "size", "engine": name, "hidden size": hidden, "characters/s": 1_000 / taken}


def by_streams() -> Iterator[dict[str, Any]]:
    """What streams gain from being written side by side."""
    for streams in (1, 4, 16, 64, 256):
        for name, write in engines(1, 256).items():
            taken = seconds(partial(write, 100, streams=streams))
            row = {"table": "streams", "engine": name, "streams": streams}
            yield {**row, "characters/s in all": 100 * streams / taken}


def by_corpus(megabytes: list[int]) -> Iterator[dict[str, Any]]:
    """Reading, counting and splitting are in proportion to the text; memory is not."""
    for size in megabytes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "corpus.txt"
            _write(file, size)
            words = ["train-lm", str(file), "--steps", str(STEPS), "--hidden-size", "64", "--threads", "1"]
            began = time.perf_counter()
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = psutil.Popen([TEXTRNN, *words, "--out", f"{folder}/run"], **quiet)
            most = 0
            while process.poll() is None:
                try:
                    memory = process.memory_full_info()
                    most = max(most, memory.uss)
                except psutil.Error:
                    break
                time.sleep(0.2)
            if process.wait():
                raise RuntimeError(f"training on {size} MB failed")
            taken = time.perf_counter() - began
            yield {"table": "corpus", "megabytes": size, "seconds": taken, "most memory of its own, MB": most / 1e6}


def _write(file: Path, megabytes: int) -> None:
    """Write words of random letters, a line for every dozen."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"etaoin shrdlu cmfwyp vbgkjqxz.,;ETAOIN\n", np.uint8)
    with file.open("wb") as out:
        for _ in range(megabytes):
            out.write(letters[rng.integers(0, len(letters), 1_000_000)].tobytes())


def main() -> None:
    """Measure every table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ["length", "size", "streams", "corpus"]
    parser.add_argument("--tables", nargs="+", choices=names, default=names)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[1, 10, 100])
    arguments = parser.parse_args()
    tables: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
        "length": by_length,
        "size": by_size,
        "streams": by_streams,
        "corpus": partial(by_corpus, arguments.megabytes),
    }
    rows: list[dict[str, Any]] = []
    for name in arguments.tables:
        for row in tables[name]():
            rows.append(row)
            report("scaling", [row], all_rows=rows)


if __name__ == "__main__":
    main()

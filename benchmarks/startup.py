"""How long a user waits: `--help`, a refusal, the first character of `generate`, each as a whole process.

.venv/bin/python benchmarks/startup.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from harness import report, spread

TEXTRNN = str(Path(sys.executable).with_name("textrnn"))
COMMANDS = {
    "--help, whole": [TEXTRNN, "--help"],
    "a refused flag, whole": [TEXTRNN, "generate", "--temperature", "-1"],
    "generate, first character": [TEXTRNN, "generate", "--prompt", "ROMEO:", "--length", "2000", "--seed", "1"],
}


def first_output_s(command: list[str]) -> float:
    """Return seconds from the start of the process to its first byte on stdout, or to its end without one."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        seconds = time.perf_counter() - began
        process.stdout.close()
    return seconds


def whole_s(command: list[str]) -> float:
    """Return seconds from the start of the process to its end."""
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    return time.perf_counter() - began


def main() -> None:
    """Measure every command in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, command in COMMANDS.items():
            seconds = first_output_s(command) if "first" in name else whole_s(command)
            if number:
                found[name].append(seconds)
    report("startup", [{"command": name, "seconds": spread(values)} for name, values in found.items()])


if __name__ == "__main__":
    main()

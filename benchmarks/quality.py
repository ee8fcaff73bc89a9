"""Quality for time: `textrnn train-lm FILE --budget B` against a plain nn.LSTM loop given the same wall clock.

Both train on the first 90 % and are measured on the last tenth, windows of 256 from an empty state, every position;
with --together at the same time, a thread each, not in turn. With several budgets also how many seconds it takes to
each loss: what a budget must be, between those that were measured by the logarithm of the seconds, because a schedule
that runs to its end is not the first part of a longer one.

    .venv/bin/python benchmarks/quality.py FILE [FILE...] [--budgets 60 180 600] [--peer] [--together]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import report
from torch.nn.functional import cross_entropy

WINDOW = 256
TEXTRNN = str(Path(sys.executable).with_name("textrnn"))


def ours(file: Path, budget: float, seed: int) -> dict[str, float]:
    """Train and evaluate by the commands a user types."""
    text = file.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        held_out = Path(folder) / "held-out.txt"
        held_out.write_text(text[int(len(text) * 0.9) :], encoding="utf-8")
        run = Path(folder) / "run"
        words = ["train-lm", str(file), "--budget", f"{budget:g}s", "--seed", str(seed), "--out", str(run), "--json"]
        began = time.perf_counter()
        trained = json.loads(_textrnn(*words))
        wall = time.perf_counter() - began
        words = ["evaluate", str(held_out), "--model", str(run), "--protocol", f"window:{WINDOW}", "--json"]
        figures = json.loads(_textrnn(*words))
    return {
        "nats": figures["nats_per_unit"],
        "units_seen": trained["units_seen"],
        "parameters": trained["parameters"],
        "wall_s": wall,
    }


def _textrnn(*words: str) -> str:
    return subprocess.run([TEXTRNN, *words], stdout=subprocess.PIPE, check=True, text=True).stdout


class Peer(torch.nn.Module):
    """Embedding 64, nn.LSTM 1x256, linear layer; orthogonal recurrent weights, forget bias 1."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, 64)
        self.lstm = torch.nn.LSTM(64, 256, batch_first=True)
        self.output = torch.nn.Linear(256, vocabulary)
        for block in self.lstm.weight_hh_l0.detach().chunk(4):
            torch.nn.init.orthogonal_(block)
        with torch.no_grad():
            self.lstm.bias_ih_l0[256:512] = 1.0

    def forward(
        self, ids: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """Logits and state."""
        y, state = self.lstm(self.embedding(ids), state)
        return self.output(y), state


def peer(file: Path, budget: float, seed: int) -> dict[str, float]:
    """The plain recipe: AdamW 5e-3, one cycle over the time, clip 1, B 32, T 64, streams re-cut every epoch."""
    began = time.perf_counter()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    text = file.read_text(encoding="utf-8")
    cut = int(len(text) * 0.9)
    alphabet = {character: id for id, character in enumerate(sorted(set(text)))}
    ids = torch.tensor([alphabet[character] for character in text])
    train, held_out = ids[:cut], ids[cut:]
    model, rows, steps = Peer(len(alphabet)), 32, 64
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, betas=(0.9, 0.99))
    seen, place, state = 0, 10**9, None
    length = (len(train) - 1 - steps) // rows
    while (done := (time.perf_counter() - began) / budget) < 1:
        if place + steps > length:
            offset, place, state = int(rng.integers(0, steps)), 0, None
            streams = train[offset : offset + rows * length + 1]
        at = torch.arange(rows)[:, None] * length + place + torch.arange(steps + 1)
        batch = streams[at.clamp(max=len(streams) - 1)]
        logits, state = model(batch[:, :-1], state)
        state = tuple(part.detach() for part in state)
        loss = cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        rise = done / 0.1
        fall = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - 0.1) / 0.9))
        optimizer.param_groups[0]["lr"] = 5e-3 * min(rise, fall if done > 0.1 else rise)
        optimizer.step()
        place, seen = place + steps, seen + batch[:, 1:].numel()
    return {"nats": _windows(model, held_out), "units_seen": seen, "wall_s": time.perf_counter() - began}


@torch.no_grad()
def _windows(model: Peer, ids: torch.Tensor) -> float:
    total, count = 0.0, 0
    for start in range(0, len(ids) - 1, WINDOW):
        targets = ids[start + 1 : start + 1 + WINDOW]
        logits, _ = model(ids[start : start + len(targets)][None], None)
        total += float(cross_entropy(logits[0], targets, reduction="sum"))
        count += len(targets)
    return total / count


def seconds_to(loss: float, found: Mapping[float, float]) -> float | None:
    """Return the budget that reaches `loss`, from the losses found for some budgets; None if none of them does."""
    before: tuple[float, float] | None = None
    for budget, reached in sorted(found.items()):
        if reached <= loss:
            if before is None:
                return budget
            share = (before[1] - loss) / (before[1] - reached)
            return math.exp(math.log(before[0]) + share * (math.log(budget) - math.log(before[0])))
        before = budget, reached
    return None


def main() -> None:
    """Measure textrnn, and the peer on request, in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--budgets", type=float, nargs="+", default=[180.0], help="seconds", metavar="SECONDS")
    parser.add_argument("--losses", type=float, nargs="+", default=[1.70, 1.60, 1.55, 1.50], help="nats to reach")
    parser.add_argument("--peer", action="store_true", help="train the plain loop too")
    parser.add_argument("--together", action="store_true", help="both at the same time, a thread each, not in turn")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    measures: dict[str, Callable[[Path, float, int], dict[str, float]]] = {"textrnn": ours}
    if arguments.peer:
        measures["nn.LSTM loop"] = peer
    if arguments.together:
        torch.set_num_threads(1)
        os.environ["OMP_NUM_THREADS"] = "1"
    rows: list[dict[str, Any]] = []
    for file, seed in product(arguments.files, arguments.seeds):
        found: dict[str, dict[float, float]] = {what: {} for what in measures}
        for number, budget in enumerate(arguments.budgets):
            order = list(measures)[:: -1 if number % 2 else 1]
            with ThreadPoolExecutor(len(order) if arguments.together else 1) as lanes:
                running = [lanes.submit(measures[what], file, budget, seed) for what in order]
                for what, one in zip(order, running, strict=True):
                    figures = one.result()
                    found[what][budget] = figures["nats"]
                    rows.append({"what": what, "file": file.name, "budget_s": budget, "seed": seed, **figures})
                    report("quality", rows[-1:], all_rows=rows)
        for what, losses in found.items():
            reached = {f"seconds to {loss:.2f}": seconds_to(loss, losses) for loss in arguments.losses}
            rows.append({"what": what, "file": file.name, "seed": seed, **reached})
            report("quality", rows[-1:], all_rows=rows)


if __name__ == "__main__":
    main()

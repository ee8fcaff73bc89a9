"""Quality for time: `textrnn train-lm FILE --budget B` against a plain nn.LSTM loop given the same wall clock.

Both train on the first 90 % and are measured on the last tenth, windows of 256 from an empty state, every position.

    .venv/bin/python benchmarks/quality.py FILE [--budget 180] [--peer]
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main() -> None:
    """Measure textrnn, and the peer on request, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--budget", type=float, default=180.0, help="seconds")
    parser.add_argument("--peer", action="store_true", help="train the plain loop too")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    rows = []
    for seed in arguments.seeds:
        condition = {"file": arguments.file.name, "budget_s": arguments.budget, "seed": seed}
        rows.append({"what": "textrnn", **condition, **ours(arguments.file, arguments.budget, seed)})
        if arguments.peer:
            rows.append({"what": "nn.LSTM loop", **condition, **peer(arguments.file, arguments.budget, seed)})
    report("quality", rows)


if __name__ == "__main__":
    main()

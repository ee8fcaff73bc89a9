"""What else a character model could be: the recipe of `train-lm --budget`, changed in one thing at a time.

All networks have about as many weights in products as an LSTM of --size units, and read as many characters, so that
what is better here is better at equal time, if its other work costs no more. They are written in torch's operators, for
what they learn and not for how fast, and trained as under a budget: Muon gate by gate, AdamW for the rest, the rate
straight down to nothing, streams whose state is carried, weights averaged. Nats a character of the last tenth, its
state carried in 16 rows.

    .venv/bin/python benchmarks/recipes.py FILE [FILE...] [--characters 1500000] [--size 160] [--only NAME...]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from harness import report
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from variants import VARIANTS, Network, State, Variant

from textrnn.data.streams import Streams
from textrnn.training.muon import Muon
from textrnn.training.schedule import one_cycle, to_zero
from textrnn.training.state import AVERAGE_DECAY

ROWS = 32
# Muon's rate, and what the rest has of it
RATE, REST = 3e-2, 0.25


class Trained(NamedTuple):
    """Nats of the averaged weights and of the last ones; weights in products."""

    nats: float
    last: float
    weights: int


def trained(variant: Variant, ids: np.ndarray, vocabulary: int, given: argparse.Namespace) -> Trained:
    """Train a variant on the first nine tenths of `ids`."""
    torch.manual_seed(given.seed)
    cut = int(len(ids) * 0.9)
    layers = variant.layers(lambda units: max(8, round(given.size / 256 * units / 8) * 8))
    net = Network(vocabulary, layers, given.dropout, is_tied=variant.is_tied)
    average = {name: p.detach().clone() for name, p in net.named_parameters()}
    optimizers, shape = _optimizers(net, variant)
    for number, (window, fraction) in enumerate(_windows(ids[:cut], variant.lengths, given.characters, given.seed)):
        if window.is_start:
            states: list[State | None] = [None] * len(net.layers)
        logits, states = net(torch.from_numpy(window.inputs), states)
        loss = cross_entropy(logits.flatten(0, 1), torch.from_numpy(window.targets).t().flatten())
        net.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1)
        for optimizer, peak in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = peak * shape(fraction)
            optimizer.step()
        decay = min(AVERAGE_DECAY, (1 + number) / (10 + number))
        torch._foreach_lerp_(list(average.values()), [p.detach() for p in net.parameters()], 1 - decay)
    last = measured(net, ids[cut:])
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(average[name])
    weights = sum(p.numel() for name, p in net.named_parameters() if p.ndim == 2 and not name.startswith("embedding"))
    return Trained(measured(net, ids[cut:]), last, weights)


def _optimizers(
    net: Network, variant: Variant
) -> tuple[list[tuple[torch.optim.Optimizer, float]], Callable[[float], float]]:
    """Return the optimizers with their peak rates, and the rate's course."""
    if variant.optimizer == "adamw":
        return [(torch.optim.AdamW(net.parameters(), lr=4e-3, betas=(0.9, 0.99), weight_decay=0), 4e-3)], one_cycle
    groups, taken = [], set[Tensor]()
    for layer in net.layers:
        for p in layer.parameters():
            if p.ndim == 2 and len(p) > 2:
                gates = layer.gates if variant.blocks and len(p) == layer.gates * layer.units else 1
                groups.append({"params": [p], "blocks": gates})
                taken.add(p)
    rest = torch.optim.AdamW(
        [p for p in net.parameters() if p not in taken], lr=RATE * REST, betas=(0.9, 0.99), weight_decay=0
    )
    return [(Muon(groups, lr=RATE), RATE), (rest, RATE * REST)], to_zero


def _windows(ids: np.ndarray, lengths: Sequence[int], characters: int, seed: int) -> Iterator[tuple[Any, float]]:
    """Yield windows, and the share of the characters that came before each."""
    seen = 0
    for number, length in enumerate(lengths):
        streams, k = Streams(ids, batch_size=ROWS, seq_length=length, seed=seed + number), 0
        while seen < characters * (number + 1) / len(lengths):
            window = streams[k]
            yield window._replace(is_start=window.is_start or k == 0), seen / characters
            k, seen = k + 1, seen + window.units


@torch.no_grad()
def measured(net: Network, ids: np.ndarray) -> float:
    """Return nats a character."""
    net.eval()
    streams = Streams(ids, batch_size=16, seq_length=256, seed=0)
    states: list[State | None] = [None] * len(net.layers)
    total = 0.0
    for k in range(streams.windows):
        logits, states = net(torch.from_numpy(streams[k].inputs), states)
        total += float(cross_entropy(logits.flatten(0, 1), torch.from_numpy(streams[k].targets).t().flatten()))
    net.train()
    return total / streams.windows


def main() -> None:
    """Train all variants on all files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--characters", type=int, default=1_500_000, help="to train on")
    parser.add_argument("--size", type=int, default=160, help="units of the LSTM that the others are as large as")
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), metavar="NAME")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    rows: list[dict[str, Any]] = []
    for file in given.files:
        text = file.read_text(encoding="utf-8")
        alphabet = {character: id for id, character in enumerate(sorted(set(text)))}
        ids = np.array([alphabet[character] for character in text], np.int32)
        for name in given.only:
            found = trained(VARIANTS[name], ids, len(alphabet), given)
            rows.append({"file": file.name, "network": name, **found._asdict()})
            report("recipes", rows[-1:], all_rows=rows)


if __name__ == "__main__":
    main()

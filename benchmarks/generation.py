"""One stream, one thread: the engine on NumPy against nn.LSTM called for every character, greedy text equal.

.venv/bin/python benchmarks/generation.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from harness import rates, report, spread

from textrnn.config.generation import GenerationSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.inference.engine import Engine
from textrnn.inference.sampler import Sampler
from textrnn.networks.build import cell_of
from textrnn.networks.initial import initial_parameters
from textrnn.networks.language_model import LanguageModelParameters
from textrnn.networks.parameters import map_arrays

VOCABULARY = 65
LENGTH = 2000
SIZES = ((2, 128), (1, 256), (2, 512))


class Peer(torch.nn.Module):
    """Embedding, nn.LSTM, linear layer: what a textbook generates with, one call a character."""

    def __init__(self, p: LanguageModelParameters, layers: int, hidden: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding.from_pretrained(torch.tensor(p.embedding))
        self.lstm = torch.nn.LSTM(p.embedding.shape[1], hidden, layers, batch_first=True)
        self.output = torch.nn.Linear(hidden, VOCABULARY)
        with torch.no_grad():
            for depth, layer in enumerate(p.layers):
                for name, array in zip(layer.cell._fields, layer.cell, strict=True):
                    getattr(self.lstm, f"{name}_l{depth}").copy_(torch.tensor(array))
            self.output.weight.copy_(torch.tensor(p.output.weight))
            self.output.bias.copy_(torch.tensor(p.output.bias))

    @torch.inference_mode()
    def generate(self, first: int, length: int, temperature: float, generator: torch.Generator) -> list[int]:
        """Return `length` ids after `first`."""
        ids, state, id = [], None, torch.tensor([[first]])
        for _ in range(length):
            y, state = self.lstm(self.embedding(id), state)
            logits = self.output(y[0, -1])
            if temperature == 0:
                id = logits[2:].argmax().reshape(1, 1) + 2
            else:
                id = torch.multinomial(torch.softmax(logits / temperature, -1), 1, generator=generator).reshape(1, 1)
            ids.append(int(id))
        return ids


def ours(engine: Engine, first: int, length: int, settings: GenerationSettings) -> list[int]:
    """Return `length` ids after `first` by the engine and the sampler that `textrnn generate` uses."""
    sampler, rng = Sampler(settings, VOCABULARY, np.zeros(0, np.int64), has_end=False), np.random.default_rng(0)
    ids, id, state = [], first, engine.start(1)
    for _ in range(length):
        logits, state = engine.feed(np.array([[id]]), state)
        id, _ = sampler.step(logits[0], rng.random())
        ids.append(id)
    return ids


def _length(write: Callable[..., list[int]], *arguments: Any) -> int:
    return len(write(*arguments))


def main() -> None:
    """Measure every size."""
    torch.set_num_threads(1)
    rows = []
    for layers, hidden in SIZES:
        settings = TrainLanguageModelSettings(num_layers=layers, hidden_size=hidden, embed_size=hidden)
        rng = np.random.default_rng(1)
        fresh = initial_parameters(settings, VOCABULARY, rng)
        # a trained output layer is not zero
        parameters = map_arrays(
            lambda name, a, rng=rng: (
                rng.standard_normal(a.shape).astype(np.float32) * 0.3 if name == "output.weight" else a
            ),
            fresh,
        )
        engine, peer = Engine(parameters, cell_of(settings)), Peer(parameters, layers, hidden)
        greedy, drawn = GenerationSettings(temperature=0), GenerationSettings()
        generator = torch.Generator().manual_seed(0)
        # neither draws <unk> or <end>
        equal = ours(engine, 5, 300, greedy) == peer.generate(5, 300, 0, generator)
        peer_length = LENGTH // 10 if hidden > 256 else LENGTH // 2
        found = rates(
            {
                "textrnn": partial(_length, ours, engine, 5, LENGTH, drawn),
                "nn.LSTM": partial(_length, peer.generate, 5, peer_length, drawn.temperature, generator),
            }
        )
        ratio = spread([a / b for a, b in zip(found["textrnn"], found["nn.LSTM"], strict=True)])
        rows.append(
            {
                "size": f"{layers}x{hidden}",
                **{f"{name} characters/s": spread(values) for name, values in found.items()},
                "ratio": ratio,
                "greedy text equal": equal,
            }
        )
    report("generation", rows)


if __name__ == "__main__":
    main()

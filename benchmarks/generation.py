"""Generation on one thread against nn.LSTM called for every character: one stream and 64, in fp32 and in int8.

.venv/bin/python benchmarks/generation.py [--sizes 2x128,1x256,2x512]

Beside each the limit: how often the same bytes of weights can be read in a second (one stream), or what the products
of 64 streams would take at the measured speed of sgemm in their own shapes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from harness import rates, report, spread

from textrnn.config.generation import GenerationSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.inference.language_model.compiled_engine import CompiledEngine
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.sampler import Sampler
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import LanguageModelParameters, initial_parameters
from textrnn.networks.parameters import map_arrays, named_arrays

VOCABULARY = 65
LENGTH = 2000
STREAMS = 64
SIZES = "2x128,1x256,2x512"
DRAWN, GREEDY = GenerationSettings(), GenerationSettings(temperature=0)


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
    def generate(self, length: int, *, streams: int = 1, temperature: float = 0.8, first: int = 5) -> list[int]:
        """Return the first stream's `length` ids after `first`."""
        generator = torch.Generator().manual_seed(0)
        ids, state, id = [], None, torch.full((streams, 1), first)
        for _ in range(length):
            y, state = self.lstm(self.embedding(id), state)
            logits = self.output(y[:, -1])
            if temperature == 0:
                id = logits[:, 2:].argmax(1, keepdim=True) + 2
            else:
                id = torch.multinomial(torch.softmax(logits / temperature, -1), 1, generator=generator)
            ids.append(int(id[0, 0]))
        return ids


def on_numpy(
    engine: Engine, length: int, *, streams: int = 1, settings: GenerationSettings = DRAWN, first: int = 5
) -> list[int]:
    """Return the first stream's `length` ids after `first`, by the engine and the sampler that `generate` uses."""
    samplers = [Sampler(settings, VOCABULARY, np.zeros(0, np.int64), has_end=False) for _ in range(streams)]
    rng, found, state = np.random.default_rng(0), [], engine.start(streams)
    ids = np.full((streams, 1), first)
    for _ in range(length):
        logits, state = engine.feed(ids, state)
        for row, (sampler, uniform) in enumerate(zip(samplers, rng.random(streams).tolist(), strict=True)):
            ids[row, 0], _ = sampler.step(logits[row], uniform)
        found.append(int(ids[0, 0]))
    return found


def compiled(
    engine: CompiledEngine, length: int, *, streams: int = 1, settings: GenerationSettings = DRAWN, first: int = 5
) -> list[int]:
    """Return the first stream's ids: in calls as `generate` makes them."""
    logits, state = engine.feed(np.full((streams, 1), first), engine.start(streams))
    rng, found = np.random.default_rng(0), []
    text = engine.stream(settings, logits, state, has_end=False)
    for start in range(0, length, 512):
        ids, _ = text.write(rng.random((streams, min(512, length - start))))
        found += ids[0].tolist()
    return found


def counted(write: Callable[..., list[int]], engine: Any, length: int, **values: Any) -> int:
    """Return how many characters were written."""
    return len(write(engine, length, **values)) * values.get("streams", 1)


def read(weights: np.ndarray, times: int) -> int:
    """Read all weights so many times."""
    for _ in range(times):
        weights.dot(weights)
    return times


def multiply(shapes: list[tuple[int, int]], times: int) -> int:
    """Multiply 64 rows by matrices of these shapes, so many times; return the characters that would be."""
    rng = np.random.default_rng(0)
    pairs = [(rng.random((STREAMS, x), np.float32), rng.random((x, n), np.float32)) for n, x in shapes]
    for _ in range(times):
        for rows, matrix in pairs:
            rows @ matrix
    return times * STREAMS


def model(layers: int, hidden: int) -> tuple[TrainLanguageModelSettings, LanguageModelParameters]:
    """Return settings and fresh parameters; a trained output layer is not zero."""
    settings = TrainLanguageModelSettings(num_layers=layers, hidden_size=hidden, embed_size=hidden)
    rng = np.random.default_rng(1)

    def filled(name: str, array: np.ndarray) -> np.ndarray:
        return rng.standard_normal(array.shape).astype(np.float32) * 0.3 if name == "output.weight" else array

    return settings, map_arrays(filled, initial_parameters(settings, VOCABULARY, rng))


def row(size: str, streams: int, found: Mapping[str, list[float]], **more: Any) -> dict[str, Any]:
    """Return the rates of one size, and each against nn.LSTM in the same round."""
    ratios = {
        f"{name} : nn.LSTM": spread([a / b for a, b in zip(values, found["nn.LSTM"], strict=True)])
        for name, values in found.items()
        if name != "nn.LSTM"
    }
    values = {f"{name}, characters/s": spread(values) for name, values in found.items()}
    return {"size": size, "streams": streams, **values, **ratios, **more}


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="layers x hidden units, several with commas")
    torch.set_num_threads(1)
    rows = []
    for size in parser.parse_args().sizes.split(","):
        layers, hidden = map(int, size.split("x"))
        settings, parameters = model(layers, hidden)
        peer = Peer(parameters, layers, hidden)
        plain, whole = (Engine(parameters, cell_of(settings), precision) for precision in ("fp32", "int8"))
        fast, small = CompiledEngine(plain), CompiledEngine(whole)
        equal = on_numpy(plain, 300, settings=GREEDY) == peer.generate(300, temperature=0)
        same = on_numpy(plain, 300, settings=GREEDY) == compiled(fast, 300, settings=GREEDY)
        shapes = [array.shape for name, array in named_arrays(plain.running).items() if array.ndim == 2]
        shapes = shapes[1:]  # not the table, of which a step reads a row
        weights = np.zeros(sum(x * n for x, n in shapes), np.float32)
        slow = LENGTH // 10 if hidden > 256 else LENGTH // 2
        found = rates(
            {
                "nn.LSTM": partial(counted, Peer.generate, peer, slow),
                "numpy": partial(counted, on_numpy, plain, LENGTH),
                "compiled": partial(counted, compiled, fast, LENGTH),
                "compiled-int8": partial(counted, compiled, small, LENGTH),
                "limit: reading the weights": partial(read, weights, LENGTH),
            }
        )
        rows.append(row(size, 1, found, **{"greedy text is nn.LSTM's": equal, "compiled greedy text is NumPy's": same}))
        found = rates(
            {
                "nn.LSTM": partial(counted, Peer.generate, peer, slow // 10, streams=STREAMS),
                "numpy": partial(counted, on_numpy, plain, LENGTH // 40, streams=STREAMS),
                "compiled": partial(counted, compiled, fast, LENGTH // 40, streams=STREAMS),
                "limit: sgemm in these shapes": partial(multiply, shapes, LENGTH // 40),
            },
            rounds=3,
        )
        rows.append(row(size, STREAMS, found))
    report("generation", rows)


if __name__ == "__main__":
    main()

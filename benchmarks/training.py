"""Training a language model: characters a second against a plain torch loop of the same sizes, and against sgemm.

The plain loop: nn.Embedding, nn.LSTM, nn.GRU or nn.RNN, a linear layer, AdamW, the gradient's norm clipped, the state
carried on. Ours takes the steps of `train-lm --optimizer adamw`. The floor is the time that a step's matrix products
take by themselves, each of its own shape, in torch, in float32. Where the processor has instructions for products of
bfloat16 numbers, these are measured too: under a budget a network is trained so. Keras is a second peer where it is
installed, on torch unless KERAS_BACKEND names another.

    .venv/bin/python benchmarks/training.py [--rounds 5] [--threads 2] [--cells lstm gru rnn]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
import torch
from harness import rates, report, spread
from torch.nn.functional import cross_entropy

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.conditions import Conditions
from textrnn.data.streams import Streams
from textrnn.data.text_data import TextData
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import initial_parameters
from textrnn.text.tokenizers.char import CharTokenizer
from textrnn.text.vocabulary import SPECIAL_SYMBOLS
from textrnn.training.forms import has_rounded_products
from textrnn.training.language_model.task import LanguageTask
from textrnn.training.loop import gradient_norm
from textrnn.training.state import TrainingState

ALPHABET = "".join(map(chr, range(48, 111)))
# layers, hidden, batch, steps
SIZES = ((1, 256, 32, 64), (2, 128, 50, 50))
EMBED = 64
STEPS = 12
CPU = torch.device("cpu")
LAYERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}


class Plain(torch.nn.Module):
    """What tutorials have."""

    def __init__(self, settings: TrainLanguageModelSettings, vocabulary: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, EMBED)
        self.recurrent = LAYERS[settings.cell](EMBED, settings.hidden_size, settings.num_layers, batch_first=True)
        self.output = torch.nn.Linear(settings.hidden_size, vocabulary)


def plain(data: TextData, settings: TrainLanguageModelSettings) -> Callable[[], int]:
    """Return the plain loop."""
    streams = Streams(data.train, batch_size=settings.batch_size, seq_length=settings.seq_length, seed=0)
    net = Plain(settings, len(data.tokenizer.symbols))
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    step, state = 0, None

    def work() -> int:
        nonlocal step, state
        for _ in range(STEPS):
            window = streams[step]
            y, state = net.recurrent(net.embedding(torch.from_numpy(window.inputs)), state)
            state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
            loss = cross_entropy(net.output(y).flatten(0, 1), torch.from_numpy(window.targets).flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            step += 1
        return STEPS * window.inputs.size

    return work


def keras_loop(data: TextData, settings: TrainLanguageModelSettings) -> Callable[[], int]:
    """Return the same loop as Keras has it, but for the state: its stateful layers cannot be trained on torch."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}[settings.cell]
    vocabulary = len(data.tokenizer.symbols)
    streams = Streams(data.train, batch_size=settings.batch_size, seq_length=settings.seq_length, seed=0)
    depths = range(settings.num_layers)
    net = keras.Sequential([
        keras.Input(batch_shape=(settings.batch_size, settings.seq_length)), keras.layers.Embedding(vocabulary, EMBED),
        *(kind(settings.hidden_size, return_sequences=True) for _ in depths),
        keras.layers.Dense(vocabulary),
    ])  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(optimizer=keras.optimizers.AdamW(1e-3, global_clipnorm=1.0), loss=loss)
    step = 0

    def work() -> int:
        nonlocal step
        for _ in range(STEPS):
            window = streams[step]
            net.train_on_batch(window.inputs, window.targets)
            step += 1
        return STEPS * window.inputs.size

    return work


def ours(data: TextData, settings: TrainLanguageModelSettings) -> Callable[[], int]:
    """Return the product's steps, in the loop's order."""
    vocabulary = len(data.tokenizer.symbols)
    fresh = initial_parameters(settings, vocabulary, np.random.default_rng(0))
    state = TrainingState.fresh(fresh, settings, CPU, gates=len(cell_of(settings).gates))
    task = LanguageTask(data, settings, 0, CPU)
    named = list(state.named.values())

    def work() -> int:
        seen = 0
        for _ in range(STEPS):
            loss, units, state.carried = task.loss(state.parameters, state.step, 0.5, state.carried)
            for parameter in named:
                parameter.grad = None
            loss.backward()
            gradient_norm(named, 1.0)
            state.optimizers.step(0.5)
            state.step, seen = state.step + 1, seen + units
            state.update_average()
        return seen

    return work


def products(settings: TrainLanguageModelSettings, vocabulary: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the matrix products of a step: how many, and their sizes (rows, inner, columns)."""
    rows, steps, hidden = settings.batch_size, settings.seq_length, settings.hidden_size
    wide = len(cell_of(settings).gates) * hidden
    for depth in range(settings.num_layers):
        width = EMBED if depth == 0 else hidden
        # inputs, forwards and the two ways back; the state's, step by step; their weights' gradient
        yield from ((1, steps * rows, width, wide), (1, steps * rows, wide, width), (1, wide, steps * rows, width))
        yield from ((steps, rows, hidden, wide), (steps, rows, wide, hidden), (1, wide, steps * rows, hidden))
    yield from ((1, steps * rows, hidden, vocabulary), (1, steps * rows, vocabulary, hidden))
    yield 1, vocabulary, steps * rows, hidden


def floor(settings: TrainLanguageModelSettings, vocabulary: int) -> Callable[[], int]:
    """Return the products of a step alone."""
    made = [
        (times, torch.randn(rows, inner), torch.randn(inner, columns), torch.empty(rows, columns))
        for times, rows, inner, columns in products(settings, vocabulary)
    ]

    def work() -> int:
        for _ in range(STEPS):
            for times, a, b, into in made:
                for _ in range(times):
                    torch.mm(a, b, out=into)
        return STEPS * settings.batch_size * settings.seq_length

    return work


def measured(cell: str, layers: int, hidden: int, batch: int, steps: int, rounds: int) -> dict[str, object]:
    """Measure one size."""
    settings = TrainLanguageModelSettings.check(
        {"cell": cell, "num_layers": layers, "hidden_size": hidden, "embed_size": EMBED, "batch_size": batch,
         "seq_length": steps, "optimizer": "adamw", "dropout": 0, "steps": 1, "seed": 0}
    ).settled()  # fmt: skip
    tokenizer = CharTokenizer((*SPECIAL_SYMBOLS, *ALPHABET), start_id=len(SPECIAL_SYMBOLS))
    ids = np.random.default_rng(0).integers(2, len(tokenizer.symbols), 400_000).astype(np.int32)
    data = TextData(
        tokenizer=tokenizer, conditions=Conditions(), train=ids, valid=ids[:1000], train_inputs=ids,
        valid_inputs=ids[:1000], facts={}, notes=(),
    )  # fmt: skip
    vocabulary = len(tokenizer.symbols)
    work = {"textrnn": ours(data, settings), "plain": plain(data, settings), "sgemm": floor(settings, vocabulary)}
    if has_rounded_products():
        work["bf16"] = ours(data, settings.replace(precision="bf16"))
    if find_spec("keras"):
        work["keras"] = keras_loop(data, settings)
    found = rates(work, rounds=rounds)

    def ratio(one: str, other: str) -> dict[str, float]:
        return spread([a / b for a, b in zip(found[one], found[other], strict=True)])

    size = f"{layers}x{hidden}, B {batch}, T {steps}"
    rounded = {
        "bf16 characters/s": spread(found["bf16"]), "bf16 times": ratio("bf16", "plain"),
        "bf16 of the floor": ratio("bf16", "sgemm"),
    } if "bf16" in found else {}  # fmt: skip
    keras = {
        "Keras characters/s": spread(found["keras"]), "times Keras": ratio("textrnn", "keras"),
    } if "keras" in found else {}  # fmt: skip
    return {
        "cell": cell, "size": size, "textrnn characters/s": spread(found["textrnn"]),
        "plain characters/s": spread(found["plain"]), "times": ratio("textrnn", "plain"),
        "of the floor": ratio("textrnn", "sgemm"), "plain of the floor": ratio("plain", "sgemm"),
        **rounded, **keras,
    }  # fmt: skip


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cells", nargs="*", default=list(LAYERS))
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    rows = [measured(cell, *size, given.rounds) for cell in given.cells for size in SIZES]
    report("training", rows)


if __name__ == "__main__":
    main()

"""Classifiers' speed: training against the textbook loop at the same sizes, and `classify` on a stream of sentences.

The textbook loop: random order, each batch padded to its longest text, nn.Embedding, a bidirectional nn.LSTM, mean and
max over all steps, a linear layer, AdamW. Ours trains as `train-classifier` does by default: length buckets, stretches
of at most 256 units of a long text, subwords; what a run works out once for each word is worked out before. Both may
use --threads: the loop is torch's alone, ours leaves torch one and divides rows among as many as are fastest, which it
finds again and again, as `train-classifier` does. Examples a second, in turn. GOMP_SPINCOUNT=10000 lets OpenMP's
threads wait as `train-classifier` does.

    .venv/bin/python benchmarks/classifying.py [--data rotten-tomatoes imdb] [--rounds 5] [--model RUN]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from harness import rates, report, spread
from torch.nn.functional import cross_entropy

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.label_data import LabelData, prepare_labelled
from textrnn.data.labelled import read_labelled
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import initial_classifier
from textrnn.networks.parameters import named_arrays
from textrnn.networks.words import sparse_tables
from textrnn.training import division
from textrnn.training.allocator import keep_freed_memory
from textrnn.training.beginning import thread_numbers
from textrnn.training.classifier.task import ClassifierTask
from textrnn.training.forms import has_rounded_products
from textrnn.training.loop import gradient_norm
from textrnn.training.optimizer import Optimizers
from textrnn.training.tensors import to_tensors
from textrnn.training.threads import ThreadChooser

TEXTRNN = str(Path(sys.executable).with_name("textrnn"))
# batches a measurement
BATCHES = {"rotten-tomatoes": 30, "imdb": 6}
CPU = torch.device("cpu")


class Textbook(torch.nn.Module):
    """What tutorials have."""

    def __init__(self, settings: TrainClassifierSettings, vocabulary: int, classes: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, settings.embed_size)
        self.lstm = torch.nn.LSTM(settings.embed_size, settings.hidden_size, bidirectional=True, batch_first=True)
        self.dropout = torch.nn.Dropout(settings.dropout)
        self.output = torch.nn.Linear(4 * settings.hidden_size, classes)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, T) -> (B, C)."""
        y, _ = self.lstm(self.embedding(ids))
        return self.output(self.dropout(torch.cat([y.mean(dim=1), y.amax(dim=1)], dim=1)))


def textbook(data: LabelData, settings: TrainClassifierSettings, batches: int) -> Callable[[], int]:
    """Return the textbook loop over `batches` random batches."""
    vocabulary = len(data.tokenizer.symbols)
    net = Textbook(settings, vocabulary, len(data.labels))
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    rng = np.random.default_rng(0)

    threads = torch.get_num_threads()

    def work() -> int:
        torch.set_num_threads(threads)
        for _ in range(batches):
            places = rng.choice(len(data.train), settings.batch_size, replace=False)
            units = [torch.from_numpy(np.minimum(data.train.units[place], vocabulary - 1)).long() for place in places]
            ids = torch.nn.utils.rnn.pad_sequence(units, batch_first=True)
            loss = cross_entropy(net(ids), torch.from_numpy(data.train.labels[places]))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        return batches * settings.batch_size

    return work


def ours(data: LabelData, settings: TrainClassifierSettings, batches: int) -> Callable[[], int]:
    """Return the product's steps."""
    fresh = initial_classifier(settings, len(data.tokenizer.symbols), len(data.labels), np.random.default_rng(0))
    parameters = to_tensors(fresh, CPU, trainable=True)
    named = named_arrays(parameters)
    gates, tables = len(cell_of(settings).gates), sparse_tables(fresh)
    optimizers = Optimizers(named, settings, gates=gates, tables=tables)
    task = ClassifierTask(data, settings, 0, CPU, None)
    data.lexicon.parts(np.unique(np.concatenate(data.train.units)))
    keep_freed_memory()
    there = torch.get_num_threads()
    division.set_num_threads(there)
    threads = ThreadChooser(thread_numbers(there), there, division.use_threads)
    step = 0

    def work() -> int:
        nonlocal step
        torch.set_num_threads(1)
        examples = 0
        for _ in range(batches):
            began = time.monotonic()
            loss, units, _ = task.loss(parameters, step, 0.5, ())
            for parameter in named.values():
                parameter.grad = None
            loss.backward()
            gradient_norm(list(named.values()), settings.clip)
            optimizers.step(0.5)
            step, examples = step + 1, examples + units
            threads.observe(time.monotonic() - began)
        return examples

    return work


def training_rows(name: str, rounds: int, subwords: int, precision: str) -> list[dict[str, object]]:
    """Measure training on one data set."""
    settings = TrainClassifierSettings.check({"seed": 0, "epochs": 1, "subwords": subwords, "precision": precision})
    data = prepare_labelled(read_labelled([name]), settings, seed=0, valid=None)
    batches = BATCHES.get(name, 10)
    work = {"textrnn": ours(data, settings, batches), "textbook loop": textbook(data, settings, batches)}
    found = rates(work, rounds=rounds)
    ratios = [one / other for one, other in zip(found["textrnn"], found["textbook loop"], strict=True)]
    rows: list[dict[str, object]] = [
        {"data": name, "training": who, "examples/s": spread(values)} for who, values in found.items()
    ]
    return [*rows, {"data": name, "training": f"ratio, {precision}", "times": spread(ratios)}]


def classify_rows(model: str, rounds: int) -> list[dict[str, object]]:
    """Measure `classify -` as a whole process on 50,000 distinct sentences, and on one: the time to start."""
    texts = read_labelled(["rotten-tomatoes"]).texts
    # the same words in other orders, so that no text comes twice
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.permutation(text.split())) for _ in range(6) for text in texts][:50_000]

    def seconds(given: list[str]) -> float:
        began = time.perf_counter()
        subprocess.run(
            [TEXTRNN, "classify", "-", "-m", model], input="\n".join(given), text=True, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return time.perf_counter() - began

    whole, start = [], []
    for _ in range(rounds):
        start.append(seconds(lines[:1]))
        whole.append(seconds(lines))
    mean = sum(len(line.split()) for line in lines) / len(lines)
    return [
        {"classify -": f"{len(lines):,} texts of {mean:.0f} words", "texts/s": spread([len(lines) / s for s in whole])},
        {"classify -": "one sentence, whole process", "seconds": spread(start)},
    ]  # fmt: skip


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="*", default=["rotten-tomatoes", "imdb"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default="sentiment")
    parser.add_argument("--subwords", type=int, default=TrainClassifierSettings().subwords)
    # as under a budget, without which nobody trains by default
    precision = "bf16" if has_rounded_products() else "fp32"
    parser.add_argument("--precision", choices=["fp32", "bf16"], default=precision)
    parser.add_argument("--threads", type=int, default=2, help="to train with")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    rows = [row for name in given.data for row in training_rows(name, given.rounds, given.subwords, given.precision)]
    report("classifying", rows + classify_rows(given.model, given.rounds))


if __name__ == "__main__":
    main()

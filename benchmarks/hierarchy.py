"""Hierarchical networks against flat ones: how fast they learn and read long texts, and how good they become.

Classifiers, on a built-in corpus: texts a second in training and in classifying, in turn, and accuracy on held-out
texts after the same number of steps, of the network alone (no n-grams beside it); flat networks read windows of 256
units of a longer text, as they do by default, or all of it.

    .venv/bin/python benchmarks/hierarchy.py classifier [--corpus imdb] [--rows 4000] [--steps 300] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

# before NumPy is imported
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from harness import rates, report, spread

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.labelled import LabelledRows, read_labelled, rows_of
from textrnn.inference.classifier.model import TextClassifier
from textrnn.training.classifier.training import ClassifierTraining

WHOLE = 4096
CLASSIFIERS: dict[str, dict[str, Any]] = {
    "flat, windows of 256": {},
    "flat, whole texts": {"seq_length": WHOLE},
    "sentences, windows of 256": {"hierarchy": "sentences"},
    "sentences, whole texts": {"hierarchy": "sentences", "seq_length": WHOLE},
}
STEPS_TIMED = 4


def drawn(corpus: str, count: int, seed: int) -> LabelledRows:
    """Return `count` rows of a corpus in an order that says nothing."""
    rows = read_labelled([corpus])
    places = np.random.default_rng(seed).permutation(len(rows.texts))[:count].tolist()
    return rows_of([rows.texts[place] for place in places], [rows.labels[place] for place in places])


def settings_of(variant: dict[str, Any], given: argparse.Namespace) -> TrainClassifierSettings:
    common = {"steps": given.steps, "seed": given.seed, "ngrams": False, "val_frac": 0.25, "pretrain": "none"}
    return TrainClassifierSettings.check({**common, "threads": given.threads, **variant})


def trained(rows: LabelledRows, settings: TrainClassifierSettings) -> tuple[ClassifierTraining, float]:
    training = ClassifierTraining(rows, settings)
    began = time.process_time()
    for _ in training.records():
        pass
    return training, time.process_time() - began


def learning(training: ClassifierTraining) -> Callable[[], int]:
    """Return what takes a few steps, and says how many texts they read."""
    task, state = training._task, training.state
    places = list(range(STEPS_TIMED))

    def work() -> int:
        total = 0
        for step in places:
            loss, texts, _ = task.loss(state.parameters, step, 0.5, ())
            loss.backward()  # type: ignore[no-untyped-call]
            total += texts
        return total

    return work


def reading(model: TextClassifier, texts: list[str]) -> Callable[[], int]:
    def work() -> int:
        return len(model.predict_proba(texts))

    return work


def classifiers(given: argparse.Namespace) -> list[dict[str, Any]]:
    rows = drawn(given.corpus, given.rows, given.seed)
    found, made = [], {}
    for name, variant in CLASSIFIERS.items():
        training, seconds = trained(rows, settings_of(variant, given))
        made[name] = training
        figures = training.validation()
        assert figures is not None
        parameters = training.result()["parameters"]
        found.append(
            {"network": name, "accuracy": figures["accuracy"], "log_loss": figures["log_loss"],
             "steps": given.steps, "processor seconds": seconds, "parameters": parameters}
        )  # fmt: skip
        print(found[-1], flush=True)
    speeds = rates({name: learning(training) for name, training in made.items()}, rounds=given.rounds)
    found += [{"learning": name, "texts/s": spread(values)} for name, values in speeds.items()]
    torch.set_num_threads(1)
    texts = list(rows.texts[:1000])
    models = {name: training.model() for name, training in made.items() if "whole" in name}
    speeds = rates({name: reading(model, texts) for name, model in models.items()}, rounds=given.rounds)
    found += [{"reading": name, "texts/s": spread(values)} for name, values in speeds.items()]
    return found


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["classifier"])
    parser.add_argument("--corpus", default="imdb")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    report(f"hierarchy-{given.kind}", classifiers(given))


if __name__ == "__main__":
    main()

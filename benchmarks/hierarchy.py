"""Hierarchical networks against flat ones: how fast they learn and read long texts, and how good they become.

Classifiers, on a built-in corpus: texts a second in training and in classifying, in turn, and accuracy on held-out
texts after the same number of steps, of the network alone (no n-grams beside it); flat networks read windows of 256
units of a longer text, as they do by default, or all of it.

Language models, on built-in corpora: nats a character on held-out text after the same number of steps, and after as
many as take the processor the time of the fastest network's.

    .venv/bin/python benchmarks/hierarchy.py classifier [--corpus imdb] [--rows 4000] [--steps 300] [--rounds 3]
    .venv/bin/python benchmarks/hierarchy.py language-model [--texts shakespeare kjv] [--steps 600]
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
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.corpora import resolve_text
from textrnn.data.labelled import LabelledRows, read_labelled, rows_of
from textrnn.inference.classifier.model import TextClassifier
from textrnn.text.corpus import Corpus, corpus_from_text
from textrnn.training.classifier.training import ClassifierTraining
from textrnn.training.language_model.training import LanguageModelTraining

WHOLE = 4096
CLASSIFIERS: dict[str, dict[str, Any]] = {
    "flat, windows of 256": {},
    "flat, whole texts": {"seq_length": WHOLE},
    "sentences, windows of 256": {"hierarchy": "sentences"},
    "sentences, whole texts": {"hierarchy": "sentences", "seq_length": WHOLE},
}
STEPS_TIMED = 4
LANGUAGE_MODELS: dict[str, dict[str, Any]] = {
    "flat, 1 layer": {},
    "lines, 1 layer": {"hierarchy": "lines"},
    "flat, 2 layers": {"num_layers": 2},
    "lines, 2 layers": {"num_layers": 2, "hierarchy": "lines"},
}


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


def language_models(given: argparse.Namespace) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for text in given.texts:
        whole = resolve_text([text])
        first = "".join(piece for pieces in whole.part(0, given.characters).documents() for piece in pieces)
        corpus = corpus_from_text(first, text)
        took = {name: step_seconds(of_text(corpus, variant, 1, given)) for name, variant in LANGUAGE_MODELS.items()}
        base = min(took.values())
        for name, variant in LANGUAGE_MODELS.items():
            for steps in sorted({given.steps, round(given.steps * base / took[name])}, reverse=True):
                training = of_text(corpus, variant, steps, given)
                for _ in training.records():
                    pass
                figures = training.validation()
                assert figures is not None
                found.append(
                    {"text": text, "network": name, "steps": steps, "nats a character": figures["nats_per_unit"],
                     "ms a step": 1000 * took[name], "parameters": training.result()["parameters"]}
                )  # fmt: skip
                print(found[-1], flush=True)
    return found


def of_text(corpus: Corpus, variant: dict[str, Any], steps: int, given: argparse.Namespace) -> LanguageModelTraining:
    settings = {"hidden_size": 128, "batch_size": 32, "seq_length": 64, "seed": given.seed, "threads": given.threads}
    return LanguageModelTraining(
        corpus, TrainLanguageModelSettings.check({**settings, "steps": steps, "optimizer": "muon", **variant})
    )


def step_seconds(training: LanguageModelTraining) -> float:
    """Return the seconds of the processor that forward and backward take: the least of several, others interrupt."""
    task, state = training._prepared.task, training.state
    took, carried = [], None
    for step in range(12):
        began = time.process_time()
        loss, _, carried = task.loss(state.parameters, step, 0.0, carried)
        loss.backward()
        took.append(time.process_time() - began)
    return min(took)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["classifier", "language-model"])
    parser.add_argument("--corpus", default="imdb")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--texts", nargs="+", default=["shakespeare", "kjv"])
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    kinds = {"classifier": classifiers, "language-model": language_models}
    report(f"hierarchy-{given.kind}", kinds[given.kind](given))


if __name__ == "__main__":
    main()

"""A language model under conditions: does a classifier recognise what it was asked for?

A tenth of the texts is held out. A classifier and a language model under conditions are trained on the rest, each by
its defaults; the language model writes equally many texts under every condition. Recognised: the share of texts that
the classifier gives the label they were written under, as the mean over the labels; for texts of the model beside that
of the real texts held out. Copies: the share of texts that stand word for word among those trained on, under any
label; real held-out texts do so too where names come again.

    .venv/bin/python benchmarks/conditions.py NAMES [--samples 200] [--temperatures 0.8 1.0] [--seed 0] [--steps N]

NAMES: labelled texts of any format, such as a folder with a file of names a language.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import textrnn
from textrnn.config.generation import GenerationSettings
from textrnn.data.conditioned import read_texts, split_by_condition
from textrnn.inference.classifier.model import TextClassifier
from textrnn.inference.language_model.model import LanguageModel

HELD_OUT = 0.1
# texts and their labels
Rows = list[tuple[str, str]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("names", help="labelled texts")
    arguments.add_argument("--samples", type=int, default=200, help="texts a condition")
    arguments.add_argument("--temperatures", type=float, nargs="+", default=[0.8, 1.0])
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--steps", type=int, help="train the language model so long (default: its default budget)")
    arguments.add_argument("--settings", type=json.loads, default={}, help="of the language model, as JSON")
    arguments.add_argument("--model", help="a language model that was trained before on the same part")
    arguments.add_argument("--classifier", help="a classifier that was trained before on the same part")
    given = arguments.parse_args()

    training, held_out = split(given.names, given.seed)
    with TemporaryDirectory() as folder:
        table = Path(folder) / "training.tsv"
        write(table, training)
        classifier = textrnn.load(given.classifier) if given.classifier else by_defaults(training, given.seed)
        settings = {**({} if given.steps is None else {"steps": given.steps}), **given.settings}
        model = (
            textrnn.load(given.model)
            if given.model
            else textrnn.train_lm(table, condition_column="label", seed=given.seed, **settings)
        )
    assert isinstance(model, LanguageModel)
    print(model, {name: value for name, value in model.config["plan"].items() if name != "threads"})
    print(f"held out: {model.config['validation']}")

    known = {text for text, _ in training}
    real = recognised(classifier, held_out)
    columns = {"real": (real, copies(held_out, known))}
    for temperature in given.temperatures:
        rows = written(model, given.samples, temperature, given.seed)
        columns[f"{temperature:g}"] = (recognised(classifier, rows), copies(rows, known))
    print(f"\n{'recognised':<12}" + "".join(f"{name:>9}" for name in columns))
    for label in real:
        print(f"{label:<12}" + "".join(f"{shares[label]:9.3f}" for shares, _ in columns.values()))
    means = {name: float(np.mean(list(shares.values()))) for name, (shares, _) in columns.items()}
    print(f"{'mean':<12}" + "".join(f"{mean:9.3f}" for mean in means.values()))
    print(f"{'to real':<12}" + "".join(f"{mean / means['real']:9.3f}" for mean in means.values()))
    print(f"{'copies':<12}" + "".join(f"{share:9.3f}" for _, share in columns.values()))


def split(names: str, seed: int) -> tuple[Rows, Rows]:
    """Return the texts to train on, and those held out."""
    corpus = read_texts([names], condition_column="label")
    parts = [corpus.chosen(places.tolist()) for places in split_by_condition(corpus, HELD_OUT, seed=seed)]
    first, second = (
        [("".join(pieces), label) for pieces, label in zip(part.documents(), part.conditions, strict=True)]
        for part in parts
    )
    return first, second


def write(table: Path, rows: Rows) -> None:
    with table.open("w", encoding="utf-8") as file:
        file.write("text\tlabel\n")
        # a quote begins a cell that may hold anything
        file.writelines('"' + text.replace('"', '""') + f'"\t{label}\n' for text, label in rows)


def by_defaults(rows: Rows, seed: int) -> TextClassifier:
    return textrnn.train_classifier([text for text, _ in rows], [label for _, label in rows], seed=seed)


def written(model: LanguageModel, samples: int, temperature: float, seed: int) -> Rows:
    """Return equally many texts under every condition."""
    settings = GenerationSettings(samples=samples, temperature=temperature, seed=seed, length=200)
    return [
        (sample.text, name)
        for name in model.conditions.names
        for sample in model.write("", settings.replace(condition=name)).results
    ]


def recognised(classifier: TextClassifier, rows: Rows) -> dict[str, float]:
    """Return the share of texts that are given their label, by label."""
    found = classifier.predict([text for text, _ in rows])
    right: dict[str, list[bool]] = {}
    for answer, (_, label) in zip(found, rows, strict=True):
        right.setdefault(label, []).append(answer == label)
    return {label: float(np.mean(right[label])) for label in sorted(right)}


def copies(rows: Sequence[tuple[str, str]], known: set[str]) -> float:
    return float(np.mean([text in known for text, _ in rows]))


if __name__ == "__main__":
    main()
